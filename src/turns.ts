/**
 * Decided once per human turn: while an agent works through its tool calls, the model that was chosen for
 * the human's message keeps the conversation. Switching in the middle would throw away the provider's
 * prompt cache, and a model would have to continue another's half-done work.
 */
import type { TurnChoice } from './policy/policy.ts';
import type { PromptView } from './policy/prompt-view.ts';
import type { RouteRequest } from './request.ts';

/** Conversations remembered; the oldest is forgotten first. */
const MOST = 10_000;

interface Choice extends TurnChoice {
  /** The episode in which it was chosen. */
  episodeId: string;
}

export class TurnMemory {
  readonly #choices = new Map<string, Choice>();

  /** What was chosen for this human turn, if the request continues one. */
  recall(request: RouteRequest, view: PromptView): Choice | undefined {
    return view.stepsSinceHuman > 0 ? this.#choices.get(turnKey(request, view)) : undefined;
  }

  remember(request: RouteRequest, view: PromptView, choice: Choice): void {
    if (view.humanIndex < 0) return;
    const key = turnKey(request, view);
    this.#choices.delete(key);
    this.#choices.set(key, choice);
    if (this.#choices.size > MOST) this.#choices.delete(this.#choices.keys().next().value!);
  }
}

/**
 * Two conversations share a key only if they are in the same session and human turn and the human said the
 * same; they then share a choice that the policy would have made for both.
 */
function turnKey(request: RouteRequest, view: PromptView): string {
  const rule = `${request.route ?? ''}|${request.lambda ?? ''}|${request.minSuccess ?? ''}|${request.pool?.join() ?? ''}`;
  return `${request.session ?? ''}|${view.humanTurns}|${rule}|${view.text.length}|${hash(view.text)}`;
}

/** FNV-1a, 32 bit (http://www.isthe.com/chongo/tech/comp/fnv/). Long texts are read in 4,096 places. */
function hash(text: string): number {
  const stride = Math.max(1, Math.floor(text.length / 4_096));
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += stride) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
