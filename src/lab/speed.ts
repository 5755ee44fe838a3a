/** How fast a model answers: time to first token and time a token, around what providers show. */
import type { Candidate } from '../catalog/candidate.ts';
import { unit } from './random.ts';

export interface Speed {
  firstTokenMs: number;
  tokenMs: number;
}

/**
 * Cheap models answer at 80 to 250 tokens a second, dear ones at 30 to 90; the first token takes 0.2 to 1 s
 * and a little longer for a long prompt.
 *
 * @param speed 0: instant; 1: as above; 10: ten times faster
 */
export function speedOf(seed: number, candidate: Candidate, inputTokens: number, speed: number): Speed {
  if (speed <= 0) return { firstTokenMs: 0, tokenMs: 0 };
  const price = candidate.price?.periods[0]?.prices.outputUsdPerMTok ?? 1;
  const dear = Math.min(1, Math.log10(1 + price) / Math.log10(31));
  const tokensPerSecond = (250 - 160 * dear) * (0.35 + 0.65 * unit(seed, 'tokens/s', candidate.id));
  const firstTokenMs = 200 + 400 * dear + 400 * unit(seed, 'first token', candidate.id) + inputTokens / 20;
  return { firstTokenMs: firstTokenMs / speed, tokenMs: 1000 / tokensPerSecond / speed };
}
