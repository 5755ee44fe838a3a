/** What holds for a request: what it says itself, else its named route, else the configuration. */
import { XrouterError } from './errors.ts';
import type { RouteRequest } from './request.ts';
import type { RouteDefaults, RouterParts } from './router-parts.ts';

/** @throws XrouterError `unknown_route` that names the configured ones */
export function routeOf(parts: RouterParts, request: RouteRequest): RouteDefaults {
  if (request.route === undefined) return {};
  // A name comes from callers; `constructor` is no route.
  if (Object.hasOwn(parts.routes, request.route)) return parts.routes[request.route]!;
  const known = Object.keys(parts.routes).join(', ') || 'none';
  throw new XrouterError('unknown_route', `There is no route ${JSON.stringify(request.route)}.`, {
    hint: `Configured routes: ${known}.`,
  });
}

/** Most a request may cost in USD: what it says itself, its route, or the configuration; `undefined`: no bound. */
export function requestBoundUsd(
  { defaults, routes, scopesOf }: RouterParts,
  { route, limits }: Pick<RouteRequest, 'route' | 'limits'>,
): number | undefined {
  const routed = route === undefined ? undefined : routes[route]?.limits?.maxUsd;
  const maxUsd = limits?.maxUsd ?? routed ?? defaults.limits?.maxUsd;
  const scopes = scopesOf({ messages: [], limits: { maxUsd } }, '', 0);
  return scopes.find(({ kind }) => kind === 'request')?.limitUsd;
}

/** The request with what the route and the configuration say where it says nothing itself. */
export function withDefaults(request: RouteRequest, route: RouteDefaults, parts: RouterParts): RouteRequest {
  const { defaults } = parts;
  // A lambda in the request means: no floor, even where the configuration has one; and the other way round.
  const floor =
    request.lambda === undefined
      ? (route.minSuccess ?? (route.lambda === undefined ? defaults.minSuccess : undefined))
      : undefined;
  return {
    ...request,
    pool: request.pool ?? route.pool ?? defaults.pool,
    deny: [...(defaults.deny ?? []), ...(route.deny ?? []), ...(request.deny ?? [])],
    lambda: request.lambda ?? route.lambda ?? defaults.lambda,
    minSuccess: request.minSuccess ?? floor,
    maxOutputTokens: request.maxOutputTokens ?? route.maxOutputTokens ?? defaults.maxOutputTokens,
    limits: { ...defaults.limits, ...route.limits, ...request.limits },
    verifier: request.verifier ?? parts.verifier,
  };
}
