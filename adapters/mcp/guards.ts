/** Who may ask over HTTP: checked before a request is read, so that a refused one costs nothing. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { validateHostHeader, validateOriginHeader } from '@modelcontextprotocol/server';

export interface Refused {
  status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 503;
  message: string;
  headers?: Record<string, string>;
}

export interface GuardOptions {
  /** Host names, without port, by which this server may be called; a browser page under another is refused. */
  allowedHosts: string[];
  token: string;
}

/** The one address that is served. */
const PATH = '/mcp';

/**
 * Refuses what comes from elsewhere: Host first, which stops a web page that points its own name at this
 * machine; then Origin, which stops a page that calls it openly; then the token.
 */
export function guard(request: IncomingMessage, { allowedHosts, token }: GuardOptions): Refused | undefined {
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
  if (request.url?.split('?')[0] !== PATH) return { status: 404, message: `There is only ${PATH}.` };
  if (request.method !== 'POST') {
    return { status: 405, message: 'Send a POST; there are no sessions.', headers: { allow: 'POST' } };
  }
  if (contentType?.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    return { status: 415, message: 'Content-Type must be application/json.' };
  }
  return undefined;
}

function isToken(authorization: string | undefined, token: string): boolean {
  const [, sent = ''] = /^Bearer ([^\s]+)$/i.exec(authorization ?? '') ?? [];
  // Of hashes, so that neither content nor length shows in the time it takes.
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(sent), digest(token));
}
