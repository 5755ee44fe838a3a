/** Four candidates with round prices, so that a test can do the arithmetic by hand. */
import type { Candidate } from '../../src/catalog/candidate.ts';

function candidate(
  provider: string,
  model: string,
  input: number,
  output: number,
  score: number,
  more: Partial<Candidate> = {},
): Candidate {
  return {
    id: `${provider}/${model}`,
    provider,
    model,
    contextTokens: 128_000,
    maxOutputTokens: 8_000,
    input: ['text', 'image'],
    output: ['text'],
    toolCalling: true,
    structuredOutput: true,
    benchmarks: { mmlu_pro: { score, source: 'test' }, math_500: { score: score + 8, source: 'test' } },
    price: {
      periods: [
        { prices: { inputUsdPerMTok: input, outputUsdPerMTok: output, cacheReadUsdPerMTok: input / 10 } },
      ],
      provenance: { source: 'user', name: 'test', asOf: '2026-01-01' },
    },
    ...more,
  };
}

export const strong = candidate('openai', 'strong', 10, 40, 95);
export const weak = candidate('openai', 'weak', 0.1, 0.4, 45);
export const thinker = candidate('deepseek', 'thinker', 1, 4, 85, { reasoning: true });
export const small = candidate('groq', 'small', 0.05, 0.1, 30, { contextTokens: 1000 });
export const unpriced = candidate('ollama', 'own', 0, 0, 50, { price: undefined });
export const candidates = [strong, weak, thinker, small, unpriced];
