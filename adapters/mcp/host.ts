/** What every tool works with: the router, the calls under way, and the operator's settings. */
import type { RouteResult, Router } from '../../src/index.ts';
import type { Calls } from './calls.ts';
import type { Rollouts } from './rollouts.ts';

export interface McpSettings {
  /** A tool answers within this time, with `status: "running"` where the model is not done; default 45,000. */
  waitMs: number;
  /** Calls that may cost more than this need a person's approval; `undefined`: none does. */
  approveAboveUsd?: number;
}

/** Calls of one named model; only HTTP clients get them. */
export interface DirectCalls {
  /** Calls the one candidate of the pool, whatever the policy of the other tools. */
  router: Router;
  rollouts: Rollouts<RouteResult>;
}

export interface McpHost {
  router: Router;
  calls: Calls;
  settings: McpSettings;
  direct?: DirectCalls;
  /** Of the package; clients show it. */
  version: string;
}

/** Clients give a tool 60 s by default and some cannot be told otherwise. */
export const DEFAULT_WAIT_MS = 45_000;
