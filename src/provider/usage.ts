/**
 * What a response says it used and cost, over the dialects of OpenAI's `usage` object. Looked up per vendor:
 * OpenAI, Azure, Fireworks   prompt_tokens_details.cached_tokens, completion_tokens_details.reasoning_tokens
 * DeepSeek                   prompt_cache_hit_tokens, a share of prompt_tokens
 * Moonshot, Together         cached_tokens at the top level
 * SGLang                     reasoning_tokens at the top level, prompt_tokens_details often null
 * xAI                        completion_tokens leaves reasoning out, total_tokens has it; cost_in_usd_ticks
 * Gemini's compatible API    thinking only in total_tokens
 * OpenRouter                 cost, cost_details, prompt_tokens_details.cache_write_tokens
 * Anthropic's own names      input_tokens without the cached ones, which stand beside it
 * LiteLLM                    prompt_tokens with the cached ones, and Anthropic's names beside it
 */
import type { Usage } from '../money.ts';
import { isRecord, type JsonRecord, recordOf } from './json.ts';

/** https://docs.x.ai/developers/cost-tracking: one USD is 10^10 ticks. */
const XAI_TICKS_PER_USD = 1e10;

function count(...values: unknown[]): number | undefined {
  for (const value of values) {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  }
  return undefined;
}

/** Tokens of the prompt, cached ones included. */
function readInput(raw: JsonRecord, cacheRead: number, cacheWrite: number): number | undefined {
  const prompt = count(raw.prompt_tokens);
  const cached = cacheRead + cacheWrite;
  // More cached than there are at all: this dialect counts the cached ones beside the prompt.
  if (prompt !== undefined) return cached > prompt ? prompt + cached : prompt;
  const input = count(raw.input_tokens);
  if (input === undefined) return undefined;
  const besides = raw.cache_read_input_tokens !== undefined || raw.cache_creation_input_tokens !== undefined;
  return besides ? input + cached : input;
}

/**
 * @returns `undefined` where the object does not tell both totals, or tells zero for both, which no answered
 * call can have used
 */
export function readUsage(raw: unknown): Usage | undefined {
  if (!isRecord(raw)) return undefined;
  const inputDetails = recordOf(raw.prompt_tokens_details) ?? recordOf(raw.input_tokens_details) ?? {};
  const outputDetails = recordOf(raw.completion_tokens_details) ?? recordOf(raw.output_tokens_details) ?? {};
  const cacheReadTokens = count(
    inputDetails.cached_tokens,
    raw.prompt_cache_hit_tokens,
    raw.cache_read_input_tokens,
    raw.cached_tokens,
  );
  const cacheWriteTokens = count(
    inputDetails.cache_write_tokens,
    inputDetails.cache_creation_tokens,
    raw.cache_creation_input_tokens,
  );
  const total = count(raw.total_tokens);
  let reasoningTokens = count(outputDetails.reasoning_tokens, raw.reasoning_tokens);
  const inputTokens = readInput(raw, cacheReadTokens ?? 0, cacheWriteTokens ?? 0);
  let outputTokens = count(raw.completion_tokens, raw.output_tokens);
  if (inputTokens === undefined) return undefined;

  if (total !== undefined && total > inputTokens + (outputTokens ?? 0)) {
    // What the total holds beyond prompt and visible answer was thought, and is billed as output.
    const unseen = total - inputTokens - (outputTokens ?? 0);
    if (outputTokens !== undefined) reasoningTokens ??= unseen;
    outputTokens = total - inputTokens;
  } else if (reasoningTokens !== undefined && outputTokens !== undefined && reasoningTokens > outputTokens) {
    outputTokens += reasoningTokens;
  }
  if (outputTokens === undefined || (inputTokens === 0 && outputTokens === 0)) return undefined;
  return { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens };
}

function amount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** What the provider itself says the call cost, in USD. */
export function readReportedUsd(raw: unknown): number | undefined {
  if (!isRecord(raw)) return undefined;
  const ticks = amount(raw.cost_in_usd_ticks);
  if (ticks !== undefined) return ticks / XAI_TICKS_PER_USD;
  // Perplexity itemizes.
  if (isRecord(raw.cost)) return amount(raw.cost.total_cost);
  const cost = amount(raw.cost);
  // With the user's own key OpenRouter reports its fee as `cost` and the vendor's bill beside it.
  if (cost === undefined || raw.is_byok !== true) return cost;
  const vendorUsd = amount(recordOf(raw.cost_details)?.upstream_inference_cost);
  return vendorUsd === undefined ? undefined : cost + vendorUsd;
}

/**
 * LiteLLM's `x-litellm-response-cost`. It is written before a stream's tokens are counted, so that 0 there
 * says nothing: only a positive cost is taken.
 */
export function readCostHeader(value: string | string[] | undefined): number | undefined {
  const usd = Number(Array.isArray(value) ? value[0] : value);
  return Number.isFinite(usd) && usd > 0 ? usd : undefined;
}
