import { ARTIFICIAL_ANALYSIS, type ModelRow } from './row.ts';

const OPUS_5 = 'Anthropic, anthropic.com/claude-opus-5-system-card';

const BENCHLM = 'BenchLM, benchlm.ai, 2026-07-27';
const OPUS_4_7 = 'Anthropic, anthropic.com/news/claude-opus-4-7';
const SONNET_4_6 = 'Anthropic, anthropic.com/news/claude-sonnet-4-6';

const claude = {
  contextTokens: 1_000_000,
  maxOutputTokens: 128_000,
  input: ['image'],
  toolCalling: true,
  structuredOutput: true,
  reasoning: true,
  openWeights: false,
} satisfies Partial<ModelRow>;

export const anthropic: ModelRow[] = [
  { name: 'Claude Fable 5.1', offers: ['anthropic/claude-fable-5-1'], ...claude },
  {
    name: 'Claude Fable 5',
    offers: ['anthropic/claude-fable-5'],
    ...claude,
    released: '2026-06-09',
    scores: {
      gpqa_diamond: [92.6, ARTIFICIAL_ANALYSIS],
      humanity_last_exam: [53.3, ARTIFICIAL_ANALYSIS],
      swe_bench_verified: [95.0, BENCHLM],
    },
  },
  { name: 'Claude Opus 5.5', offers: ['anthropic/claude-opus-5-5'], ...claude },
  {
    name: 'Claude Opus 5',
    offers: ['anthropic/claude-opus-5', 'openrouter/anthropic/claude-opus-5'],
    ...claude,
    released: '2026-07-24',
    scores: {
      gpqa_diamond: [93.2, ARTIFICIAL_ANALYSIS],
      humanity_last_exam: [56.3, OPUS_5],
      swe_bench_verified: [96.0, OPUS_5],
    },
  },
  {
    name: 'Claude Opus 4.8',
    offers: ['anthropic/claude-opus-4-8'],
    ...claude,
    released: '2026-05-28',
    scores: {
      gpqa_diamond: [92.0, ARTIFICIAL_ANALYSIS],
      humanity_last_exam: [45.7, ARTIFICIAL_ANALYSIS],
      swe_bench_verified: [88.6, BENCHLM],
    },
  },
  {
    name: 'Claude Opus 4.7',
    offers: ['anthropic/claude-opus-4-7'],
    ...claude,
    released: '2026-04-16',
    scores: { gpqa_diamond: [94.2, OPUS_4_7], swe_bench_verified: [87.6, OPUS_4_7] },
  },
  {
    name: 'Claude Sonnet 5',
    offers: ['anthropic/claude-sonnet-5', 'openrouter/anthropic/claude-sonnet-5'],
    ...claude,
    released: '2026-06-30',
  },
  {
    name: 'Claude Sonnet 4.6',
    offers: ['anthropic/claude-sonnet-4-6'],
    ...claude,
    maxOutputTokens: 64_000,
    released: '2026-02-17',
    scores: { swe_bench_verified: [79.6, SONNET_4_6] },
  },
  {
    name: 'Claude Haiku 4.5',
    offers: ['anthropic/claude-haiku-4-5', 'openrouter/anthropic/claude-haiku-4.5'],
    ...claude,
    contextTokens: 200_000,
    maxOutputTokens: 64_000,
    released: '2025-10-15',
    scores: {
      gpqa_diamond: [67.2, ARTIFICIAL_ANALYSIS],
      humanity_last_exam: [9.7, ARTIFICIAL_ANALYSIS],
      swe_bench_verified: [73.3, BENCHLM],
    },
  },
];
