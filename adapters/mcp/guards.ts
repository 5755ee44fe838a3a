/** Who may ask over HTTP: checked before a request is read, so that a refused one costs nothing. */
import type { IncomingMessage } from 'node:http';
import { bearerToken, digestOf, isJson, isNamedBy, isOriginAmong, isSameSecret } from '../http-guards.ts';
import { pathOf } from '../http-io.ts';

export interface Refused {
  status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 500 | 501 | 503;
  message: string;
  /** For programs: the code of our own error, and what to do about it. */
  data?: { code: string; hint?: string };
  headers?: Record<string, string>;
}

export interface GuardOptions {
  /** Host names, without port, by which this server may be called; a browser page under another is refused. */
  allowedHosts: string[];
  token: string;
}

/**
 * Refuses what comes from elsewhere: Host first, which stops a web page that points its own name at this
 * machine; then Origin, which stops a page that calls it openly; then the token.
 * @param paths all that are served
 */
export function guard(
  request: IncomingMessage,
  { allowedHosts, token }: GuardOptions,
  paths: readonly string[],
): Refused | undefined {
  const { host, origin, authorization, 'content-type': contentType } = request.headers;
  if (!isNamedBy(host, allowedHosts)) {
    return {
      status: 403,
      message: 'This server is not called by that Host. Start it with --allow-host to name it.',
    };
  }
  if (!isOriginAmong(origin, allowedHosts)) {
    return { status: 403, message: 'Requests from that Origin are refused.' };
  }
  if (!isSameSecret(bearerToken(authorization), digestOf(token))) {
    const headers = { 'www-authenticate': 'Bearer realm="xrouter"' };
    return { status: 401, message: 'Send the token: Authorization: Bearer TOKEN.', headers };
  }
  if (!paths.includes(pathOf(request)))
    return { status: 404, message: `There is only ${paths.join(' and ')}.` };
  if (request.method !== 'POST') {
    return { status: 405, message: 'Send a POST; there are no sessions.', headers: { allow: 'POST' } };
  }
  if (!isJson(contentType)) {
    return { status: 415, message: 'Content-Type must be application/json.' };
  }
  return undefined;
}
