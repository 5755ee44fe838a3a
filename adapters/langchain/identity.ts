/** What tells one router from another, to LangChain's cache and to LangSmith. */
import type { LangSmithParams } from '@langchain/core/language_models/chat_models';
import { defaultCandidates, type Setup } from './setup.ts';
import type { ChatXRouterCallOptions } from './types.ts';

/** What a cached answer depends on beside messages and call options. */
export function identifyingParams({ router, defaults: { limitsFirstToken, ...sampling } }: Setup) {
  const { defaults, policy, routes, verifier } = router.parts;
  const pool = defaultCandidates(router).map(({ id }) => id);
  return { ...defaults, ...sampling, pool, policy: policy.name, routes, verifier: verifier?.name };
}

/** Told before the choice is made: only a router with one candidate knows its model. The runs of calls tell theirs. */
export function langSmithParams(
  { router, defaults }: Setup,
  options: Partial<ChatXRouterCallOptions>,
): LangSmithParams {
  const [only, ...others] = defaultCandidates(router);
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
