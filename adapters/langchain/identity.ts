/** What tells one router from another, to LangChain's cache and to LangSmith. */
import type { LangSmithParams } from '@langchain/core/language_models/chat_models';
import { toToolDefinition } from './converters/tools.ts';
import { defaultCandidates, type Setup } from './setup.ts';
import type { ChatXRouterCallOptions } from './types.ts';

/** What a cached answer depends on beside messages and call options. */
export function identifyingParams(setup: Setup) {
  const { limitsFirstToken, ...own } = setup.defaults;
  const { defaults, policy, routes, verifier } = setup.router.parts;
  const pool = defaultCandidates(setup).map(({ id }) => id);
  return { ...defaults, ...own, pool, policy: policy.name, routes, verifier: verifier?.name };
}

/** Told before the choice is made: only a router with one candidate knows its model. The runs of calls tell theirs. */
export function langSmithParams(setup: Setup, options: Partial<ChatXRouterCallOptions>): LangSmithParams {
  const { defaults } = setup;
  const [only, ...others] = defaultCandidates(setup);
  const single = others.length === 0 ? only : undefined;
  return {
    ls_provider: single?.provider ?? 'xrouter',
    ls_model_name: single?.model ?? 'xrouter',
    ls_model_type: 'chat',
    ls_temperature: options.temperature ?? defaults.temperature,
    ls_max_tokens: options.maxTokens ?? defaults.maxTokens,
    ls_stop: options.stop ?? defaults.stop,
  };
}

/** What LangGraph hands to every node beside its config, and a node to its model; it is another in each step. */
const OF_THE_NODE = [
  'signal',
  'context',
  'store',
  'writer',
  'interrupt',
  'heartbeat',
  'previous',
  'control',
  'executionInfo',
  'serverInfo',
] as const;

/** What a cached answer depends on: tools as JSON, since two of the same class must not share one. */
export function cacheOptions({ tools, ...options }: ChatXRouterCallOptions): ChatXRouterCallOptions {
  const kept: Record<string, unknown> = { ...options };
  for (const key of OF_THE_NODE) delete kept[key];
  return { ...kept, tools: tools?.map((tool) => toToolDefinition(tool) ?? tool) };
}
