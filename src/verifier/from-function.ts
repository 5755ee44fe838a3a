import { XrouterError } from '../errors.ts';
import { textOf } from '../request.ts';
import type { Verdict, Verifier, VerifierInput } from './verifier.ts';

/** What the user's function sees: the verifier's input, and the answer's text ready to read. */
export interface Answer extends VerifierInput {
  text: string;
}

/** True or false; a score 0..1, which passes from `threshold` on; or a whole verdict. */
export type Judgement = boolean | number | Verdict;

/**
 * The user's own check as a verifier.
 *
 * @param judge may be asynchronous; what it throws reaches the router unchanged
 * @param options.threshold lowest score that passes, default 0.5
 * @throws XrouterError `invalid_config`, from `verify`, where the function returns none of a `Judgement`
 */
export function fromFunction(
  name: string,
  judge: (answer: Answer, signal?: AbortSignal) => Judgement | Promise<Judgement>,
  options: { threshold?: number } = {},
): Verifier {
  const threshold = options.threshold ?? 0.5;
  return {
    name,
    async verify(input, signal) {
      const judgement: unknown = await judge({ ...input, text: textOf(input.message.content) }, signal);
      if (typeof judgement === 'boolean') return { pass: judgement };
      if (isScore(judgement)) return { pass: judgement >= threshold, score: judgement };
      if (isVerdict(judgement)) return judgement;
      throw new XrouterError('invalid_config', `The verifier "${name}" returned ${shown(judgement)}.`, {
        hint: 'Return true, false, a score from 0 to 1, or { pass: true or false }.',
      });
    },
  };
}

function isScore(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function isVerdict(value: unknown): value is Verdict {
  if (typeof value !== 'object' || value === null || !('pass' in value)) return false;
  const score = 'score' in value ? value.score : undefined;
  return typeof value.pass === 'boolean' && (score === undefined || isScore(score));
}

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return 'an object that is not a verdict';
  return String(value);
}
