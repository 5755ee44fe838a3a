/** Weights that others serve: OpenAI's open models, Llama, DeepSeek R1, Nemotron and more. */
import { fireworks, type ModelRow, together } from './row.ts';

const GPT_OSS = 'OpenAI, openai.com/index/introducing-gpt-oss';
const KIMI_K2 = 'Moonshot AI, moonshotai.github.io/Kimi-K2';
const KIMI_K2_5 = 'Moonshot AI, huggingface.co/moonshotai/Kimi-K2.5';
const DEEPSEEK_V3_1 = 'DeepSeek, huggingface.co/deepseek-ai/DeepSeek-V3.1';
const LLAMA_4 = 'Meta, ai.meta.com/blog/llama-4-multimodal-intelligence';
const LLAMA_3_3 = 'Meta, github.com/meta-llama/llama-models/blob/main/models/llama3_3/MODEL_CARD.md';
const LLAMA_3_1 = 'Meta, huggingface.co/meta-llama/Meta-Llama-3.1-8B-Instruct';
const NEMOTRON_ULTRA = 'NVIDIA, huggingface.co/nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16';
const STEP_3_5 = 'StepFun, arxiv.org/abs/2602.10604, table 5';

const open = { toolCalling: true, openWeights: true } satisfies Partial<ModelRow>;

