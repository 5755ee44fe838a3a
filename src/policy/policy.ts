/**
 * Step 2: which candidate answers? The interface of every policy, and its words:
 *
 *   state      what the policy may look at: the request, the admitted candidates, what happened so far
 *   action     what it wants done: call candidates, stop with an answer, or answer itself
 *   decision   the action with its reasons: an estimate for each candidate, and the propensity
 *
 * A user's own policy is any object with `decide`. A policy keeps nothing between calls of `decide`:
 * all it needs is in the state, so requests cannot mix.
 */
import type { Candidate } from '../catalog/candidate.ts';
import type { CallRecord } from '../episode.ts';
import type { Cost, Usage } from '../money.ts';
import type { AssistantMessage, ChatMessage, RouteRequest } from '../request.ts';
import type { PromptView } from './prompt-view.ts';

export interface PolicyState {
  request: RouteRequest;
  /** The human's last message and the shape of the conversation; read once per request. */
  prompt: PromptView;
  /** Candidates that may be called now, in the pool's order; never empty. One that failed is gone. */
  candidates: readonly Candidate[];
  /** Candidates admitted at the first decision: the same list throughout the request. */
  pool: readonly Candidate[];
  /** Cost sensitivity in force. */
  lambda: number;
  /** Accuracy floor in force. */
  minSuccess?: number;
  /** Decisions and calls so far, oldest first; empty at the first decision. */
  steps: readonly PolicyStep[];
  /** What the request has cost so far, in USD; `undefined` as soon as one part is unknown. */
  spentUsd: number | undefined;
  /** Calls that may still be made. */
  callsLeft: number;
  /** Set where a verifier judges answers: the measured probability that its verdict is right. */
  verifierAccuracy?: number;
  /** Likely input tokens of the request as it stands. */
  inputTokens: number;
  /** Expected cost in USD of a call, at today's price; `undefined` where the price is unknown. */
  priceUsd(candidate: Candidate, inputTokens: number, outputTokens: number): number | undefined;
  signal: AbortSignal;
}

export interface PolicyStep {
  decision: Decision;
  calls: readonly CallRecord[];
}

/** A call the policy wants. Messages and sampling are the user's own unless the policy says otherwise. */
export interface CallAction {
  model: string;
  messages?: ChatMessage[];
  temperature?: number;
}

export type Action =
  /** Several calls run in parallel. */
  | { type: 'call'; calls: [CallAction, ...CallAction[]] }
  /** Release the answer of this call; default: the last that succeeded. */
  | { type: 'stop'; callId?: string }
  /** The policy answers itself. */
  | { type: 'answer'; message: AssistantMessage };

/** What the policy expected of one candidate; unknown parts are left out. */
export interface Estimate {
  model: string;
  /** Probability of a right answer, 0..1. */
  success?: number;
  costUsd?: number;
  /** What the policy ranks by; larger is better. */
  utility?: number;
  /** Where exploration was in force: the probability with which this candidate was going to be chosen. */
  propensity?: number;
}

export interface Decision {
  action: Action;
  /** Name and version of the policy that decided, for example `embedded@4`. */
  policy: string;
  /** One for each candidate it considered, best first. */
  estimates: Estimate[];
  /** Probability with which the action was chosen; 1 for a deterministic policy. */
  propensity: number;
  /** One short sentence for a person. */
  reason?: string;
  /** With an accuracy floor: whether some candidate is expected to reach it. */
  floorReached?: boolean;
  /** Under exploration: the best candidate, where another one was drawn. */
  inPlaceOf?: string;
  /** Why the policy that was asked for did not decide, where another stood in. */
  fallback?: string;
  /** What deciding itself cost: the router model's tokens. */
  overhead?: { model: string; usage?: Usage; cost: Cost };
  /** The policy's own notes, handed back to it with the step. */
  trace?: unknown;
}

/** What was chosen at the start of a human turn. */
export interface TurnChoice {
  model: string;
  /** See `Decision`. */
  inPlaceOf?: string;
}

/** One thing a policy depends on, as `xrouter doctor` shows it. */
export interface PolicyCheck {
  check: string;
  status: 'ok' | 'warning' | 'failed';
  detail: string;
}

/** What a policy in the shadow would have done. */
export interface ShadowDecision {
  policy: string;
  /** Candidate it would have called first; `undefined`: none, or it failed. */
  model?: string;
  estimates: Estimate[];
  /** Why it could not decide. */
  error?: string;
}

export interface Policy {
  readonly name: string;
  /** True: asked again after each call, until it stops. False: asked again only after a failure or a verdict. */
  readonly multiTurn?: boolean;
  /**
   * @throws when it cannot decide; the router then fails the request, or lets its fallback policy decide
   */
  decide(state: PolicyState): Decision | Promise<Decision>;
  /**
   * Asked where an agent's turn goes on whether the model chosen at its start may make this call too; if not, the
   * choice is made anew. Left out: it may.
   */
  keepsTurn?(state: PolicyState, choice: TurnChoice): Promise<boolean>;
  /** Whether what it decides with is there: servers, files. Spends nothing. */
  check?(signal: AbortSignal): Promise<PolicyCheck[]>;
  /** Asked once per request, with its first state, after the answer was delivered; only recorded. Never throws. */
  shadow?(state: PolicyState): Promise<ShadowDecision>;
}
