/** The budget of a run: what one request may still cost, and what is said where that is not enough. */
import { formatUsd, type Router, requestBoundUsd, XrouterError } from '../../../src/index.ts';
import type { RoutingOptions } from '../types.ts';
import type { AgentCost } from './agent-cost.ts';

export interface RunBudget {
  /** Most the run may cost, in USD. */
  runUsd: number;
  spent: AgentCost;
}

/**
 * The routing with the bound of the run, where that is the tightest of what bounds a single request.
 * @throws XrouterError `unknown_price` where nobody knows what the run has cost so far
 */
export function withinRun(router: Router, routing: RoutingOptions, { runUsd, spent }: RunBudget) {
  if (!spent.costComplete) {
    const message = `The run may cost ${formatUsd(runUsd)}, and what it has cost is not known.`;
    throw new XrouterError('unknown_price', message, {
      hint: 'Give every model that the agent may call a price in the configuration, or leave `runUsd` out.',
    });
  }
  const leftUsd = Math.max(0, runUsd - spent.knownUsd);
  // As it is without the run's.
  const { route, limits, maxUsd = limits?.maxUsd } = routing;
  const requestUsd = requestBoundUsd(router.parts, { route, limits: { maxUsd } });
  if (requestUsd !== undefined && requestUsd <= leftUsd) return routing;
  return { ...routing, maxUsd: leftUsd };
}

/** The refusal in the run's words, where it was the run's budget that refused. */
export function refusedByRun(error: XrouterError, { runUsd, spent }: RunBudget): XrouterError {
  const message = `The run may cost ${formatUsd(runUsd)} and has cost ${formatUsd(spent.knownUsd)}: ${error.message}`;
  return new XrouterError('budget_exceeded', message, {
    hint: 'Raise `runUsd`, or choose cheaper candidates or a smaller output limit (free models stay allowed).',
    cause: error,
  });
}
