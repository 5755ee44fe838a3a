/** What an agent has cost, as it stands in the agent's state: JSON, so that any checkpointer can keep it. */
import { z } from 'zod';
import { type Cost, type Episode, sumUsd } from '../../../src/index.ts';
import type { RoutingInfo } from '../routing.ts';
import type { CandidateAnswer } from '../tools/answer.ts';

const agentCost = z.object({
  /** What it cost in USD; left out where the cost of a part is unknown. */
  costUsd: z.number().optional(),
  /** Sum of what is known, in USD. */
  knownUsd: z.number(),
  /** False where the cost of some part is unknown. */
  costComplete: z.boolean(),
  /** Requests to a model, those that failed included. */
  requests: z.number(),
  /** Calls of each model, and what is known of their cost in USD. Policy and verifier are in the sums alone. */
  models: z.record(z.string(), z.object({ calls: z.number(), knownUsd: z.number() })),
});

export type AgentCost = z.infer<typeof agentCost>;

export const NO_COST: AgentCost = { costUsd: 0, knownUsd: 0, costComplete: true, requests: 0, models: {} };

export const costSchema = agentCost.default(NO_COST);

export function addCost(a: AgentCost, b: AgentCost): AgentCost {
  const models = new Map(Object.entries(a.models));
  for (const [model, { calls, knownUsd }] of Object.entries(b.models)) {
    const before = models.get(model);
    models.set(model, {
      calls: calls + (before?.calls ?? 0),
      knownUsd: sumUsd([knownUsd, before?.knownUsd ?? 0])!,
    });
  }
  return whole({
    knownUsd: sumUsd([a.knownUsd, b.knownUsd])!,
    costComplete: a.costComplete && b.costComplete,
    requests: a.requests + b.requests,
    models: Object.fromEntries(models),
  });
}

export function costOfEpisode({ steps, knownUsd, costComplete }: Episode): AgentCost {
  return costOfRequest(
    steps.flatMap(({ calls }) => calls.map(({ model, cost }) => ({ model, costUsd: cost.usd }))),
    { knownUsd, costComplete },
  );
}

/** As `costOfEpisode`, of what the message of a request says. */
export function costOfRouting({ calls, costUsd, costComplete }: RoutingInfo): AgentCost {
  const knownUsd = costUsd ?? sumUsd(calls.map((call) => call.costUsd ?? 0))!;
  return costOfRequest(calls, { knownUsd, costComplete });
}

/** One request to a model that no router called. */
export function costOfCall(model: string, { usd }: Cost): AgentCost {
  return costOfRequest([{ model, costUsd: usd }], { knownUsd: usd ?? 0, costComplete: usd !== undefined });
}

/** Of a candidate that the agent called as a tool. */
export function costOfAnswer({ model, calls, knownUsd, costComplete }: CandidateAnswer): AgentCost {
  const models = calls === 0 ? {} : { [model]: { calls, knownUsd } };
  return whole({ knownUsd, costComplete, requests: 1, models });
}

function costOfRequest(
  calls: readonly { model: string; costUsd?: number }[],
  sums: Pick<AgentCost, 'knownUsd' | 'costComplete'>,
): AgentCost {
  const models = new Map<string, { calls: number; knownUsd: number }>();
  for (const { model, costUsd = 0 } of calls) {
    const before = models.get(model) ?? { calls: 0, knownUsd: 0 };
    models.set(model, { calls: before.calls + 1, knownUsd: sumUsd([before.knownUsd, costUsd])! });
  }
  return whole({ ...sums, requests: 1, models: Object.fromEntries(models) });
}

function whole(cost: Omit<AgentCost, 'costUsd'>): AgentCost {
  return { ...(cost.costComplete && { costUsd: cost.knownUsd }), ...cost };
}
