/**
 * The one event stream. Every adapter only translates it. In order:
 * `decision`, then for each call `call_start`, `delta`*, `call_end`, perhaps `verdict`; again from
 * `decision` on failover or escalation; and last, always and exactly once, `end`.
 * Deltas are only ever of the answer that is released: with a verifier they follow its verdict.
 */
import type { CallRecord, Episode } from './episode.ts';
import type { XrouterError } from './errors.ts';
import type { Cost, Usage } from './money.ts';
import type { Decision } from './policy/policy.ts';
import type { Delta, FinishReason } from './provider/provider.ts';
import type { AssistantMessage } from './request.ts';
import type { Verdict } from './verifier/verifier.ts';

export interface RouteResult {
  id: string;
  message: AssistantMessage;
  /** The answer's text, '' where it is only tool calls. */
  text: string;
  finishReason: FinishReason;
  /** Candidate that gave the answer; the policy's name where it answered itself. */
  model: string;
  /** The real name the response told, where it told. */
  servedModel?: string;
  /** The decision that led to the answer. */
  decision: Decision;
  /** Usage of all calls. */
  usage: Usage;
  cost: Cost;
  episode: Episode;
  native?: unknown;
}

export type RouteEvent =
  | { type: 'decision'; episodeId: string; step: number; decision: Decision; decisionMs: number }
  | {
      type: 'call_start';
      step: number;
      callId: string;
      model: string;
      reservedUsd?: number;
      /** True: tokens follow as they come. False: the answer is held back until it is released, if it is. */
      direct: boolean;
    }
  | { type: 'delta'; callId: string; model: string; delta: Delta }
  | { type: 'call_end'; step: number; call: CallRecord }
  | { type: 'verdict'; callId: string; model: string; verifier: string; verdict: Verdict }
  | RouteEnd;

export type RouteEnd =
  | { type: 'end'; status: 'completed'; result: RouteResult }
  | { type: 'end'; status: 'failed' | 'aborted'; error: XrouterError; episode: Episode };
