/** The record of one request: every decision, every call, what it cost and how it ended. Kept for learning. */
import type { Refusal } from './admission.ts';
import type { ErrorCode } from './errors.ts';
import type { Cost, Usage } from './money.ts';
import type { Decision } from './policy/policy.ts';
import type { FinishReason } from './provider/provider.ts';
import type { AssistantMessage } from './request.ts';
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
  /** Attempts on the wire; more than 1 after retries. */
  attempts: number;
  startedAtMs: number;
  firstTokenMs?: number;
  latencyMs: number;
  verdict?: Verdict;
  responseId?: string;
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
}
