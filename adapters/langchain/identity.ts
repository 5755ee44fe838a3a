/** What tells one router from another, to LangChain's cache and to LangSmith. */
import type { LangSmithParams } from '@langchain/core/language_models/chat_models';
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