export const openWeights: ModelRow[] = [
  {
    name: 'gpt-oss-120b',
    offers: [
      { id: 'groq/openai/gpt-oss-120b', maxOutputTokens: 65_536 },
      together('openai/gpt-oss-120b', 'openai/gpt-oss-120b'),
      fireworks('gpt-oss-120b'),
      'cerebras/gpt-oss-120b',
      'openrouter/openai/gpt-oss-120b',
    ],
    ...open,
    structuredOutput: true,
    reasoning: true,
    contextTokens: 131_072,
    maxOutputTokens: 32_768,
    released: '2025-08-05',
    scores: { gpqa_diamond: [80.1, GPT_OSS], humanity_last_exam: [14.9, GPT_OSS] },
  },
  {
    name: 'gpt-oss-20b',
    offers: [
      'groq/openai/gpt-oss-20b',
      together('openai/gpt-oss-20b', 'openai/gpt-oss-20b'),
      fireworks('gpt-oss-20b'),
      'openrouter/openai/gpt-oss-20b',
    ],
    ...open,
    structuredOutput: true,
    reasoning: true,
    contextTokens: 131_072,
    maxOutputTokens: 32_768,
    released: '2025-08-05',
    scores: { gpqa_diamond: [71.5, GPT_OSS], humanity_last_exam: [10.9, GPT_OSS] },
  },
  {
    name: 'Kimi K2',
    offers: [
      { id: 'groq/moonshotai/kimi-k2-instruct', aliases: ['kimi-k2'] },
      'openrouter/moonshotai/kimi-k2',
    ],
    ...open,
    reasoning: false,
    contextTokens: 131_072,
    maxOutputTokens: 16_384,
    released: '2025-07-11',
    scores: {
      mmlu_pro: [81.1, KIMI_K2],
      gpqa_diamond: [75.1, KIMI_K2],
      humanity_last_exam: [4.7, KIMI_K2],
      livecodebench: [53.7, KIMI_K2],
      math_500: [97.4, KIMI_K2],
      aime_2025: [49.5, KIMI_K2],
      swe_bench_verified: [65.8, KIMI_K2],
    },
  },
  {
    name: 'DeepSeek R1 0528',
    offers: [
      {
        id: 'openrouter/deepseek/deepseek-r1-0528',
        aliases: ['deepseek-r1-tput', 'deepseek-r1'],
      },
      { ...fireworks('deepseek-r1-0528'), aliases: ['deepseek-r1'] },
    ],
    ...open,
    reasoning: true,
    contextTokens: 163_840,
    maxOutputTokens: 64_000,
    released: '2025-05-28',
    scores: {
      mmlu_pro: [85.0, DEEPSEEK_V3_1],
      gpqa_diamond: [81.0, DEEPSEEK_V3_1],
      humanity_last_exam: [17.7, DEEPSEEK_V3_1],
      livecodebench: [73.3, DEEPSEEK_V3_1],
      aime_2025: [87.5, DEEPSEEK_V3_1],
      swe_bench_verified: [44.6, DEEPSEEK_V3_1],
    },
  },
  {
    name: 'DeepSeek V3.2',
    offers: ['openrouter/deepseek/deepseek-v3.2', fireworks('deepseek-v3p2')],
    ...open,
    structuredOutput: true,
    reasoning: true,
    contextTokens: 163_840,
    released: '2025-12-01',
    scores: {
      mmlu_pro: [85.0, KIMI_K2_5],
      gpqa_diamond: [82.4, KIMI_K2_5],
      humanity_last_exam: [25.1, KIMI_K2_5],
      aime_2025: [93.1, KIMI_K2_5],
    },
  },
  {
    name: 'Llama 4 Maverick',
    offers: [
      { id: 'together/meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8', aliases: ['llama-4-maverick'] },
      'openrouter/meta-llama/llama-4-maverick',
    ],
    ...open,
    reasoning: false,
    contextTokens: 1_000_000,
    maxOutputTokens: 16_384,
    input: ['image'],
    released: '2025-04-05',
    scores: {
      mmlu_pro: [80.5, LLAMA_4],
      gpqa_diamond: [69.8, LLAMA_4],
      livecodebench: [43.4, LLAMA_4],
    },
  },
  {
    name: 'Llama 3.3 70B',
    offers: [
      { id: 'groq/llama-3.3-70b-versatile', aliases: ['llama-3.3-70b', 'llama-3.3-70b-instruct'] },
      { id: 'together/meta-llama/Llama-3.3-70B-Instruct-Turbo', aliases: ['llama-3.3-70b'] },
      { id: 'openrouter/meta-llama/llama-3.3-70b-instruct', aliases: ['llama-3.3-70b'] },
    ],
    ...open,
    reasoning: false,
    contextTokens: 131_072,
    maxOutputTokens: 32_768,
    released: '2024-12-06',
    scores: { mmlu_pro: [68.9, LLAMA_3_3], gpqa_diamond: [50.5, LLAMA_3_3] },
  },
  {
    name: 'Llama 3.1 8B',
    offers: [
      { id: 'groq/llama-3.1-8b-instant', aliases: ['llama-3.1-8b'] },
      {
        id: 'together/meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo',
        aliases: ['llama-3.1-8b', 'llama-3.1-8b-instruct'],
      },
    ],
    ...open,
    reasoning: false,
    contextTokens: 131_072,
    released: '2024-07-23',
    scores: { mmlu_pro: [48.3, LLAMA_3_1] },
  },
  {
    name: 'Nemotron 3 Ultra',
    offers: ['openrouter/nvidia/nemotron-3-ultra-550b-a55b'],
    ...open,
    reasoning: true,
    contextTokens: 1_000_000,
    maxOutputTokens: 128_000,
    released: '2026-06-04',
    scores: {
      mmlu_pro: [86.8, NEMOTRON_ULTRA],
      gpqa_diamond: [87.0, NEMOTRON_ULTRA],
      humanity_last_exam: [26.7, NEMOTRON_ULTRA],
      livecodebench: [89.0, NEMOTRON_ULTRA],
      swe_bench_verified: [70.7, NEMOTRON_ULTRA],
    },
  },
  {
    name: 'Nemotron 3 Super',
    offers: [
      'openrouter/nvidia/nemotron-3-super-120b-a12b',
      { id: 'openrouter/nvidia/nemotron-3-super-120b-a12b:free', contextTokens: 262_144 },
    ],
    ...open,
    reasoning: true,
    contextTokens: 1_000_000,
    released: '2026-03-11',
  },
  {
    name: 'Step 3.5 Flash',
    offers: ['openrouter/stepfun/step-3.5-flash'],
    ...open,
    reasoning: true,
    contextTokens: 262_144,
    scores: {
      mmlu_pro: [84.4, STEP_3_5],
      gpqa_diamond: [83.5, STEP_3_5],
      humanity_last_exam: [23.1, STEP_3_5],
      swe_bench_verified: [74.4, STEP_3_5],
    },
  },
  {
    name: 'MiMo V2.5 Pro',
    offers: ['openrouter/xiaomi/mimo-v2.5-pro'],
    ...open,
    reasoning: true,
    contextTokens: 1_000_000,
  },
  {
    name: 'Amazon Nova Pro',
    offers: ['openrouter/amazon/nova-pro-v1'],
    toolCalling: true,
    openWeights: false,
    reasoning: false,
    contextTokens: 300_000,
    maxOutputTokens: 5_120,
    input: ['image'],
    released: '2024-12-03',
  },
];
