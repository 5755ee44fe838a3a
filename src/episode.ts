/** The record of one request: every decision, every call, what it cost and how it ended. Kept for learning. */
import type { Refusal } from './admission.ts';
import type { ErrorCode } from './errors.ts';
import type { Cost, Usage } from './money.ts';
import { addUsage, sumUsd } from './money.ts';
import type { Decision } from './policy/policy.ts';
import type { FinishReason } from './provider/provider.ts';
import type { AssistantMessage, RouteRequest } from './request.ts';
import type { Verdict } from './verifier/verifier.ts';

export interface CallRecord {
  callId: string;
  /** Candidate id. */
  model: string;
  provider: string;
  /** The real name the response told, where it told. */
  servedModel?: string;
  status: 'completed' | 'failed' | 'aborted';
  error?: { code: ErrorCode; message: string; status?: number };
  finishReason?: FinishReason;
  message?: AssistantMessage;
  usage?: Usage;
  cost: Cost;
  /** The worst case that was set aside for it before the call. */
  reservedUsd?: number;
  /** Why the ledger could not book it; what was reserved then goes on counting against the budgets. */
  bookingError?: string;
  /** Attempts on the wire; more than 1 after retries. */
  attempts: number;
  startedAtMs: number;
  firstTokenMs?: number;
  latencyMs: number;
  verdict?: Verdict;
  responseId?: string;
  /** Id of the call in the caller's trace, where there is one. */
  runId?: string;
  /** The adapter's own form of the answer. */
  native?: unknown;
}

export interface Step {
  decision: Decision;
  calls: CallRecord[];
  decisionMs: number;
}

export interface Episode {
  id: string;
  startedAt: string;
  session?: string;
  budgetKey?: string;
  route?: string;
  lambda: number;
  minSuccess?: number;
  refusals: Refusal[];
  steps: Step[];
  /** Sum over calls, verdicts and the policy's own tokens; `usd` is `undefined` if any part is. */
  cost: Cost;
  /** Sum of what is known, in USD. */
  knownUsd: number;
  costComplete: boolean;
  usage: Usage;
  /** Call whose answer was released. */
  answerCallId?: string;
  latencyMs: number;
  metadata?: Record<string, unknown>;
  /** Ids of the runs in the caller's trace that the request belongs to: feedback may name them. */
  runIds?: readonly string[];
  /** The episode that chose the model for this human turn, where this one only went on with it. */
  turnOf?: string;
}

/** The call whose answer was released; `undefined` where none was, or where the policy answered itself. */
export function answeringCall({ steps, answerCallId }: Episode): CallRecord | undefined {
  for (const { calls } of steps) for (const call of calls) if (call.callId === answerCallId) return call;
  return undefined;
}

/** Cost sensitivity where neither the request nor the configuration names one. */
export const DEFAULT_LAMBDA = 0.3;

const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0 };

export function newEpisode(id: string, request: RouteRequest, startedAtMs: number): Episode {
  return {
    id,
    startedAt: new Date(startedAtMs).toISOString(),
    session: request.session,
    budgetKey: request.budgetKey,
    route: request.route,
    lambda: request.lambda ?? DEFAULT_LAMBDA,
    minSuccess: request.minSuccess,
    refusals: [],
    steps: [],
    cost: { usd: 0 },
    knownUsd: 0,
    costComplete: true,
    usage: NO_USAGE,
    latencyMs: 0,
    metadata: request.metadata,
    runIds: request.runIds,
  };
}

/** Everything the episode cost: the policy's own tokens, the calls, the verdicts. */
export function expenses(episode: Episode): { cost: Cost; usage?: Usage }[] {
  return episode.steps.flatMap(({ decision, calls }) => [
    ...(decision.overhead ? [decision.overhead] : []),
    ...calls,
    // A verdict without `usd` was free; one whose `usd` is undefined cost nobody knows what.
    ...calls.map(({ verdict }) => ({ cost: { usd: verdict && 'usd' in verdict ? verdict.usd : 0 } })),
  ]);
}

/** Brings the episode's sums up to date. */
export function totalUp(episode: Episode, startedAtMs: number): void {
  const parts = expenses(episode);
  const costs = parts.map(({ cost }) => cost);
  const usd = sumUsd(costs.map((cost) => cost.usd));
  episode.usage = parts.reduce((sum, part) => (part.usage ? addUsage(sum, part.usage) : sum), NO_USAGE);
  episode.costComplete = usd !== undefined;
  episode.knownUsd = sumUsd(costs.map((cost) => cost.usd ?? 0))!;
  episode.cost = {
    usd,
    provenance: usd === undefined ? undefined : costs.find((cost) => cost.provenance)?.provenance,
    ...(costs.some((cost) => cost.estimated) && { estimated: true }),
  };
  episode.latencyMs = Date.now() - startedAtMs;
}
