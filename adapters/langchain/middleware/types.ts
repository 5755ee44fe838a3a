/** What users write: the middleware's fields, and the context of a run. */
import { z } from 'zod';
import type { ChatXRouterFields } from '../types.ts';

export interface XRouterMiddlewareFields extends ChatXRouterFields {
  /** Most a run of the agent may cost, all its requests together, in USD. Fails closed. */
  runUsd?: number;
  /**
   * What becomes of a run that a budget refuses to go on with: `error` throws, `end` ends it with a message that
   * says so. Default `error`.
   */
  exitBehavior?: 'error' | 'end';
  /**
   * True: where no candidate could answer, the agent's own model does. It is called outside of the budgets and
   * booked afterwards, so a budget's refusal never leads there. Default false.
   */
  failOpen?: boolean;
}

const usd = z.number().min(0);

/** How one run is to be routed, in its context; what is left out is as the middleware was configured. */
export const routingContext = z.strictObject({
  /** Cost sensitivity: 0 ignores cost, larger prefers cheaper. */
  lambda: z.number().min(0).optional(),
  /** Accuracy floor, 0..1: the cheapest candidate expected to reach it. */
  minSuccess: z.number().min(0).max(1).optional(),
  /** Candidate ids or aliases to choose among. */
  pool: z.array(z.string()).min(1).optional(),
  /** Never choose these. */
  deny: z.array(z.string()).optional(),
  /** A named route of the configuration. */
  route: z.string().optional(),
  /** Conversation id; default: `configurable.thread_id`. */
  session: z.string().optional(),
  /** Budget key, for example a team or a customer. */
  budgetKey: z.string().optional(),
  /** Most a single request may cost, in USD. */
  maxUsd: usd.optional(),
  /** Most the run may cost, in USD. */
  runUsd: usd.optional(),
});

export type RunRouting = z.infer<typeof routingContext>;

export const contextSchema = z.object({ routing: routingContext.optional() });
