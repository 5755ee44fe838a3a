/**
 * Router: the five steps and nothing else. Admit, decide, call, account, observe; decide again or end.
 * How each step is done is in its own room.
 */
import { randomUUID } from 'node:crypto';
import { explainRefusals } from './admission.ts';
import { accountedCall, bookOverhead } from './call.ts';
import type { RefreshOptions } from './catalog/refresh.ts';
import { checkDecision, checkRequest } from './checks.ts';
import type { CallRecord } from './episode.ts';
import { newEpisode } from './episode.ts';
import { toXrouterError, XrouterError } from './errors.ts';
import type { RouteEvent, RouteResult } from './events.ts';
import { drain, parallel } from './generators.ts';
import type { EpisodeStore, FeedbackTarget } from './ledger/episodes.ts';
import type { Decision, Policy, TurnChoice } from './policy/policy.ts';
import type { RouteRequest } from './request.ts';
import type { RouterParts } from './router-parts.ts';
import { Run } from './run.ts';
import { TurnMemory } from './turns.ts';

/** What `decide` found, without calling anybody. */
export interface Explanation {
  decision: Decision;
  lambda: number;
  minSuccess?: number;
  refusals: Run['episode']['refusals'];
  decisionMs: number;
}

export class Router {
  readonly parts: RouterParts;
  readonly #turns = new TurnMemory();
  #completing: Promise<void> | undefined;

  constructor(parts: RouterParts) {
    this.parts = parts;
  }

  get catalog() {
    return this.parts.catalog;
  }

  get ledger() {
    return this.parts.ledger;
  }

  /** The answer, collected from `stream`. @throws XrouterError, with the `episode` so far attached */
  async route(request: RouteRequest): Promise<RouteResult> {
    for await (const event of this.stream(request)) {
      if (event.type !== 'end') continue;
      if (event.status === 'completed') return event.result;
      throw Object.assign(event.error, { episode: event.episode });
    }
    throw new XrouterError('internal', 'The event stream ended without an end event.');
  }

  /**
   * Everything that happens, as it happens; the last event is always `end`, exactly once. Never throws.
   * Leaving the loop early cancels what is under way and still books it.
   */
  async *stream(request: RouteRequest): AsyncGenerator<RouteEvent, void, undefined> {
    let run: Run;
    try {
      checkRequest(request);
      await this.#completePrices();
      run = new Run(this.parts, request);
    } catch (thrown) {
      const episode = newEpisode(randomUUID(), request, Date.now());
      yield { type: 'end', status: 'failed', error: toXrouterError(thrown), episode };
      return;
    }
    let end: RouteEvent;
    try {
      const result = yield* this.#steps(run);
      end = { type: 'end', status: 'completed', result };
    } catch (thrown) {
      const error = run.errorOf(thrown);
      const status = error.code === 'aborted' ? 'aborted' : 'failed';
      end = { type: 'end', status, error, episode: run.episode };
    } finally {
      run.close();
      this.parts.onEpisode?.({ ...run.episode, messages: request.messages }, run.firstState);
    }
    yield end;
  }

  /** Decides and explains; calls no model and needs no key. @throws XrouterError where nobody can answer */
  async decide(request: RouteRequest): Promise<Explanation> {
    checkRequest(request);
    await this.#completePrices();
    const run = new Run(this.parts, request, { needsKeys: false });
    try {
      await run.allowance.read();
      const { decision, decisionMs } = await this.#decide(run, this.parts.plainPolicy);
      const { lambda, minSuccess, refusals } = run.episode;
      return { decision, decisionMs, lambda, minSuccess, refusals };
    } finally {
      run.close();
    }
  }

  /**
   * Fetches current price data. The user's own prices stay in force, and so does every price the new data
   * does not know.
   * @throws XrouterError `connection_failed`; the prices in hand stay good
   */
  async refreshPrices(options?: RefreshOptions): Promise<void> {
    const { refreshPrices } = await import('./catalog/refresh.ts');
    this.parts.catalog = await refreshPrices(this.parts.catalog, { url: this.parts.pricesUrl, ...options });
  }

  /**
   * How good an answer turned out to be; training learns from it.
   * @param target id of the episode, which is the result's `id`; or a run of the caller's trace, and so every
   *   answer given in it
   * @param score 0..1, 1 the best
   * @param source who says so; a second word of the same source replaces its first
   * @returns ids of the episodes it joined; where an agent's turn only went on, also the one that chose its model
   * @throws XrouterError `invalid_request` for a score out of range, `unknown_episode` where none is kept under
   *   that id, `invalid_config` where no episodes are kept at all
   */
  feedback(target: FeedbackTarget, score: number, source = 'user'): Promise<string[]> {
    return this.parts.feedback(target, { score, source });
  }

  /**
   * Where the episodes are kept, for programs that show or count them; `undefined` where none are.
   * @throws XrouterError `ledger_unavailable`
   */
  episodeStore(): Promise<EpisodeStore | undefined> {
    return this.parts.episodeStore();
  }

  async close(): Promise<void> {
    await this.parts.close();
  }

