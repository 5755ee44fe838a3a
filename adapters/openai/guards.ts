/** Who may ask: checked before a body is read, so that a refused request costs nothing. */
import type { IncomingMessage } from 'node:http';
import { bearerToken, isJson, isNamedBy, isOriginAmong } from '../http-guards.ts';
import { ApiError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { keyNamed, type Settings } from './options.ts';
import { type Route, routeFor } from './routes.ts';
import type { Service } from './service.ts';

/**
 * The route that answers. Host first, which stops a web page that points its own name at this machine; then Origin,
 * which stops a page that calls it openly; then the key.
 * @throws ApiError where it is none of their business, or too much at once
 */
export function admitted(service: Service, exchange: Exchange): Route {
  const { settings, metrics } = service;
  const { request, path } = exchange;
  const { host, authorization, 'content-type': contentType } = request.headers;
  if (settings.allowedHosts && !isNamedBy(host, settings.allowedHosts)) {
    throw forbidden('This server is not called by that Host. Start it with --allow-host to name it.');
  }
  if (!isOwnOrigin(settings, request)) {
    throw forbidden(
      'Requests of web pages from that Origin are refused. Start the server with --allow-origin.',
    );
  }
  const isKnown = settings.keys.length === 0;
  if (!isKnown) exchange.key = keyNamed(settings, bearerToken(authorization));
  if (!isKnown && exchange.key === undefined) {
    const open = openRoute(request, path);
    if (open) return open;
    throw new ApiError({
      status: 401,
      code: 'invalid_api_key',
      message: 'Send a key of this server: Authorization: Bearer KEY.',
      headers: { 'www-authenticate': 'Bearer realm="xrouter"' },
    });
  }
  const route = routeFor(request.method ?? '', path);
  if (route.open) return route;
  if (route.method === 'POST' && !isJson(contentType)) {
    throw new ApiError({
      status: 415,
      code: 'invalid_request',
      message: 'Content-Type must be application/json.',
    });
  }
  if (service.ending) throw comeAgain('server_ending', 'The server is ending.', { connection: 'close' });
  if (metrics.inFlight >= settings.maxInFlight) {
    throw comeAgain('too_many_requests', `${settings.maxInFlight} requests are under way already.`);
  }
  return route;
}

function openRoute(request: IncomingMessage, path: string): Route | undefined {
  try {
    const route = routeFor(request.method ?? '', path);
    return route.open && route;
  } catch {
    return undefined;
  }
}

/** Whether the request comes from no web page, from one of our own, or from one that was allowed. */
function isOwnOrigin({ allowedHosts, allowedOrigins }: Settings, { headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  if (!origin || allowedOrigins.includes(origin)) return true;
  if (allowedHosts) return isOriginAmong(origin, allowedHosts);
  return origin === `https://${host}` || origin === `http://${host}`;
}

/** Lets a page that was allowed read the answer. */
export function allowOrigin({ allowedOrigins }: Settings, { request, response }: Exchange): void {
  const { origin } = request.headers;
  if (!origin || !allowedOrigins.includes(origin)) return;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('vary', 'origin');
  response.setHeader('access-control-expose-headers', EXPOSED);
  if (request.method !== 'OPTIONS') return;
  response.setHeader('access-control-allow-methods', 'GET, POST');
  response.setHeader('access-control-allow-headers', request.headers['access-control-request-headers'] ?? '');
  response.setHeader('access-control-max-age', '600');
}

const EXPOSED = 'x-request-id, x-xrouter-model, x-xrouter-episode-id, x-xrouter-cost-usd, retry-after';

/** What a browser asks before it sends what a page wants. */
export function isPreflight({ allowedOrigins }: Settings, { method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && allowedOrigins.includes(headers.origin ?? '');
}

function forbidden(message: string): ApiError {
  return new ApiError({ status: 403, code: 'forbidden', message });
}

function comeAgain(code: string, message: string, headers?: Record<string, string>): ApiError {
  return new ApiError({ status: 503, code, message, retryAfterSeconds: 1, headers });
}
