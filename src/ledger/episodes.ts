/**
 * Where episodes are kept for learning, beside the account. Written after the answer was delivered, and
 * without texts unless the user asks for them.
 */
import { inspect } from 'node:util';
import type { Refusal } from '../admission.ts';
import { answeringCall, type CallRecord, type Episode } from '../episode.ts';
import { XrouterError } from '../errors.ts';
import type { StoredFeatures } from '../policy/embedded/stored-features.ts';
import type { Action, Decision, ShadowDecision } from '../policy/policy.ts';
import type { ChatMessage } from '../request.ts';

export interface EpisodeOptions {
  /** Keep what was asked and answered, word for word. Default false. */
  storePrompts?: boolean;
  /** Keep hashed features of the prompt, so that a policy can be trained on one's own traffic. Default true. */
  storeFeatures?: boolean;
  /** Older ones make room. Default 10000. */
  maxEpisodes?: number;
  /** Default 30 days. */
  maxAgeMs?: number;
}

export const EPISODE_DEFAULTS = {
  storePrompts: false,
  storeFeatures: true,
  maxEpisodes: 10_000,
  maxAgeMs: 30 * 24 * 3600 * 1000,
} satisfies Required<EpisodeOptions>;

/** How good an answer turned out to be. */
export interface Feedback {
  /** 0..1, 1 the best. */
  score: number;
  /** Who says so, for example `user` or `tests`; a second word of the same source replaces its first. */
  source: string;
}

/** What learning needs of a request beside its steps; worked out after the answer was delivered. */
export interface LearningFacts {
  features: StoredFeatures;
  /** Measured probability that a verdict is right, where a verifier judged. */
  verifierAccuracy?: number;
}

/** An episode with the messages it was asked with. */
export interface EpisodeWithPrompt extends Episode {
  messages?: ChatMessage[];
  learning?: LearningFacts;
  /** What the policy in the shadow would have done first. */
  shadow?: ShadowDecision;
}

export interface StoredEpisode extends EpisodeWithPrompt {
  feedback: Feedback[];
}

/** What feedback is about: an episode, by its id, or all answered episodes of a run of the caller's trace. */
export type FeedbackTarget = string | { runId: string };

export interface EpisodeFilter {
  limit?: number;
  since?: string;
  id?: string;
}

export interface EpisodeStore {
  /** Keeps the episode; one that is there already is replaced. Resolves once it is written. */
  saveEpisode(episode: EpisodeWithPrompt): Promise<void>;
  /** Newest first. `since`: ISO time, inclusive. `limit` defaults to 100. `id`: that one alone. */
  episodes(filter?: EpisodeFilter): Promise<StoredEpisode[]>;
  /**
   * Episodes that were kept, or given feedback on, at or after an ISO time, oldest change first, in parts: for a reader that
   * follows them. One that changes again comes again.
   * @param most of the newest, where there are more
   */
  changed(since: string, most?: number): AsyncIterable<StoredEpisode[]>;
  /**
   * An episode that only went on with an agent's turn passes feedback on to the one that chose the model.
   * @returns ids of the episodes it joined
   * @throws XrouterError `invalid_request` for a score out of range, `unknown_episode` where nothing is kept
   */
  feedback(target: FeedbackTarget, feedback: Feedback): Promise<string[]>;
}

/** The episode as it is stored: always without the adapter's native objects, which are no data. */
export function storedForm(episode: EpisodeWithPrompt, storePrompts: boolean): EpisodeWithPrompt {
  const keepCall = storePrompts ? withoutNative : withoutText;
  const { messages, shadow, ...rest } = episode;
  return {
    ...rest,
    refusals: storePrompts ? rest.refusals : rest.refusals.map(refusalWithoutText),
    ...(storePrompts && messages ? { messages } : {}),
    ...(shadow ? { shadow: storePrompts ? shadow : shadowWithoutText(shadow) } : {}),
    steps: episode.steps.map((step) => ({
      ...step,
      decision: storePrompts ? step.decision : decisionWithoutText(step.decision),
      calls: step.calls.map(keepCall),
    })),
  };
}

function withoutNative({ native: _native, ...call }: CallRecord): CallRecord {
  return call;
}

/** A provider's error message may quote the prompt, so only its code and status stay; so may a verdict's reason. */
function withoutText({ native: _native, message: _message, ...call }: CallRecord): CallRecord {
  return {
    ...call,
    ...(call.error && { error: { ...call.error, message: '' } }),
    ...(call.verdict && { verdict: { ...call.verdict, reason: undefined } }),
  };
}

/** Why a candidate is not asked again is what its provider said. */
function refusalWithoutText(refusal: Refusal): Refusal {
  return refusal.code === 'failed_before' ? { ...refusal, reason: 'its call failed' } : refusal;
}

/** As with a provider's, a policy's error message may quote the prompt. */
function shadowWithoutText({ error, ...shadow }: ShadowDecision): ShadowDecision {
  return { ...shadow, ...(error !== undefined && { error: '' }) };
}

/** A policy may rewrite prompts, answer itself and note what it likes, so only the choice and its numbers stay. */
function decisionWithoutText(decision: Decision): Decision {
  const { action, policy, estimates, propensity, floorReached, overhead } = decision;
  return { action: actionWithoutText(action), policy, estimates, propensity, floorReached, overhead };
}

function actionWithoutText(action: Action): Action {
  if (action.type === 'stop') return action;
  if (action.type === 'answer') return { type: 'answer', message: { role: 'assistant', content: null } };
  const [first, ...others] = action.calls.map(({ model, temperature }) => ({ model, temperature }));
  return { type: 'call', calls: [first!, ...others] };
}

/**
 * The runs by which feedback finds the episode: those it belongs to, and the one of the call that answered.
 * What was tried again after a failure is no answer, so what is said of the whole run is not about it.
 */
export function runIdsOf(episode: Episode): string[] {
  const answer = answeringCall(episode);
  const answeredItself = episode.steps.at(-1)?.decision.action.type === 'answer';
  if (!answer && !answeredItself) return [];
  return [...new Set([...(episode.runIds ?? []), ...(answer?.runId ? [answer.runId] : [])])];
}

/** @throws XrouterError `invalid_request` */
export function assertFeedback(target: FeedbackTarget, { score, source }: Feedback): void {
  const isScore = typeof score === 'number' && score >= 0 && score <= 1;
  if (!isScore || typeof source !== 'string' || source === '') {
    throw new XrouterError(
      'invalid_request',
      `Feedback needs a score from 0 to 1 and a source, not ${inspect(score)} by ${inspect(source)}.`,
      { hint: 'Scale the score to 0..1 and name who gives it, for example "user".' },
    );
  }
  const id: unknown = typeof target === 'object' ? target?.runId : target;
  if (typeof id === 'string' && id !== '') return;
  throw new XrouterError(
    'invalid_request',
    `Feedback needs the id of an episode or run, not ${inspect(id)}.`,
    {
      hint: "An episode's id is the `id` of the result; a run is named as { runId }.",
    },
  );
}

export function notKept(target: FeedbackTarget): XrouterError {
  const what =
    typeof target === 'string'
      ? `No episode ${target} is kept.`
      : `No episode of run ${target.runId} that ended with an answer is kept.`;
  return new XrouterError('unknown_episode', what, {
    hint: 'Check the id, and whether maxEpisodes and maxAgeMs keep episodes long enough for feedback to arrive.',
  });
}