  /** Looks up, once, the prices of the user's models that the catalog lacks; nothing to do is the usual case. */
  #completePrices(): Promise<void> | undefined {
    if (this.#completing) return this.#completing;
    if (this.parts.catalog.candidates.every(({ price, via }) => price ?? via)) return undefined;
    this.#completing = import('./catalog/refresh.ts').then(async ({ completePrices }) => {
      this.parts.catalog = await completePrices(this.parts.catalog);
    });
    return this.#completing;
  }

  async *#steps(run: Run): AsyncGenerator<RouteEvent, RouteResult, undefined> {
    await run.allowance.read();
    const { verifier } = run.request;
    const { policy } = this.parts;
    for (;;) {
      run.signal.throwIfAborted();
      const step = run.episode.steps.length;
      const { decision, decisionMs } = await this.#decide(run, policy);
      run.beginStep(decision, decisionMs);
      if (decision.overhead) await bookOverhead(run, step, decision.overhead);
      yield { type: 'decision', episodeId: run.id, step, decision, decisionMs };

      const { action } = decision;
      if (action.type === 'answer') return run.ownAnswer(decision, action.message);
      if (action.type === 'stop') return yield* release(run, decision, action.callId);
      if (run.callsLeft < 1) return yield* release(run, decision);

      // The answer streams straight through only where nothing can take it back any more.
      const direct = action.calls.length === 1 && !verifier && !policy.multiTurn;
      const calls = action.calls
        .slice(0, run.callsLeft)
        .map((call) => accountedCall(run, step, call, direct));
      const records: CallRecord[] = yield* calls.length === 1 ? drain(calls) : parallel(calls);
      for (const record of records) {
        if (record.status !== 'completed') run.exclude(record);
        else if (verifier) yield await run.judge(verifier, record);
      }
      if (records.some((record) => run.wasShown(record) && record.status !== 'completed')) {
        throw run.callError(records[0]!);
      }
      const answered = records.find((record) => record.status === 'completed');
      if (answered && !verifier && !policy.multiTurn) return run.result(decision, answered);
    }
  }

  async #decide(run: Run, policy: Policy): Promise<{ decision: Decision; decisionMs: number }> {
    const candidates = run.admit();
    if (candidates.length === 0) {
      const best = run.bestSoFar();
      if (best) return { decision: giveUp(best), decisionMs: 0 };
      throw run.noCandidate(explainRefusals(run.episode.refusals));
    }
    const started = performance.now();
    const decision = await this.#ask(run, policy);
    const decisionMs = performance.now() - started;
    if (run.episode.steps.length === 0 && decision.action.type === 'call') {
      const { model } = decision.action.calls[0];
      const { inPlaceOf } = decision;
      const episodeId = run.episode.turnOf ?? run.id;
      this.#turns.remember(run.request, run.view, { model, inPlaceOf, episodeId });
    }
    return { decision, decisionMs };
  }

  async #ask(run: Run, policy: Policy): Promise<Decision> {
    const recalled = run.episode.steps.length === 0 && this.#turns.recall(run.request, run.view);
    let chooser = policy;
    if (recalled && !policy.multiTurn && run.candidates.some(({ id }) => id === recalled.model)) {
      if ((await policy.keepsTurn?.(run.state(), recalled)) ?? true) {
        run.episode.turnOf = recalled.episodeId;
        return continueTurn(policy, recalled);
      }
      // What is left of a turn is no place to try yet another candidate.
      chooser = this.parts.plainPolicy;
    }
    const state = run.state();
    // The list of steps goes on growing; the first state has none.
    run.firstState ??= { ...state, steps: [] };
    try {
      return checkDecision(await chooser.decide(state), state);
    } catch (error) {
      if (run.signal.aborted) throw run.signal.reason;
      const meant = error instanceof XrouterError && error.code !== 'policy_failed';
      const { fallbackPolicy } = this.parts;
      if (meant || !fallbackPolicy || fallbackPolicy === policy) throw error;
      const decision = checkDecision(await fallbackPolicy.decide(state), state);
      const why = error instanceof Error ? error.message : String(error);
      return { ...decision, fallback: `policy ${policy.name} failed: ${why}` };
    }
  }
}

/** Releases the answer of a call that was held back until now. */
async function* release(
  run: Run,
  decision: Decision,
  callId?: string,
): AsyncGenerator<RouteEvent, RouteResult, undefined> {
  const record = callId === undefined ? run.bestSoFar() : run.completedCall(callId);
  if (!record?.message) throw run.noAnswer();
  if (!run.wasShown(record)) {
    const { content, refusal, tool_calls } = record.message;
    const delta = {
      ...(typeof content === 'string' && content !== '' && { content }),
      ...(refusal && { refusal }),
      ...(tool_calls && {
        toolCalls: tool_calls.map((call, index) => ({ index, id: call.id, ...call.function })),
      }),
    };
    yield { type: 'delta', callId: record.callId, model: record.model, delta };
  }
  return run.result(decision, record);
}

function continueTurn(policy: Policy, { model, inPlaceOf }: TurnChoice): Decision {
  return {
    action: { type: 'call', calls: [{ model }] },
    policy: policy.name,
    estimates: [{ model }],
    propensity: 1,
    ...(inPlaceOf !== undefined && { inPlaceOf }),
    reason: 'chosen at the start of this human turn',
  };
}

function giveUp(best: CallRecord): Decision {
  return {
    action: { type: 'stop', callId: best.callId },
    policy: 'router',
    estimates: [],
    propensity: 1,
    reason: 'nobody else can be called',
  };
}
