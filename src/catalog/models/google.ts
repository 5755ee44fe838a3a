import { ARTIFICIAL_ANALYSIS, type ModelRow } from './row.ts';

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
    },
  },
  { name: 'Gemini 3.1 Flash-Lite', offers: ['google/gemini-3.1-flash-lite'], ...gemini },
  {
    name: 'Gemini 3 Flash',
    offers: ['google/gemini-3-flash-preview'],
    ...gemini,
    released: '2025-12-17',
  },
  { name: 'Gemini 2.5 Pro', offers: ['google/gemini-2.5-pro'], ...gemini, released: '2025-06-17' },
  { name: 'Gemini 2.5 Flash', offers: ['google/gemini-2.5-flash'], ...gemini, released: '2025-06-17' },
  {
    name: 'Gemini 2.5 Flash-Lite',
    offers: ['google/gemini-2.5-flash-lite'],
    ...gemini,
    released: '2025-07-22',
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
  },
];
