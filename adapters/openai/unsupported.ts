/**
 * Fields that are refused rather than dropped: the answer would not be what was asked for, or the call could cost
 * more than was set aside for it. Looked up in the API references of OpenAI and OpenRouter.
 */
import type { Mistake } from './request-schema.ts';

interface Rule {
  /** Values that change nothing. */
  harmless(value: unknown): boolean;
  message: string;
}

const never = () => false;
const only =
  (...values: unknown[]) =>
  (value: unknown) =>
    values.includes(value);

const NO_LOGPROBS = 'is not supported: candidates differ in what they tell, so the answer carries none';
const LEGACY = 'is not supported: it was replaced by';
const BEYOND = 'is not supported: it costs more than the router can set aside for the call';

const RULES: Record<string, Rule> = {
  n: { harmless: only(1), message: 'must be 1: send as many requests as you want answers' },
  best_of: { harmless: only(1), message: 'must be 1' },
  logprobs: { harmless: only(false, 0), message: NO_LOGPROBS },
  top_logprobs: { harmless: only(0), message: NO_LOGPROBS },
  functions: { harmless: never, message: `${LEGACY} tools` },
  function_call: { harmless: never, message: `${LEGACY} tool_choice` },
  audio: { harmless: never, message: 'is not supported: answers are text' },
  modalities: {
    harmless: (value) => Array.isArray(value) && value.every((one) => one === 'text'),
    message: 'must be ["text"]: answers are text',
  },
  service_tier: {
    harmless: only('auto', 'default'),
    message: 'must be auto or default: other tiers have other prices',
  },
  web_search_options: { harmless: never, message: BEYOND },
  plugins: { harmless: never, message: BEYOND },
  models: { harmless: never, message: 'is not supported: name the candidates in xrouter.pool' },
};

/** They change no answer once they are harmless, and a guess of the answer may cost more than was set aside. */
const LEFT_OUT = new Set([
  'n',
  'best_of',
  'logprobs',
  'top_logprobs',
  'modalities',
  'service_tier',
  'prediction',
]);

/** They change no answer either; other providers than OpenAI refuse requests that have them. */
const FOR_OPENAI = new Set(['user', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention']);

/** The first field that has to be refused. */
export function unsupported(fields: Record<string, unknown>): Mistake | undefined {
  for (const [path, value] of Object.entries(fields)) {
    if (value === null || !Object.hasOwn(RULES, path)) continue;
    const { harmless, message } = RULES[path]!;
    if (!harmless(value)) return { path, message };
  }
  return undefined;
}

/**
 * What is left for the provider; `undefined` where nothing is.
 * @param toOpenAI whether nobody else can get it
 */
export function passedOn(
  fields: Record<string, unknown>,
  toOpenAI: boolean,
): Record<string, unknown> | undefined {
  let passed: Record<string, unknown> | undefined;
  for (const [field, value] of Object.entries(fields)) {
    if (value === null || field === '__proto__' || LEFT_OUT.has(field)) continue;
    if (FOR_OPENAI.has(field) && !toOpenAI) continue;
    passed ??= {};
    passed[field] = value;
  }
  return passed;
}
