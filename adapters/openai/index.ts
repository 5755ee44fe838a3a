/** xrouter as a server that speaks OpenAI's API. */
import type { Router } from '../../src/index.ts';
import type { OpenAIServerOptions } from './options.ts';
import { type OpenAIServing, startServer } from './server.ts';

export type { OpenAIServerOptions, ServerKey } from './options.ts';
export { type RequestReport, reportLine } from './request-log.ts';
export type { OpenAIServing } from './server.ts';

/**
 * Serves a router at `/v1`, so that every OpenAI client can ask it by its base URL alone. The router stays open.
 *
 * @example
 * ```ts
 * import { createRouter } from 'xrouter';
 * import { serveOpenAI } from 'xrouter/openai';
 *
 * const router = createRouter({ pool: ['gpt-5-nano', 'gpt-5'], budgets: { dayUsd: 5 } });
 * const { url, close } = await serveOpenAI(router, { port: 7330 });
 * ```
 * @throws XrouterError `invalid_config` for an address that is open to other machines without a key, a short key,
 *   or a port that cannot be had; `invalid_request` for a key that `budgets.keys` does not name
 */
export function serveOpenAI(router: Router, options: OpenAIServerOptions = {}): Promise<OpenAIServing> {
  return startServer(router, options);
}
