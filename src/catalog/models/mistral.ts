import { ARTIFICIAL_ANALYSIS, type ModelRow } from './row.ts';

const MINISTRAL = 'Artificial Analysis, evaluation results on huggingface.co, 2025-12';

const thinks = { toolCalling: true, structuredOutput: true, reasoning: true } satisfies Partial<ModelRow>;
const plain = { toolCalling: true, structuredOutput: true, reasoning: false } satisfies Partial<ModelRow>;

export const mistral: ModelRow[] = [
  {
    name: 'Mistral Medium 3.5',
    offers: [{ id: 'mistral/mistral-medium-3-5', aliases: ['mistral-medium-2604'] }],
    ...thinks,
    contextTokens: 262_144,
    input: ['image'],
    released: '2026-04-29',
    openWeights: true,
  },
  {
    name: 'Mistral Large 3',
    offers: ['mistral/mistral-large-2512', 'openrouter/mistralai/mistral-large-2512'],
    ...plain,
    contextTokens: 262_144,
    input: ['image'],
    released: '2025-12-02',
    openWeights: true,
    scores: {
      mmlu_pro: [80.7, ARTIFICIAL_ANALYSIS],
      gpqa_diamond: [68.0, ARTIFICIAL_ANALYSIS],
      humanity_last_exam: [4.1, ARTIFICIAL_ANALYSIS],
    },
  },
  {
    name: 'Mistral Small 4',
    offers: ['mistral/mistral-small-2603', 'openrouter/mistralai/mistral-small-2603'],
    ...thinks,
    contextTokens: 256_000,
    input: ['image'],
    released: '2026-03-16',
    openWeights: true,
  },
  {
    name: 'Ministral 3 14B',
    offers: ['mistral/ministral-14b-2512'],
    ...plain,
    contextTokens: 262_144,
    input: ['image'],
    released: '2025-12-02',
    openWeights: true,
    scores: {
      mmlu_pro: [69.3, MINISTRAL],
      gpqa_diamond: [57.2, MINISTRAL],
      humanity_last_exam: [4.6, MINISTRAL],
      livecodebench: [35.1, MINISTRAL],
      aime_2025: [30.0, MINISTRAL],
    },
  },
  {
    name: 'Ministral 3 8B',
    offers: ['mistral/ministral-8b-2512'],
    ...plain,
    contextTokens: 262_144,
    input: ['image'],
    released: '2025-12-02',
    openWeights: true,
    scores: {
      mmlu_pro: [64.2, MINISTRAL],
      gpqa_diamond: [47.1, MINISTRAL],
      humanity_last_exam: [4.3, MINISTRAL],
      livecodebench: [30.3, MINISTRAL],
      aime_2025: [31.7, MINISTRAL],
    },
  },
];
