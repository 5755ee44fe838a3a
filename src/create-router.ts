/** From configuration to router. */

import { openBooks } from './books.ts';
import type { Candidate } from './catalog/candidate.ts';
import { createCatalog } from './catalog/catalog.ts';
import { type Env, endpointOf } from './catalog/providers.ts';
import { XrouterError } from './errors.ts';
import { budgetScopes, standingBudgets } from './ledger/budgets.ts';
import { EXPLORATION_SCOPE, explorationBudget } from './ledger/exploration.ts';
import { benchmarkPolicy } from './policy/benchmark.ts';
import { policyFromFile } from './policy/embedded/from-file.ts';
import { shippedPolicy } from './policy/embedded/shipped.ts';
import { exploringPolicy } from './policy/exploring.ts';
import { cheapestPolicy, fixedPolicy, strongestPolicy } from './policy/fixed.ts';
import type { Policy } from './policy/policy.ts';
import { createServedPolicy } from './policy/served/create.ts';
import { shadowPolicy } from './policy/shadow.ts';
import { CircuitBreaker } from './provider/breaker.ts';
import type { Provider } from './provider/provider.ts';
import { Router } from './router.ts';
import type { PolicyChoice, RouterConfig, Surroundings } from './router-config.ts';

/**
 * Puts a router together without validating the configuration; `createRouter` validates it first.
 * @throws XrouterError `invalid_config`, `unknown_model`
 */
export function assembleRouter(config: RouterConfig = {}, surroundings: Surroundings = {}): Router {
  const env = surroundings.env ?? process.env;
  const { models, providers, allow, bundled, pool, deny, lambda, minSuccess, limits, maxOutputTokens } =
    config;
  const catalog = createCatalog({ models, providers, allow, bundled, configName: surroundings.configName });
  catalog.select([...(pool ?? []), ...(deny ?? [])]);
  const { exploration, shadow } = config;
  const idOf = (name: string) => catalog.get(name, env).id;
  let policy = policyOf(config.policy ?? 'embedded', env, idOf);
  if (shadow) policy = shadowPolicy(policy, policyOf(shadow, env, idOf));
  const plainPolicy = policy;
  const books = openBooks(config, policy);
  if (exploration) {
    const { share, budgetUsd, seed } = exploration;
    const budget = explorationBudget(books.ledger, budgetUsd);
    policy = exploringPolicy(policy, { epsilon: share, budgetUsd, budget, seed });
  }
  const budgets = config.budgets ?? {};
  const http = new Map<string, Promise<Provider>>();
  const unusable = new Map<string, string | undefined>();
  return new Router({
    catalog,
    env,
    ledger: books.ledger,
    policy,
    plainPolicy,
    fallbackPolicy: config.fallback === false ? undefined : benchmarkPolicy(),
    breaker: new CircuitBreaker(config.breaker),
    retry: config.retry ?? {},
    defaults: { pool, deny, lambda, minSuccess, limits, maxOutputTokens },
    routes: config.routes ?? {},
    verifier: config.verifier,
    pricesUrl: config.pricesUrl,
    onEpisode(episode, firstState) {
      books.keep(episode, firstState);
      surroundings.onEpisode?.(episode);
    },
    unusable(candidate) {
      if (candidate.via) return undefined;
      if (!unusable.has(candidate.provider)) {
        unusable.set(candidate.provider, catalog.missing(candidate, env));
      }
      return unusable.get(candidate.provider);
    },
    scopesOf({ limits, session, budgetKey }, episodeId, atMs) {
      return budgetScopes(budgets, { episodeId, maxUsd: limits?.maxUsd, session, budgetKey }, atMs);
    },
    standingBudgets: (atMs) => [
      ...standingBudgets(budgets, atMs),
      ...(exploration ? [{ ...EXPLORATION_SCOPE, limitUsd: exploration.budgetUsd }] : []),
    ],
    providerOf(candidate) {
      if (candidate.via) return Promise.resolve(candidate.via);
      let provider = http.get(candidate.provider);
      if (!provider) {
        provider = httpProvider(candidate);
        http.set(candidate.provider, provider);
      }
      return provider;
    },
    episodeStore: () => books.episodeStore(),
    feedback: (target, feedback) => books.feedback(target, feedback),
    close: () => books.close(),
  });

  /** undici takes 60 ms to load, so only who calls a model loads it. */
  async function httpProvider(candidate: Candidate): Promise<Provider> {
    const spec = catalog.provider(candidate.provider);
    if (!spec) {
      throw new XrouterError('invalid_config', `There is no provider "${candidate.provider}".`, {
        hint: `Add it under "providers" in the configuration, with a baseUrl.`,
      });
    }
    const { createHttpProvider } = await import('./provider/http.ts');
    return createHttpProvider({ id: spec.id, ...endpointOf(spec, env), wire: spec.wire });
  }
}

function policyOf(choice: PolicyChoice, env: Env, idOf: (name: string) => string): Policy {
  if (choice === 'cheapest') return cheapestPolicy();
  if (choice === 'strongest') return strongestPolicy();
  if (choice === 'benchmark') return benchmarkPolicy();
  if (choice === 'embedded') return shippedPolicy();
  if ('decide' in choice) return choice;
  if ('fixed' in choice) {
    const [first, ...others] = [choice.fixed].flat().map(idOf);
    return fixedPolicy(first!, ...others);
  }
  if ('served' in choice) {
    const { baseUrl, model, kind, extraBody, keyVariable = 'XROUTER_ROUTER_KEY', ...options } = choice.served;
    const server = { baseUrl, model, kind, extraBody, apiKey: env[keyVariable] };
    return createServedPolicy({ ...options, server, fallback: shippedPolicy() });
  }
  const { file, ...options } = choice;
  return policyFromFile(file, options);
}
