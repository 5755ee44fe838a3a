import { ARTIFICIAL_ANALYSIS, type ModelRow } from './row.ts';

const GPT_5_4_MINI = 'OpenAI, openai.com/index/introducing-gpt-5-4-mini-and-nano';
const KIMI_K2_5 = 'Moonshot AI, huggingface.co/moonshotai/Kimi-K2.5';
const MMLU_PRO_BOARD = 'TIGER-Lab, huggingface.co/spaces/TIGER-Lab/MMLU-Pro';
const GPT_5 = 'OpenAI, openai.com/index/gpt-5';
const GPT_4_1 = 'OpenAI, openai.com/index/gpt-4-1';
const O3 = 'OpenAI, openai.com/index/introducing-o3-and-o4-mini';
const GPT_4O_MINI = 'OpenAI, gpt-4o-mini-advancing-cost-efficient-intelligence';

const common = { toolCalling: true, structuredOutput: true, openWeights: false } satisfies Partial<ModelRow>;
const gpt = {
  ...common,
  contextTokens: 1_050_000,
  maxOutputTokens: 128_000,
  input: ['image', 'file'],
  reasoning: true,
} satisfies Partial<ModelRow>;
const gpt5 = { ...gpt, contextTokens: 400_000 };
const gpt41 = { ...gpt, contextTokens: 1_047_576, maxOutputTokens: 32_768, reasoning: false };
const gpt4o = { ...gpt, contextTokens: 128_000, maxOutputTokens: 16_384, reasoning: false };
const oSeries = { ...gpt, contextTokens: 200_000, maxOutputTokens: 100_000 };

export const openai: ModelRow[] = [
  { name: 'GPT-6 Astra', offers: ['openai/gpt-6-astra'], ...gpt, released: '2026-09-04' },
  {
    name: 'GPT-6 Sol',
    offers: ['openai/gpt-6-sol', 'openrouter/openai/gpt-6-sol'],
    ...gpt,
    released: '2026-09-22',
  },
  {
    name: 'GPT-6 Luna',
    offers: ['openai/gpt-6-luna', 'openrouter/openai/gpt-6-luna'],
    ...gpt,
    released: '2026-09-22',
  },
  {
    name: 'GPT-5.6 Sol',
    offers: ['openai/gpt-5.6-sol'],
    ...gpt,
    released: '2026-07-09',
    scores: {
      gpqa_diamond: [94.1, ARTIFICIAL_ANALYSIS],
      humanity_last_exam: [47.2, ARTIFICIAL_ANALYSIS],
    },
  },
  { name: 'GPT-5.6 Terra', offers: ['openai/gpt-5.6-terra'], ...gpt, released: '2026-07-09' },
  { name: 'GPT-5.6 Luna', offers: ['openai/gpt-5.6-luna'], ...gpt, released: '2026-07-09' },
  {
    name: 'GPT-5.5',
    offers: ['openai/gpt-5.5'],
    ...gpt,
    released: '2026-04-23',
    scores: {
      gpqa_diamond: [93.5, ARTIFICIAL_ANALYSIS],
      humanity_last_exam: [44.3, ARTIFICIAL_ANALYSIS],
    },
  },
  {
    name: 'GPT-5.4',
    offers: ['openai/gpt-5.4'],
    ...gpt,
    released: '2026-03-05',
    scores: { gpqa_diamond: [93.0, GPT_5_4_MINI] },
  },
  {
    name: 'GPT-5.4 mini',
    offers: ['openai/gpt-5.4-mini'],
    ...gpt5,
    released: '2026-03-17',
    scores: { gpqa_diamond: [88.0, GPT_5_4_MINI] },
  },
  {
    name: 'GPT-5.4 nano',
    offers: ['openai/gpt-5.4-nano'],
    ...gpt5,
    released: '2026-03-17',
    scores: { gpqa_diamond: [82.8, GPT_5_4_MINI] },
  },
  {
    name: 'GPT-5.2',
    offers: ['openai/gpt-5.2'],
    ...gpt5,
    released: '2025-12-11',
    scores: {
      mmlu_pro: [86.7, KIMI_K2_5],
      gpqa_diamond: [92.4, KIMI_K2_5],
      humanity_last_exam: [34.5, KIMI_K2_5],
      aime_2025: [100, KIMI_K2_5],
    },
  },
  {
    name: 'GPT-5',
    offers: ['openai/gpt-5', 'openrouter/openai/gpt-5'],
    ...gpt5,
    released: '2025-08-07',
    scores: {
      gpqa_diamond: [85.7, GPT_5],
      humanity_last_exam: [24.8, GPT_5],
      aime_2025: [94.6, GPT_5],
      swe_bench_verified: [74.9, GPT_5],
    },
  },
  {
    name: 'GPT-5 mini',
    offers: ['openai/gpt-5-mini', 'openrouter/openai/gpt-5-mini'],
    ...gpt5,
    released: '2025-08-07',
    scores: {
      gpqa_diamond: [82.3, GPT_5],
      humanity_last_exam: [16.7, GPT_5],
      aime_2025: [91.1, GPT_5],
    },
  },
  {
    name: 'GPT-5 nano',
    offers: ['openai/gpt-5-nano', 'openrouter/openai/gpt-5-nano'],
    ...gpt5,
    released: '2025-08-07',
    scores: {
      gpqa_diamond: [71.2, GPT_5],
      humanity_last_exam: [8.7, GPT_5],
      aime_2025: [85.2, GPT_5],
    },
  },
  {
    name: 'o3',
    offers: ['openai/o3'],
    ...oSeries,
    released: '2025-04-16',
    scores: {
      gpqa_diamond: [83.3, O3],
      humanity_last_exam: [20.3, O3],
      swe_bench_verified: [69.1, O3],
    },
  },
  {
    name: 'o4-mini',
    offers: ['openai/o4-mini'],
    ...oSeries,
    released: '2025-04-16',
    scores: {
      gpqa_diamond: [81.4, O3],
      humanity_last_exam: [14.7, O3],
      aime_2025: [92.7, O3],
      swe_bench_verified: [68.1, O3],
    },
  },
  {
    name: 'GPT-4.1',
    offers: ['openai/gpt-4.1'],
    ...gpt41,
    released: '2025-04-14',
    scores: { gpqa_diamond: [66.3, GPT_4_1], swe_bench_verified: [54.6, GPT_4_1] },
  },
  { name: 'GPT-4.1 mini', offers: ['openai/gpt-4.1-mini'], ...gpt41, released: '2025-04-14' },
  {
    name: 'GPT-4.1 nano',
    offers: ['openai/gpt-4.1-nano'],
    ...gpt41,
    released: '2025-04-14',
    scores: { gpqa_diamond: [50.3, GPT_4_1] },
  },
  {
    name: 'GPT-4o',
    offers: ['openai/gpt-4o'],
    ...gpt4o,
    released: '2024-05-13',
    scores: {
      mmlu_pro: [74.7, MMLU_PRO_BOARD],
      humanity_last_exam: [5.3, GPT_5],
      swe_bench_verified: [33.2, GPT_4_1],
    },
  },
  {
    name: 'GPT-4o mini',
    offers: ['openai/gpt-4o-mini'],
    ...gpt4o,
    released: '2024-07-18',
    scores: { gpqa_diamond: [40.2, GPT_4O_MINI], swe_bench_verified: [8.7, GPT_4_1] },
  },
];
