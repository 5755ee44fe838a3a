import { ARTIFICIAL_ANALYSIS, type ModelRow } from './row.ts';

const GEMINI_3_FLASH = 'Google, blog.google/products/gemini/gemini-3-flash';
const GEMINI_3_1_PRO = 'Google, deepmind.google/models/model-cards/gemini-3-1-pro';
const GEMINI_2_5_PRO = 'Google, blog.google/products/gemini/gemini-2-5-pro-latest-preview';
const GEMINI_2_5_FLASH = 'Google, developers.googleblog.com/en/start-building-with-gemini-25-flash';
const GEMINI_2_5_FLASH_LITE = 'Google, deepmind.google/models/gemini/flash-lite';
const GEMMA_4 = 'Google, huggingface.co/google/gemma-4-31B-it';

const gemini = {
  contextTokens: 1_048_576,
  maxOutputTokens: 65_536,
  input: ['image', 'audio'],
  toolCalling: true,
  structuredOutput: true,
  reasoning: true,
  openWeights: false,
} satisfies Partial<ModelRow>;

export const google: ModelRow[] = [
  { name: 'Gemini 3.8 Flash', offers: ['google/gemini-3.8-flash'], ...gemini, released: '2026-09-02' },
  { name: 'Gemini 3.7 Flash', offers: ['google/gemini-3.7-flash'], ...gemini },
  {
    name: 'Gemini 3.6 Flash',
    offers: ['google/gemini-3.6-flash'],
    ...gemini,
    released: '2026-07-21',
    scores: {
      gpqa_diamond: [92.8, ARTIFICIAL_ANALYSIS],
      humanity_last_exam: [38.3, ARTIFICIAL_ANALYSIS],
    },
  },
  {
    name: 'Gemini 3.5 Flash',
    offers: ['google/gemini-3.5-flash'],
    ...gemini,
    released: '2026-05-19',
    scores: {
      gpqa_diamond: [92.2, ARTIFICIAL_ANALYSIS],
      humanity_last_exam: [41.0, ARTIFICIAL_ANALYSIS],
    },
  },
  { name: 'Gemini 3.5 Flash-Lite', offers: ['google/gemini-3.5-flash-lite'], ...gemini },
  {
    name: 'Gemini 3.1 Pro',
    offers: ['google/gemini-3.1-pro-preview', 'openrouter/google/gemini-3.1-pro-preview'],
    ...gemini,
    released: '2026-02-19',
    scores: {
      gpqa_diamond: [94.1, ARTIFICIAL_ANALYSIS],
      humanity_last_exam: [44.7, ARTIFICIAL_ANALYSIS],
      swe_bench_verified: [80.6, GEMINI_3_1_PRO],
    },
  },
  {
    name: 'Gemini 3.1 Flash-Lite',
    offers: ['google/gemini-3.1-flash-lite'],
    ...gemini,
    released: '2026-05-07',
  },
  {
    name: 'Gemini 3 Flash',
    offers: ['google/gemini-3-flash-preview'],
    ...gemini,
    released: '2025-12-17',
    scores: { gpqa_diamond: [90.4, GEMINI_3_FLASH] },
  },
  {
    name: 'Gemini 2.5 Pro',
    offers: ['google/gemini-2.5-pro'],
    ...gemini,
    released: '2025-06-17',
    scores: {
      gpqa_diamond: [86.4, GEMINI_2_5_PRO],
      humanity_last_exam: [21.6, GEMINI_2_5_PRO],
      livecodebench: [69.0, GEMINI_2_5_PRO],
      aime_2025: [88.0, GEMINI_2_5_PRO],
    },
  },
  {
    name: 'Gemini 2.5 Flash',
    offers: ['google/gemini-2.5-flash'],
    ...gemini,
    released: '2025-06-17',
    scores: {
      gpqa_diamond: [82.8, GEMINI_2_5_FLASH],
      humanity_last_exam: [11.0, GEMINI_2_5_FLASH],
      livecodebench: [63.9, GEMINI_2_5_FLASH],
      aime_2025: [72.0, GEMINI_2_5_FLASH],
    },
  },
  {
    name: 'Gemini 2.5 Flash-Lite',
    offers: ['google/gemini-2.5-flash-lite'],
    ...gemini,
    released: '2025-07-22',
    scores: {
      gpqa_diamond: [64.6, GEMINI_2_5_FLASH_LITE],
      humanity_last_exam: [5.1, GEMINI_2_5_FLASH_LITE],
      livecodebench: [33.7, GEMINI_2_5_FLASH_LITE],
      aime_2025: [49.8, GEMINI_2_5_FLASH_LITE],
      swe_bench_verified: [31.6, GEMINI_2_5_FLASH_LITE],
    },
  },
  {
    name: 'Gemma 4 31B',
    offers: [
      'openrouter/google/gemma-4-31b-it',
      { id: 'openrouter/google/gemma-4-31b-it:free', aliases: ['gemma-4-31b:free'] },
      { id: 'cerebras/gemma-4-31b', contextTokens: 131_072 },
    ],
    contextTokens: 262_144,
    maxOutputTokens: 32_768,
    input: ['image'],
    toolCalling: true,
    structuredOutput: true,
    reasoning: true,
    released: '2026-04-02',
    openWeights: true,
    scores: {
      mmlu_pro: [85.2, GEMMA_4],
      gpqa_diamond: [84.3, GEMMA_4],
      humanity_last_exam: [19.5, GEMMA_4],
      livecodebench: [80.0, GEMMA_4],
    },
  },
];
