/** From the constructor's fields to a router. */
import {
  assembleRouter,
  type Candidate,
  type Episode,
  type Router,
  type RouterConfig,
  validateConfig,
  XrouterError,
} from '../../src/index.ts';
import { resolveCandidates } from './candidates.ts';
import type { UnknownBlocks } from './converters/content.ts';
import { type CallDefaults, mergeRouting } from './request.ts';
import type { ChatXRouterFields, RoutingOptions } from './types.ts';

/** Fields of LangChain's own base classes; everything else that is not named here is the router's configuration. */
const BASE_FIELDS = [
  'callbacks',
  'callbackManager',
  'tags',
  'metadata',
  'verbose',
  'name',
  'cache',
  'maxConcurrency',
  'onFailedAttempt',
  'disableStreaming',
  'outputVersion',
] as const;

export interface Setup {
  router: Router;
  defaults: CallDefaults;
  streaming: boolean;
  /** Told of every request once it has ended, failed ones too. */
  ended?: (episode: Episode) => void;
}

/** What the base class keeps of the fields; nothing of it is secret. */
export function baseFields(fields: ChatXRouterFields): Partial<ChatXRouterFields> {
  const base: Record<string, unknown> = {};
  for (const key of BASE_FIELDS) {
    const value = (fields as Record<string, unknown>)[key];
    if (value !== undefined) base[key] = value;
  }
  return base;
}

/** @throws XrouterError `invalid_config` that names the field, `unknown_model` */
export function setUp(fields: ChatXRouterFields): Setup {
  const { candidates, router: ready, env, onEpisode, streaming = false, ...others } = fields;
  const { temperature, topP, maxTokens, seed, reasoningEffort, extraBody, ...rest } = others;
  const { stop, stopSequences, timeout, maxRetries, ...configFields } = rest;
  const sampling = { temperature, topP, maxTokens, seed, reasoningEffort, extraBody };
  const defaults = { ...sampling, stop: stop ?? stopSequences };
  if (ready) {
    const { pool, deny, lambda, minSuccess, limits, ...config } = configFields as RouterConfig;
    for (const key of BASE_FIELDS) delete (config as Record<string, unknown>)[key];
    const ofRouter = { ...config, candidates, env, onEpisode };
    const extra = Object.entries(ofRouter).find(([, value]) => value !== undefined)?.[0];
    if (extra !== undefined) {
      throw new XrouterError('invalid_config', `Both \`router\` and \`${extra}\` are given.`, {
        hint:
          extra === 'candidates'
            ? 'Name those of the router in `pool`.'
            : 'Configure the router where it is made, or leave `router` out.',
      });
    }
    const routing = validateConfig({ pool, deny, lambda, minSuccess, limits });
    ready.catalog.select([...(pool ?? []), ...(deny ?? [])]);
    const limitsFirstToken = firstTokenLimits(ready);
    return {
      router: ready,
      streaming,
      defaults: { ...defaults, routing, limitsFirstToken, totalMs: timeout, unknown: 'reject' },
    };
  }
  const config = configFields as RouterConfig;
  for (const key of BASE_FIELDS) delete (config as Record<string, unknown>)[key];
  const valid = validateConfig(config);
  if (timeout !== undefined) valid.limits = { totalMs: timeout, ...valid.limits };
  if (maxRetries !== undefined) valid.retry = { maxAttempts: maxRetries + 1, ...valid.retry };
  let unknown: UnknownBlocks = 'reject';
  if (candidates) {
    const { models, pool, allNative } = resolveCandidates(candidates, valid);
    valid.models = [...(valid.models ?? []), ...models];
    valid.pool ??= pool;
    if (allNative) unknown = 'skip';
  }
  const router = assembleRouter(valid, { env, onEpisode });
  return {
    router,
    streaming,
    defaults: { ...defaults, limitsFirstToken: firstTokenLimits(router), unknown },
  };
}

function firstTokenLimits({ parts }: Router): CallDefaults['limitsFirstToken'] {
  return (route) => {
    const named = route === undefined ? undefined : parts.routes[route];
    return named?.limits?.firstTokenMs !== undefined || parts.defaults.limits?.firstTokenMs !== undefined;
  };
}

/** Candidates that requests choose among unless they say otherwise: the pool, else all that can be called. */
export function defaultCandidates({ router, defaults }: Pick<Setup, 'router' | 'defaults'>): Candidate[] {
  const { catalog, parts } = router;
  const { routing = {} } = defaults;
  const route = routing.route === undefined ? undefined : parts.routes[routing.route];
  const pool = routing.pool ?? route?.pool ?? parts.defaults.pool;
  const deny = [...(parts.defaults.deny ?? []), ...(route?.deny ?? []), ...(routing.deny ?? [])];
  const denied = catalog.select(deny);
  const named = pool?.flatMap((name) =>
    name.endsWith('/*') ? [...catalog.select([name])] : [catalog.get(name, parts.env)],
  );
  return (named ?? catalog.usable(parts.env).usable).filter((candidate) => !denied.has(candidate));
}

/** The same router for other settings: `routing` counts before what the model has for its own. */
export function withRouting(setup: Setup, routing: RoutingOptions, ended: Setup['ended']): Setup {
  const { defaults } = setup;
  return { ...setup, defaults: { ...defaults, routing: mergeRouting(routing, defaults.routing) }, ended };
}
