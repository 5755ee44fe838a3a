/**
 * xrouter as an MCP server. The protocol's modules are loaded by the functions that serve, so that the caller can
 * guard standard output before.
 */
import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import { cheapestPolicy, Router, XrouterError } from '../../src/index.ts';
import type { Recording } from '../../src/learn/index.ts';
import { ownNames } from '../http-guards.ts';
import { Calls } from './calls.ts';
import { DEFAULT_WAIT_MS, type DirectCalls, type McpHost, type McpSettings } from './host.ts';
import type { HttpServing, Served } from './http.ts';
import { Rollouts } from './rollouts.ts';

export type { McpSettings } from './host.ts';
export type { HttpServing } from './http.ts';
export { guardStdout } from './stdout.ts';

export interface McpOptions extends Partial<McpSettings> {
  /** Most calls under way at once; default 32. More `call_model` calls wait, more of the others are refused. */
  maxInFlight?: number;
  /** Most that all calls of this server may cost together, in USD. Fails closed, as every budget. */
  maxUsd?: number;
  /** Shown to clients. */
  version?: string;
}

export interface McpHttpOptions extends McpOptions {
  /** Clients must send it as bearer token; at least 16 characters. */
  token: string;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default: a free one. */
  port?: number;
  /** Names besides those of the own machine by which clients call this server, without port. */
  allowedHosts?: string[];
}

/**
 * Serves a router over standard input and output until the client closes them; then what is under way is
 * cancelled and booked. The router stays open.
 *
 * @example
 * ```ts
 * import { createRouter } from 'xrouter';
 * import { guardStdout, serveStdio } from 'xrouter/mcp';
 *
 * const stdout = guardStdout();
 * const router = createRouter({ pool: ['gpt-5-nano', 'gpt-5'] });
 * await serveStdio(router, stdout, { approveAboveUsd: 0.25 });
 * await router.close();
 * ```
 * @param stdout from `guardStdout`
 */
export async function serveStdio(router: Router, stdout: Writable, options: McpOptions = {}): Promise<void> {
  const { serveMcpStdio } = await import('./stdio.ts');
  await serveMcpStdio(hostOf(router, options), stdout);
}

/**
 * Serves a router over Streamable HTTP at `/mcp`, without sessions, with `call_model` besides the other tools,
 * and takes feedback at `/v1/feedback`. The router stays open.
 * @throws XrouterError `invalid_config` where the token is short or the port is in use
 */
export async function serveHttp(router: Router, options: McpHttpOptions): Promise<HttpServing> {
  const host = hostOf(router, options, true);
  const { createMcpServer } = await import('./server.ts');
  const { answerFeedback } = await import('../feedback-route.ts');
  const served: Served = {
    createServer: () => createMcpServer(host),
    feedback: (body) => answerFeedback(router, body),
    async close() {
      await Promise.all([host.calls.close(), host.direct?.rollouts.close()]);
    },
  };
  return guardedHttp(served, options);
}

export type McpRecordingOptions = Pick<
  McpHttpOptions,
  'version' | 'token' | 'host' | 'port' | 'allowedHosts'
>;

/**
 * Serves a recording over Streamable HTTP at `/mcp`: `call_model` alone, answered from what was measured before,
 * at the cost of then. Calls nobody, needs no key, books nothing.
 * @throws XrouterError `invalid_config` where the token is short or the port is in use
 */
export async function serveRecording(
  recording: Recording,
  options: McpRecordingOptions,
): Promise<HttpServing> {
  const { createRecordingServer } = await import('./server.ts');
  const createServer = () => createRecordingServer(recording, options.version);
  return guardedHttp({ createServer, close: async () => {} }, options);
}

async function guardedHttp(served: Served, options: McpRecordingOptions): Promise<HttpServing> {
  const { token, host = '127.0.0.1', port = 0, allowedHosts = [] } = options;
  if (token.length < SHORTEST_TOKEN) {
    throw new XrouterError('invalid_config', `The token has ${token.length} characters.`, {
      hint: `Give one of at least ${SHORTEST_TOKEN}, for example of "openssl rand -hex 32".`,
    });
  }
  const { serveMcpHttp } = await import('./http.ts');
  return serveMcpHttp(served, { token, host, port, allowedHosts: ownNames(host, allowedHosts) });
}

const SHORTEST_TOKEN = 16;

function hostOf(given: Router, options: McpOptions, withDirect = false): McpHost {
  const { waitMs = DEFAULT_WAIT_MS, approveAboveUsd, maxInFlight = 32, version = 'unknown' } = options;
  const router = options.maxUsd === undefined ? given : limited(given, options.maxUsd);
  return {
    router,
    calls: new Calls(maxInFlight),
    settings: { waitMs, approveAboveUsd },
    direct: withDirect ? directOf(router, maxInFlight) : undefined,
    version,
  };
}

/** The router with one more budget, which all its requests count against. */
function limited({ parts }: Router, limitUsd: number): Router {
  const scope = { kind: 'key', key: `mcp server ${randomUUID()}`, limitUsd } as const;
  return new Router({ ...parts, scopesOf: (...request) => [...parts.scopesOf(...request), scope] });
}

/** Of a pool of one any policy chooses the same; this one needs no model of its own to do so. */
function directOf({ parts }: Router, atOnce: number): DirectCalls {
  const router = new Router({
    ...parts,
    policy: cheapestPolicy(),
    fallbackPolicy: undefined,
    verifier: undefined,
  });
  return { router, rollouts: new Rollouts(atOnce) };
}
