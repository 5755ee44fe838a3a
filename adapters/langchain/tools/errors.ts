/** What a model is told of a candidate that could not answer: what it can do about it, which is not what people can. */
import type { ErrorCode, XrouterError } from '../../../src/index.ts';

const ANOTHER = 'Ask another model, or answer with what you have.';

const ADVICE: Partial<Record<ErrorCode, string>> = {
  budget_exceeded: 'Ask a cheaper model, allow fewer output tokens, or answer with what you have.',
  unknown_price: ANOTHER,
  context_overflow: 'Shorten the prompt, or ask a model with a larger context.',
  invalid_request: 'Change the arguments.',
  bad_request: 'Change the arguments, or ask another model.',
};

/** What is no model's business: the caller left, or the program is set up wrongly. */
const THROWN = new Set<ErrorCode>(['aborted', 'invalid_config', 'ledger_unavailable', 'internal']);

/** `undefined` where the error is to be thrown. */
export function toldToModel(error: XrouterError): string | undefined {
  if (THROWN.has(error.code)) return undefined;
  return `No answer (${error.code}): ${error.message} ${ADVICE[error.code] ?? ANOTHER}`;
}
