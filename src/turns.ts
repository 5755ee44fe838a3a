/**
 * Decided once per human turn: while an agent works through its tool calls, the model that was chosen for
 * the human's message keeps the conversation. Switching in the middle would throw away the provider's
 * prompt cache, and a model would have to continue another's half-done work.
 */
import type { PromptView } from './policy/prompt-view.ts';
import type { RouteRequest } from './request.ts';

/** Conversations remembered; the oldest is forgotten first. */
const MOST = 10_000;

export class TurnMemory {
  readonly #models = new Map<string, string>();

  /** The model that was chosen for this human turn, if the request continues one. */
  recall(request: RouteRequest, view: PromptView): string | undefined {
    return view.stepsSinceHuman > 0 ? this.#models.get(turnKey(request, view)) : undefined;
  }

  remember(request: RouteRequest, view: PromptView, model: string): void {
    if (view.humanIndex < 0) return;
    const key = turnKey(request, view);
    this.#models.delete(key);
    this.#models.set(key, model);
    if (this.#models.size > MOST) this.#models.delete(this.#models.keys().next().value!);
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
