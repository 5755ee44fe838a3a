import { type ModelRow, together } from './row.ts';

const QWEN3_INSTRUCT = 'Qwen, huggingface.co/Qwen/Qwen3-235B-A22B-Instruct-2507';
const QWEN3_THINKING = 'Qwen, qwenlm.github.io/blog/qwen3-thinking';
const QWEN3_5 = 'Qwen, huggingface.co/Qwen/Qwen3.5-397B-A17B';
const QWEN3_7 = 'Qwen, qwen.ai/blog?id=qwen3.7';

const open = { toolCalling: true, openWeights: true } satisfies Partial<ModelRow>;

export const qwen: ModelRow[] = [
  {
    name: 'Qwen3 235B A22B Instruct 2507',
    offers: [
      together('Qwen/Qwen3-235B-A22B-Instruct-2507-tput', 'Qwen/Qwen3-235B-A22B-Instruct-2507', [
        'qwen3-235b-instruct',
        'qwen3-235b-a22b-instruct-2507',
      ]),
      {
        id: 'openrouter/qwen/qwen3-235b-a22b-2507',
        aliases: ['qwen3-235b-instruct', 'qwen3-235b-a22b-instruct-2507'],
      },
    ],
    ...open,
    reasoning: false,
    contextTokens: 262_144,
    maxOutputTokens: 16_384,
    released: '2025-07-21',
    scores: {
      mmlu_pro: [83.0, QWEN3_INSTRUCT],
      gpqa_diamond: [77.5, QWEN3_INSTRUCT],
      livecodebench: [51.8, QWEN3_INSTRUCT],
      aime_2025: [70.3, QWEN3_INSTRUCT],
    },
  },
  {
    name: 'Qwen3 235B A22B Thinking 2507',
    offers: [{ id: 'openrouter/qwen/qwen3-235b-a22b-thinking-2507', aliases: ['qwen3-235b-thinking'] }],
    ...open,
    reasoning: true,
    contextTokens: 262_144,
    released: '2025-07-25',
    scores: {
      mmlu_pro: [84.4, QWEN3_THINKING],
      gpqa_diamond: [81.1, QWEN3_THINKING],
      humanity_last_exam: [18.2, QWEN3_THINKING],
      livecodebench: [74.1, QWEN3_THINKING],
      aime_2025: [92.3, QWEN3_THINKING],
    },
  },
  {
    name: 'Qwen3 Coder 480B A35B',
    offers: [
      together('Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8', 'Qwen/Qwen3-Coder-480B-A35B-Instruct', [
        'qwen3-coder-480b',
      ]),
      { id: 'openrouter/qwen/qwen3-coder', aliases: ['qwen3-coder-480b'] },
    ],
    ...open,
    reasoning: false,
    contextTokens: 262_144,
    maxOutputTokens: 65_536,
    released: '2025-07-22',
  },
  {
    name: 'Qwen3.7 Max',
    offers: ['openrouter/qwen/qwen3.7-max'],
    toolCalling: true,
    openWeights: false,
    reasoning: true,
    contextTokens: 1_000_000,
    maxOutputTokens: 131_072,
    released: '2026-05-21',
    scores: {
      gpqa_diamond: [92.4, QWEN3_7],
      humanity_last_exam: [41.4, QWEN3_7],
      swe_bench_verified: [80.4, QWEN3_7],
    },
  },
  {
    name: 'Qwen3.5 397B A17B',
    offers: [
      'openrouter/qwen/qwen3.5-397b-a17b',
      together('Qwen/Qwen3.5-397B-A17B', 'Qwen/Qwen3.5-397B-A17B'),
    ],
    ...open,
    structuredOutput: true,
    reasoning: true,
    contextTokens: 262_144,
    maxOutputTokens: 65_536,
    input: ['image'],
    released: '2026-02-15',
    scores: { swe_bench_verified: [76.4, QWEN3_5] },
  },
  {
    name: 'Qwen3 32B',
    offers: ['groq/qwen/qwen3-32b', 'openrouter/qwen/qwen3-32b'],
    ...open,
    reasoning: true,
    contextTokens: 131_072,
    released: '2025-04-28',
  },
];
