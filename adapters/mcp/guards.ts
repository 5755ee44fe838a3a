/** Who may ask over HTTP: checked before a request is read, so that a refused one costs nothing. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { validateHostHeader, validateOriginHeader } from '@modelcontextprotocol/server';

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
  if (!validateHostHeader(host, allowedHosts).ok) {
    return {
      status: 403,
      message: 'This server is not called by that Host. Start it with --allow-host to name it.',
    };
  }
  if (!validateOriginHeader(origin, allowedHosts).ok) {
    return { status: 403, message: 'Requests from that Origin are refused.' };
  }
  if (!isToken(authorization, token)) {
    const headers = { 'www-authenticate': 'Bearer realm="xrouter"' };
    return { status: 401, message: 'Send the token: Authorization: Bearer TOKEN.', headers };
  }
  if (!paths.includes(pathOf(request)))
    return { status: 404, message: `There is only ${paths.join(' and ')}.` };
  if (request.method !== 'POST') {
    return { status: 405, message: 'Send a POST; there are no sessions.', headers: { allow: 'POST' } };
  }
  if (contentType?.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    return { status: 415, message: 'Content-Type must be application/json.' };
  }
  return undefined;
}

export function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?')[0]!;
}

function isToken(authorization: string | undefined, token: string): boolean {
  const [, sent = ''] = /^Bearer ([^\s]+)$/i.exec(authorization ?? '') ?? [];
  // Of hashes, so that neither content nor length shows in the time it takes.
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(sent), digest(token));
}
