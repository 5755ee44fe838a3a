/** What went wrong below the middleware, under the wrappings that LangChain put around it. */

import { ContextOverflowError } from '@langchain/core/errors';
import { MiddlewareError } from 'langchain';
import { type Episode, type ErrorCode, isXrouterError, type XrouterError } from '../../../src/index.ts';

/**
 * The router's own error, with `code` and `hint`, in what an agent threw: LangChain wraps it once for every
 * middleware that it passes. `undefined` where it was not the router that failed.
 *
 * @example
 * ```ts
 * try {
 *   await agent.invoke({ messages: question });
 * } catch (thrown) {
 *   if (routerErrorIn(thrown)?.code === 'budget_exceeded') console.log('Ask again tomorrow.');
 *   else throw thrown;
 * }
 * ```
 */
export function routerErrorIn(thrown: unknown): XrouterError | undefined {
  let error = thrown;
  while (MiddlewareError.isInstance(error) || ContextOverflowError.isInstance(error)) {
    error = (error as Error).cause;
  }
  return isXrouterError(error) ? error : undefined;
}

/** Money that must not be spent, what the caller wants no more, and mistakes that no other model would mend. */
const CLOSED = new Set<ErrorCode>([
  'budget_exceeded',
  'unknown_price',
  'ledger_unavailable',
  'aborted',
  'invalid_request',
  'invalid_config',
  'unknown_model',
  'unknown_route',
]);

/** Whether another model may answer where the router could not: never where a budget had a part in it. */
export function mayFailOpen({ code }: XrouterError, episode: Episode | undefined): boolean {
  if (CLOSED.has(code)) return false;
  return !episode?.refusals.some((refusal) => refusal.code === 'budget' || refusal.code === 'unknown_price');
}
