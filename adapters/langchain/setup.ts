/** From the constructor's fields to a router. */
import {
  assembleRouter,
  type Candidate,
  type Router,
  type RouterConfig,
  validateConfig,
  XrouterError,
} from '../../src/index.ts';
import { resolveCandidates } from './candidates.ts';
import type { UnknownBlocks } from './converters/content.ts';
import type { CallDefaults } from './request.ts';
import type { ChatXRouterFields } from './types.ts';

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
  const config = configFields as RouterConfig;
  for (const key of BASE_FIELDS) delete (config as Record<string, unknown>)[key];
  const sampling = { temperature, topP, maxTokens, seed, reasoningEffort, extraBody };
  const defaults = { ...sampling, stop: stop ?? stopSequences };
  if (ready) {
    const extra = Object.keys(config)[0] ?? (candidates && 'candidates');
    if (extra !== undefined) {
      throw new XrouterError('invalid_config', `Both \`router\` and \`${extra}\` are given.`, {
        hint: 'Configure the router where it is made, or leave `router` out.',
      });
    }
    const limitsFirstToken = firstTokenLimits(ready);
    return {
      router: ready,
      streaming,
      defaults: { ...defaults, limitsFirstToken, totalMs: timeout, unknown: 'reject' },
    };
  }
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
export function defaultCandidates({ catalog, parts }: Router): Candidate[] {
  const { pool, deny = [] } = parts.defaults;
  const denied = new Set(deny.map((name) => catalog.get(name, parts.env)));
  const named = pool?.map((name) => catalog.get(name, parts.env));
  return (named ?? catalog.usable(parts.env).usable).filter((candidate) => !denied.has(candidate));
}
