/** Step 5: is this answer good? The interface of everything that judges an answer. */
import type { AssistantMessage, RouteRequest } from '../request.ts';

export interface Verdict {
  /** Whether the answer passes. */
  pass: boolean;
  /** False: the verifier failed, so the answer stands unjudged and nothing is to be learned from `pass`. */
  judged?: false;
  /** What a person would want to know, for example which schema path failed. */
  reason?: string;
  /** 0..1 where the verifier knows more than yes and no. */
  score?: number;
  /** What the judging itself cost, for example a judge model's call; left out: nothing, `undefined`: unknown. */
  usd?: number;
}

export interface VerifierInput {
  request: RouteRequest;
  message: AssistantMessage;
  finishReason: string;
  model: string;
}

export interface Verifier {
  readonly name: string;
  /**
   * Probability that a verdict is right, measured on outcomes; the policy escalates by it.
   * `undefined`: not measured, the policy assumes the cautious value it was trained with.
   */
  readonly accuracy?: number;
  verify(input: VerifierInput, signal?: AbortSignal): Verdict | Promise<Verdict>;
}
