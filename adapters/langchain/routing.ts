/** What a message says of how it came to be: `response_metadata.routing`. */
import type { CallRecord, Estimate, Provenance, RouteResult } from '../../src/index.ts';

/** One call of a candidate on the way to the answer. */
export interface RoutedCall {
  /** Candidate id. */
  model: string;
  status: CallRecord['status'];
  /** In USD; left out where it is unknown. */
  costUsd?: number;
  inputTokens?: number;
  outputTokens?: number;
  latencyMs: number;
  /** The provider's id of the response, for support requests. */
  responseId?: string;
  /** Code of the error it failed with. */
  error?: string;
  /** What the verifier said of it. */
  verdict?: { pass: boolean; reason?: string };
}

/** JSON, with unknown values left out. */
export interface RoutingInfo {
  /** Candidate that gave the answer. */
  model: string;
  /** Policy that decided, with its version. */
  policy: string;
  /** Cost sensitivity in force. */
  lambda: number;
  /** Accuracy floor in force. */
  minSuccess?: number;
  /** One sentence for a person. */
  reason?: string;
  /** What the request cost in USD, failed calls and the policy's own tokens included; left out where unknown. */
  costUsd?: number;
  /** False where the cost of some part is unknown. */
  costComplete: boolean;
  /** Where the price comes from, and of which day. */
  provenance?: Provenance;
  /** What the policy expected of the best candidates, at most five, best first. */
  estimates: Estimate[];
  /** Every call of the request, oldest first. */
  calls: RoutedCall[];
  /** Id of the record in the ledger. */
  episodeId: string;
}

const MOST_ESTIMATES = 5;

export function routingOf({ model, decision, episode }: RouteResult): RoutingInfo {
  const { cost, costComplete, lambda, minSuccess } = episode;
  // The first decision has the estimates; what follows a failure or a verdict only says why.
  const { estimates } = episode.steps[0]?.decision ?? decision;
  return defined({
    model,
    policy: decision.policy,
    lambda,
    minSuccess,
    reason: decision.reason,
    costUsd: cost.usd,
    costComplete,
    provenance: cost.provenance,
    estimates: estimates.slice(0, MOST_ESTIMATES),
    calls: episode.steps.flatMap(({ calls }) => calls.map(routedCall)),
    episodeId: episode.id,
  });
}

function routedCall(call: CallRecord): RoutedCall {
  const { verdict } = call;
  return defined({
    model: call.model,
    status: call.status,
    costUsd: call.cost.usd,
    inputTokens: call.usage?.inputTokens,
    outputTokens: call.usage?.outputTokens,
    latencyMs: call.latencyMs,
    responseId: call.responseId,
    error: call.error?.code,
    verdict: verdict && defined({ pass: verdict.pass, reason: verdict.reason }),
  });
}

function defined<T extends object>(value: T): T {
  for (const key of Object.keys(value) as (keyof T)[]) if (value[key] === undefined) delete value[key];
  return value;
}

/**
 * `response_metadata.routing` of a message, with its type; `undefined` where no router answered.
 *
 * @example
 * ```ts
 * const reply = await model.invoke('Hello');
 * console.log(routingInfo(reply)?.costUsd);
 * ```
 */
export function routingInfo(message: { response_metadata: object }): RoutingInfo | undefined {
  return (message.response_metadata as { routing?: RoutingInfo }).routing;
}
