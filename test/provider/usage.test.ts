import { describe, expect, test } from 'vitest';
import { readCostHeader, readReportedUsd, readUsage } from '../../src/provider/usage.ts';

/** One line a dialect: what the provider sends, what it means. */
const DIALECTS: [string, object, object][] = [
  [
    'OpenAI',
    {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 64, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 30 },
    },
    { inputTokens: 100, outputTokens: 50, cacheReadTokens: 64, reasoningTokens: 30 },
  ],
  [
    'DeepSeek',
    { prompt_tokens: 100, completion_tokens: 5, prompt_cache_hit_tokens: 64, prompt_cache_miss_tokens: 36 },
    { inputTokens: 100, outputTokens: 5, cacheReadTokens: 64 },
  ],
  [
    'Anthropic, cached tokens beside the input',
    { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 100, cache_creation_input_tokens: 20 },
    { inputTokens: 130, outputTokens: 5, cacheReadTokens: 100, cacheWriteTokens: 20 },
  ],
  [
    'LiteLLM before Anthropic',
    {
      prompt_tokens: 130,
      completion_tokens: 5,
      total_tokens: 135,
      prompt_tokens_details: { cached_tokens: 100 },
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 20,
    },
    { inputTokens: 130, outputTokens: 5, cacheReadTokens: 100, cacheWriteTokens: 20 },
  ],
  [
    'a proxy that counts cached tokens beside prompt_tokens',
    { prompt_tokens: 10, completion_tokens: 5, cache_read_input_tokens: 100 },
    { inputTokens: 110, outputTokens: 5, cacheReadTokens: 100 },
  ],
  [
    'OpenAI names of the responses API',
    { input_tokens: 100, output_tokens: 5, input_tokens_details: { cached_tokens: 80 } },
    { inputTokens: 100, outputTokens: 5, cacheReadTokens: 80 },
  ],
  [
    'OpenRouter',
    {
      prompt_tokens: 100,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 90 },
      cost: 0.001,
    },
    { inputTokens: 100, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 90 },
  ],
  [
    'SGLang',
    {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: null,
      reasoning_tokens: 30,
    },
    { inputTokens: 100, outputTokens: 50, reasoningTokens: 30 },
  ],
  [
    'xAI, reasoning beside the completion',
    {
      prompt_tokens: 10120,
      completion_tokens: 1499,
      total_tokens: 14428,
      prompt_tokens_details: { cached_tokens: 128 },
      completion_tokens_details: { reasoning_tokens: 2809 },
    },
    { inputTokens: 10120, outputTokens: 4308, cacheReadTokens: 128, reasoningTokens: 2809 },
  ],
  [
    'xAI without a total',
    { prompt_tokens: 12, completion_tokens: 2, completion_tokens_details: { reasoning_tokens: 317 } },
    { inputTokens: 12, outputTokens: 319, reasoningTokens: 317 },
  ],
  [
    'Gemini, thinking only in the total',
    { prompt_tokens: 21, completion_tokens: 9, total_tokens: 90 },
    { inputTokens: 21, outputTokens: 69, reasoningTokens: 60 },
  ],
  [
    'Moonshot',
    { prompt_tokens: 9, completion_tokens: 1, cached_tokens: 4 },
    { inputTokens: 9, outputTokens: 1, cacheReadTokens: 4 },
  ],
  ['totals only', { prompt_tokens: 9, total_tokens: 12 }, { inputTokens: 9, outputTokens: 3 }],
];

describe('usage', () => {
  test.each(DIALECTS)('of %s', (_, raw, usage) => {
    expect(readUsage(raw)).toEqual({
      cacheReadTokens: undefined,
      cacheWriteTokens: undefined,
      reasoningTokens: undefined,
      ...usage,
    });
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'much'],
    ['zero of everything', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }],
    ['negative tokens', { prompt_tokens: -5, completion_tokens: 5 }],
    ['fractions', { prompt_tokens: 1.5, completion_tokens: 5 }],
    ['only one side', { prompt_tokens: 5 }],
    ['numbers as text', { prompt_tokens: '5', completion_tokens: '5' }],
  ])('that is %s is unknown, not zero', (_, raw) => {
    expect(readUsage(raw)).toBeUndefined();
  });
});

describe('the cost a provider reports', () => {
  test.each([
    ['OpenRouter', { cost: 0.00123 }, 0.00123],
    ['OpenRouter, free', { cost: 0 }, 0],
    [
      'OpenRouter with the own key, whose bill stands beside the fee',
      { cost: 0.001, is_byok: true, cost_details: { upstream_inference_cost: 0.02 } },
      0.021,
    ],
    ['xAI in ticks', { cost_in_usd_ticks: 37_756_000 }, 0.0037756],
    ['Perplexity, itemized', { cost: { input_tokens_cost: 0.1, total_cost: 0.3 } }, 0.3],
    ['with the own key and no bill: unknown', { cost: 0.001, is_byok: true }, undefined],
    ['negative: unknown', { cost: -1 }, undefined],
    ['none: unknown', { prompt_tokens: 1 }, undefined],
  ])('%s', (_, raw, usd) => {
    if (usd === undefined) expect(readReportedUsd(raw)).toBeUndefined();
    else expect(readReportedUsd(raw)).toBeCloseTo(usd, 12);
  });

  test('in the header of LiteLLM, where 0 says nothing', () => {
    expect(readCostHeader('0.000435')).toBe(0.000435);
    expect(readCostHeader('0.0')).toBeUndefined();
    expect(readCostHeader('None')).toBeUndefined();
    expect(readCostHeader(undefined)).toBeUndefined();
  });
});
