/** The router's errors, marked as LangChain marks those of its own models, so that its middleware understands them. */
import { ContextOverflowError, stampRetryable } from '@langchain/core/errors';
import type { ErrorCode, Refusal, XrouterError } from '../../src/index.ts';
import { isCallError, isXrouterError } from '../../src/index.ts';

/** https://docs.langchain.com/oss/javascript/langchain/errors */
const LANGCHAIN_CODES: Partial<Record<ErrorCode, string>> = {
  rate_limited: 'MODEL_RATE_LIMIT',
  authentication_failed: 'MODEL_AUTHENTICATION',
  missing_key: 'MODEL_AUTHENTICATION',
  unknown_model: 'MODEL_NOT_FOUND',
  context_overflow: 'CONTEXT_OVERFLOW',
};

/**
 * The error to throw: the router's own with `lc_error_code` and the mark that retry middleware reads; the
 * abort's own reason; or, where the conversation is too long for every candidate, LangChain's
 * `ContextOverflowError` with the router's as its cause.
 */
export function toLangChainError(
  error: XrouterError,
  refusals: readonly Refusal[] = [],
  signal?: AbortSignal,
): Error {
  if (error.code === 'aborted' && signal?.aborted) return abortError(signal, error);
  // Where nobody could answer, the last call tells why.
  const told = isXrouterError(error.cause) ? error.cause : error;
  const tooLong = refusals.length > 0 && refusals.every(({ code }) => code === 'context_window');
  if (told.code === 'context_overflow' || (error.code === 'no_candidate' && tooLong)) {
    return Object.assign(ContextOverflowError.fromError(error), { lc_error_code: 'CONTEXT_OVERFLOW' });
  }
  const code = isCallError(told) && told.status === 404 ? 'MODEL_NOT_FOUND' : LANGCHAIN_CODES[told.code];
  if (code) Object.assign(error, { lc_error_code: code });
  return stampRetryable(error, isCallError(told) && told.retryable) as Error;
}

/** As LangChain throws it: the signal's own reason. */
function abortError(signal: AbortSignal, error: XrouterError): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error(String(reason), { cause: error });
}
