/**
 * xrouter as an MCP server. The protocol's modules are loaded by the functions that serve, so that the caller can
 * guard standard output before.
 */
import type { Writable } from 'node:stream';
import type { Router } from '../../src/index.ts';
import { Calls } from './calls.ts';
import { DEFAULT_WAIT_MS, type McpHost, type McpSettings } from './host.ts';

export type { McpSettings } from './host.ts';
export { guardStdout } from './stdout.ts';

export interface McpOptions extends Partial<McpSettings> {
  /** Most calls under way at once; default 32. */
  maxInFlight?: number;
  /** Shown to clients. */
  version?: string;
}

/**
 * Serves a router over standard input and output until the client closes them; then what is under way is cancelled
 * and booked. The router stays open.
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

function hostOf(router: Router, options: McpOptions): McpHost {
  const { waitMs = DEFAULT_WAIT_MS, approveAboveUsd, maxInFlight = 32, version = 'unknown' } = options;
  return { router, calls: new Calls(maxInFlight), settings: { waitMs, approveAboveUsd }, version };
}
