/** What a client may name as `model`, and the list of it in OpenAI's shape. */
import { type Candidate, pricesAt, type Router } from '../../src/index.ts';
import { ApiError } from './errors.ts';

/** Leaves the choice to the router. */
export const ROUTER_MODEL = 'xrouter';
const ROUTE_PREFIX = `${ROUTER_MODEL}/`;

/** What a name means: the router with its defaults, a named route, or one candidate. */
export interface ModelChoice {
  route?: string;
  pool?: [string];
}

/** @throws ApiError 404 with the nearest names */
export function chooseModel(router: Router, name: string | undefined): ModelChoice {
  if (name === undefined || name === ROUTER_MODEL) return {};
  const { catalog, routes, env } = router.parts;
  if (name.startsWith(ROUTE_PREFIX)) {
    const route = name.slice(ROUTE_PREFIX.length);
    if (Object.hasOwn(routes, route)) return { route };
  }
  const candidate = catalog.find(name, env);
  if (candidate) return { pool: [candidate.id] };
  const near = name.startsWith(ROUTE_PREFIX)
    ? Object.keys(routes).map((route) => `${ROUTE_PREFIX}${route}`)
    : catalog.nearest(name);
  const meant = near.length > 0 ? ` Did you mean ${near.slice(0, 5).join(', ')}?` : '';
  throw new ApiError({
    status: 404,
    code: 'model_not_found',
    param: 'model',
    message: `There is no model ${JSON.stringify(name)}.${meant} "${ROUTER_MODEL}" leaves the choice to the router; GET /v1/models lists all.`,
  });
}

interface ModelEntry {
  id: string;
  object: 'model';
  /** Seconds since 1970; 0 where the day of release is not known. */
  created: number;
  owned_by: string;
  xrouter: Record<string, unknown>;
}

/** First the router and its routes, then the candidates, those with a key first. */
export function modelList(router: Router): { object: 'list'; data: ModelEntry[] } {
  const { catalog, env } = router.parts;
  const { usable, unusable } = catalog.usable(env);
  return {
    object: 'list',
    data: [
      ...routeEntries(router),
      ...usable.map((candidate) => candidateEntry(candidate)),
      ...unusable.map(({ candidate, missing }) => candidateEntry(candidate, missing)),
    ],
  };
}

/** @throws ApiError 404 with the nearest names */
export function modelEntry(router: Router, name: string): ModelEntry {
  const { route, pool } = chooseModel(router, name);
  if (!pool) {
    const id = route === undefined ? ROUTER_MODEL : `${ROUTE_PREFIX}${route}`;
    return routeEntries(router).find((entry) => entry.id === id)!;
  }
  const candidate = router.catalog.get(pool[0]);
  return candidateEntry(candidate, router.catalog.missing(candidate, router.parts.env));
}

function routeEntries({ parts }: Router): ModelEntry[] {
  const routes = Object.entries(parts.routes).map(([name, facts]) => ({
    id: `${ROUTE_PREFIX}${name}`,
    facts,
  }));
  return [{ id: ROUTER_MODEL, facts: parts.defaults }, ...routes].map(({ id, facts }) => ({
    id,
    object: 'model',
    created: 0,
    owned_by: ROUTER_MODEL,
    xrouter: {
      routes: true,
      pool: facts.pool ?? null,
      lambda: facts.lambda ?? null,
      min_success: facts.minSuccess ?? null,
      max_usd: facts.limits?.maxUsd ?? null,
    },
  }));
}

function candidateEntry(candidate: Candidate, missing?: string): ModelEntry {
  const { price, released } = candidate;
  const prices = price && pricesAt(price, Date.now(), 0);
  return {
    id: candidate.id,
    object: 'model',
    created: released === undefined ? 0 : Date.parse(released) / 1_000,
    owned_by: candidate.provider,
    xrouter: {
      routes: false,
      key_configured: missing === undefined,
      ...(missing !== undefined && { missing }),
      aliases: candidate.aliases ?? [],
      context_tokens: candidate.contextTokens ?? null,
      max_output_tokens: candidate.maxOutputTokens ?? null,
      input: candidate.input,
      tool_calling: candidate.toolCalling ?? null,
      structured_output: candidate.structuredOutput ?? null,
      reasoning: candidate.reasoning ?? null,
      input_usd_per_mtok: prices?.inputUsdPerMTok ?? null,
      cache_read_usd_per_mtok: prices?.cacheReadUsdPerMTok ?? null,
      output_usd_per_mtok: prices?.outputUsdPerMTok ?? null,
      price_source: price?.provenance.source ?? null,
      price_as_of: price?.provenance.asOf ?? null,
    },
  };
}
