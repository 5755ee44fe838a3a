/** The provider for every OpenAI-compatible API over HTTP: one attempt at `POST {baseUrl}/chat/completions`. */
import { Agent, type Dispatcher } from 'undici';
import { COMPATIBLE_WIRE, type WireQuirks } from '../catalog/providers.ts';
import { XrouterError } from '../errors.ts';
import { HttpCall } from './http-call.ts';
import type { Provider } from './provider.ts';
import { requestBody } from './wire.ts';

export interface HttpProviderSpec {
  /** The provider's id in the catalog, for example `openai`. */
  id: string;
  /** With the version in its path, for example `https://api.openai.com/v1`. A query is kept. */
  baseUrl: string;
  /** Sent as bearer token; left out where `undefined`. */
  apiKey?: string;
  /** Further headers of every request; they replace those set here, whatever their case. */
  headers?: Record<string, string>;
  /** Where it differs from OpenAI; default: what most servers that imitate OpenAI accept. */
  wire?: WireQuirks;
  /** Own connections, for example undici's `ProxyAgent`; default: the pool all providers share. */
  dispatcher?: Dispatcher;
}

/**
 * Connections per provider. One request has one connection, so that aborting it ends it and nothing else;
 * hence HTTP/1.1 without pipelining. Beyond this many, requests wait in line, and the connect limit watches.
 */
const CONNECTIONS_PER_ORIGIN = 1024;

/** An unused connection is kept this long: a conversation's next turn then needs no new TLS handshake. */
const KEEP_ALIVE_MS = 30_000;

/** A connection nobody waits for any more, its call having given up, is still tried for this long at most. */
const MAX_CONNECT_MS = 30_000;

let sharedAgent: Agent | undefined;

/** The pool all providers share. Its own time limits are off: `limits.ts` watches calls, and more exactly. */
function sharedConnections(): Agent {
  sharedAgent ??= new Agent({
    connections: CONNECTIONS_PER_ORIGIN,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: MAX_CONNECT_MS },
  });
  return sharedAgent;
}

/** Closes the shared connections once their calls have ended; the next call opens new ones. */
export async function closeHttpConnections(): Promise<void> {
  const agent = sharedAgent;
  sharedAgent = undefined;
  await agent?.close();
}

function invalid(spec: HttpProviderSpec, what: string, hint: string): XrouterError {
  return new XrouterError('invalid_config', `Provider "${spec.id}": ${what}`, { hint });
}

function parseBaseUrl(spec: HttpProviderSpec): URL {
  const url = URL.canParse(spec.baseUrl) ? new URL(spec.baseUrl) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw invalid(spec, 'its base URL is no http(s) address.', 'Set baseUrl, for example https://host/v1.');
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(
      spec,
      'its base URL holds a name or password.',
      'Put the key into apiKey, not into baseUrl.',
    );
  }
  return url;
}

/** Names and values by turns, the form undici takes without walking an object. */
function requestHeaders(spec: HttpProviderSpec): string[] {
  const headers = new Map([
    ['content-type', 'application/json'],
    ['accept', 'application/json, text/event-stream'],
    ['user-agent', 'xrouter'],
  ]);
  if (spec.apiKey !== undefined) headers.set('authorization', `Bearer ${spec.apiKey.trim()}`);
  for (const [name, value] of Object.entries(spec.headers ?? {})) headers.set(name.toLowerCase(), value);
  for (const [name, value] of headers) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      throw invalid(spec, `"${name}" is no header name.`, 'Use letters, digits and hyphens.');
    }
    if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) continue;
    const what = name === 'authorization' ? 'its API key' : `its header "${name}"`;
    throw invalid(
      spec,
      `${what} has characters that HTTP cannot carry.`,
      'Copy it again, without line breaks.',
    );
  }
  return [...headers].flat();
}

/** Takes the provider's secrets out of texts that the provider sent, since some repeat the key they refuse. */
function redactor(spec: HttpProviderSpec): (text: string) => string {
  const secrets = [spec.apiKey?.trim(), ...Object.values(spec.headers ?? {})].filter(
    (secret): secret is string => secret !== undefined && secret.length >= 8,
  );
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text);
}

/**
 * @throws XrouterError `invalid_config` where base URL, key or headers cannot be used
 */
export function createHttpProvider(spec: HttpProviderSpec): Provider {
  const url = parseBaseUrl(spec);
  const path = `${url.pathname.replace(/\/+$/, '')}/chat/completions${url.search}`;
  const headers = requestHeaders(spec);
  const redact = redactor(spec);
  const wire = spec.wire ?? COMPATIBLE_WIRE;
  return {
    id: spec.id,
    call(call) {
      const { model } = call.candidate;
      return new HttpCall(call, { provider: spec.id, model, redact }, (handler) => {
        const body = JSON.stringify(requestBody(call.candidate, call.request, wire));
        const dispatcher = spec.dispatcher ?? sharedConnections();
        dispatcher.dispatch({ origin: url.origin, path, method: 'POST', headers, body }, handler);
      });
    },
  };
}
