/** The public face of xrouter. */
import { validateConfig } from './config.ts';
import { assembleRouter } from './create-router.ts';
import type { Router } from './router.ts';
import type { RouterConfig, Surroundings } from './router-config.ts';

/**
 * A router from a configuration.
 *
 * @example
 * ```ts
 * import { createRouter } from 'xrouter';
 *
 * const router = createRouter({ pool: ['gpt-5-nano', 'gpt-5'], budgets: { dayUsd: 5 } });
 * const { text, model, cost } = await router.route({ messages: [{ role: 'user', content: 'Hello' }] });
 * ```
 * @throws XrouterError `invalid_config`, `unknown_model`
 */
export function createRouter(config: RouterConfig = {}, surroundings: Surroundings = {}): Router {
  return assembleRouter(validateConfig(config), surroundings);
}

export type { Refusal, RefusalCode } from './admission.ts';
export { formatUsd } from './admission.ts';
export * from './catalog/index.ts';
export { loadConfig, validateConfig } from './config.ts';
export { findConfigFile } from './config-file.ts';
export { assembleRouter } from './create-router.ts';
export type { CallRecord, Episode, Step } from './episode.ts';
export { answeringCall } from './episode.ts';
export * from './errors.ts';
export type { RouteEnd, RouteEvent, RouteResult } from './events.ts';
export * from './ledger/index.ts';
export * from './money.ts';
export { benchmarkPolicy } from './policy/benchmark.ts';
export type { EmbeddedPolicyOptions, PromptEmbeddings } from './policy/embedded/own-embeddings.ts';
export { shippedPolicy, shippedPolicyPath } from './policy/embedded/shipped.ts';
export type { ExplorationBudget, ExplorationOptions } from './policy/exploring.ts';
export { exploringPolicy } from './policy/exploring.ts';
export { cheapestPolicy, fixedPolicy, strongestPolicy } from './policy/fixed.ts';
export type * from './policy/policy.ts';
export type { PromptView } from './policy/prompt-view.ts';
export { viewPrompt } from './policy/prompt-view.ts';
export * from './policy/served/index.ts';
export { shadowPolicy } from './policy/shadow.ts';
export * from './provider/index.ts';
export * from './request.ts';
export type { Explanation } from './router.ts';
export { Router } from './router.ts';
export type {
  ExplorationConfig,
  PolicyChoice,
  RouterConfig,
  ServeConfig,
  Surroundings,
} from './router-config.ts';
export type { RouteDefaults, RouterParts } from './router-parts.ts';
export { requestBoundUsd } from './settings.ts';
export { estimateInput, type InputEstimate } from './tokens.ts';
export * from './verifier/index.ts';
