/** The state of one request on its way through the router: nothing of it is shared with another request. */
import { randomUUID } from 'node:crypto';
import type { AdmissionRules, Refusal, Requirement } from './admission.ts';
import { admit, requirementOf } from './admission.ts';
import { Allowance } from './allowance.ts';
import type { Candidate } from './catalog/candidate.ts';
import { tokenPriceUsd } from './catalog/price.ts';
import type { CallRecord, Episode } from './episode.ts';
import { expenses, newEpisode, totalUp } from './episode.ts';
import { CallError, toXrouterError, XrouterError } from './errors.ts';
import type { RouteEvent, RouteResult } from './events.ts';
import { budgetHint } from './ledger/budgets.ts';
import { sumUsd } from './money.ts';
import type { Decision, PolicyState } from './policy/policy.ts';
import type { PromptView } from './policy/prompt-view.ts';
import { viewPrompt } from './policy/prompt-view.ts';
import { poolOf, sameAsBefore } from './pools.ts';
import { DEFAULT_TIME_LIMITS } from './provider/limits.ts';
import type { AssistantMessage, RequestLimits, RouteRequest } from './request.ts';
import { textOf } from './request.ts';
import type { RouterParts } from './router-parts.ts';
import { routeOf, withDefaults } from './settings.ts';
import type { InputEstimate } from './tokens.ts';
import { estimateInput } from './tokens.ts';
import type { Verifier } from './verifier/verifier.ts';

/** Failed calls count, so this is also how far failover goes. */
const DEFAULT_MAX_CALLS = 5;

/** One for all requests: an error made for each would cost more than most of what a request does. */
const ENDED = new XrouterError('aborted', 'The request has ended.');

export class Run {
  readonly id = randomUUID();
  readonly request: RouteRequest;
  readonly limits: RequestLimits & Required<Pick<RequestLimits, keyof typeof DEFAULT_TIME_LIMITS>>;
  readonly allowance: Allowance;
  readonly view: PromptView;
  readonly input: InputEstimate;
  readonly episode: Episode;
  readonly parts: RouterParts;
  readonly startedAtMs = Date.now();
  candidates: readonly Candidate[] = [];
  /** What the first choice was made on; `undefined` where none was made anew. */
  firstState: PolicyState | undefined;

  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #needsKeys: boolean;
  readonly #pool: readonly Candidate[];
  readonly #requirement: Requirement;
  readonly #deny: ReadonlySet<Candidate>;
  readonly #failed = new Map<string, Refusal>();
  readonly #shown = new Set<string>();
  readonly #errors = new Map<string, XrouterError>();
  #admittedFirst: readonly Candidate[] | undefined;

  /** @throws XrouterError `unknown_route`, `unknown_model` */
  constructor(parts: RouterParts, asked: RouteRequest, options: { needsKeys?: boolean } = {}) {
    this.parts = parts;
    this.#needsKeys = options.needsKeys ?? true;
    const request = withDefaults(asked, routeOf(parts, asked), parts);
    this.request = request;
    this.limits = { ...DEFAULT_TIME_LIMITS, ...request.limits };
    this.episode = newEpisode(this.id, request, this.startedAtMs);
    this.view = viewPrompt(request);
    this.input = estimateInput(request, this.view);
    const scopes = parts.scopesOf(request, this.id, this.startedAtMs);
    this.allowance = new Allowance(parts.ledger, scopes, request, this.input.highTokens);
    this.#requirement = requirementOf(request, this.view, this.input);
    this.#pool = poolOf(parts, request.pool);
    this.#deny = parts.catalog.select(request.deny ?? []);
    this.#timer = setTimeout(() => this.#controller.abort(this.#tooLong()), this.limits.totalMs);
    this.#timer.unref();
    if (request.signal?.aborted) this.#onAbort();
    else request.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => {
    const error = new XrouterError('aborted', 'The request was aborted by the caller.', {
      cause: this.request.signal?.reason,
    });
    this.#controller.abort(error);
  };

  #tooLong(): XrouterError {
    const hint = 'Raise limits.totalMs, or leave slow candidates out of the pool.';
    const what = `The request took longer than ${this.limits.totalMs} ms.`;
    return new XrouterError('total_timeout', what, { hint });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get callsLeft(): number {
    let made = 0;
    for (const { calls } of this.episode.steps) made += calls.length;
    return (this.limits.maxCalls ?? DEFAULT_MAX_CALLS) - made;
  }

  /** Frees timers and listeners, cancels what is still under way, closes the books. */
  close(): void {
    clearTimeout(this.#timer);
    this.request.signal?.removeEventListener('abort', this.#onAbort);
    if (!this.#controller.signal.aborted) this.#controller.abort(ENDED);
    totalUp(this.episode, this.startedAtMs);
  }

  /** Step 1. The refusals of the latest admission are in the episode. */
  admit(): readonly Candidate[] {
    const rules: AdmissionRules = {
      requirement: this.#requirement,
      deny: this.#deny,
      unusable: (candidate) => (this.#needsKeys ? this.parts.unusable(candidate) : undefined),
      circuitOpen: (candidate) => !this.parts.breaker.allows(candidate.id),
      budget: this.allowance.tightest,
      worstCaseUsd: (candidate) => this.allowance.worstCaseUsd(candidate),
    };
    const pool = this.#pool.filter((candidate) => !this.#failed.has(candidate.id));
    const { admitted, refusals } = admit(pool, rules);
    this.episode.refusals = [...this.#failed.values(), ...refusals];
    this.candidates = sameAsBefore(this.parts, admitted);
    this.#admittedFirst ??= this.candidates;
    return this.candidates;
  }

  /** A candidate that failed is not asked again in this request. */
  exclude(record: CallRecord): void {
    const reason = record.error?.message ?? 'its call failed';
    const code = record.error?.code === 'budget_exceeded' ? 'budget' : 'failed_before';
    this.#failed.set(record.model, { model: record.model, code, reason });
  }

  state(): PolicyState {
    const { lambda, minSuccess } = this.episode;
    return {
      request: this.request,
      prompt: this.view,
      candidates: this.candidates,
      pool: this.#admittedFirst ?? this.candidates,
      lambda,
      minSuccess,
      steps: this.episode.steps,
      spentUsd: sumUsd(expenses(this.episode).map(({ cost }) => cost.usd)),
      callsLeft: this.callsLeft,
      verifierAccuracy: this.request.verifier?.accuracy,
      inputTokens: this.input.likelyTokens,
      priceUsd: (candidate, inputTokens, outputTokens) =>
        tokenPriceUsd(candidate, inputTokens, outputTokens, this.startedAtMs),
      signal: this.signal,
    };
  }

  beginStep(decision: Decision, decisionMs: number): void {
    this.episode.steps.push({ decision, calls: [], decisionMs });
  }

  addCall(record: CallRecord, error: XrouterError | undefined): void {
    this.episode.steps.at(-1)!.calls.push(record);
    if (error) this.#errors.set(record.callId, error);
  }

  markShown(callId: string): void {
    this.#shown.add(callId);
  }

  /** Whether any token of the call reached the user. */
  wasShown(record: CallRecord): boolean {
    return this.#shown.has(record.callId);
  }

  /** Step 5. A verifier that throws has not judged: the answer stands, and the reason says so. */
  async judge(verifier: Verifier, record: CallRecord): Promise<RouteEvent> {
    const input = {
      request: this.request,
      message: record.message!,
      finishReason: record.finishReason!,
      model: record.model,
    };
    try {
      record.verdict = await verifier.verify(input, this.signal);
    } catch (error) {
      if (this.signal.aborted) throw this.signal.reason;
      const why = error instanceof Error ? error.message : String(error);
      record.verdict = { pass: true, judged: false, reason: `not judged: the verifier failed (${why})` };
    }
    const { callId, model, verdict } = record;
    return { type: 'verdict', callId, model, verifier: verifier.name, verdict };
  }

  completedCall(callId: string): CallRecord | undefined {
    return this.#calls().find((call) => call.callId === callId && call.status === 'completed');
  }

  /** The latest answer that passed, else the latest answer. */
  bestSoFar(): CallRecord | undefined {
    const completed = this.#calls().filter((call) => call.status === 'completed');
    return completed.findLast((call) => call.verdict?.pass !== false) ?? completed.at(-1);
  }

  result(decision: Decision, record: CallRecord): RouteResult {
    const { message, finishReason } = record;
    this.episode.answerCallId = record.callId;
    return this.#release(decision, { ...record, message: message!, finishReason: finishReason! });
  }

  /** The policy's own answer. */
  ownAnswer(decision: Decision, message: AssistantMessage): RouteResult {
    const model = decision.overhead?.model ?? decision.policy;
    return this.#release(decision, { message, finishReason: 'stop', model });
  }

  #release(
    decision: Decision,
    answer: Pick<RouteResult, 'message' | 'finishReason' | 'model' | 'servedModel' | 'native'>,
  ): RouteResult {
    totalUp(this.episode, this.startedAtMs);
    const { message, finishReason, model, servedModel, native } = answer;
    const { usage, cost } = this.episode;
    return {
      id: this.id,
      message,
      text: textOf(message.content),
      finishReason,
      model,
      servedModel,
      decision,
      usage,
      cost,
      episode: this.episode,
      native,
    };
  }

  noCandidate(explained: string): XrouterError {
    const refusals = this.episode.refusals;
    const lastFailed = this.#calls().findLast((call) => call.status !== 'completed');
    if (lastFailed && this.#pool.length === 1) return this.callError(lastFailed);
    const first = refusals[0]?.code;
    const same =
      (first === 'budget' || first === 'unknown_price') && refusals.every(({ code }) => code === first);
    const code = same ? (first === 'budget' ? 'budget_exceeded' : 'unknown_price') : 'no_candidate';
    const { tightest } = this.allowance;
    const hint =
      code === 'budget_exceeded' && tightest
        ? budgetHint(tightest.kind, tightest.reservedUsd > 0)
        : HINTS[code];
    return new XrouterError(code, `No candidate can answer this request: ${explained}.`, {
      hint,
      cause: lastFailed && this.callError(lastFailed),
    });
  }

  noAnswer(): XrouterError {
    const failed = this.#calls().findLast((call) => call.status !== 'completed');
    return failed
      ? this.callError(failed)
      : new XrouterError('call_limit', `No answer after ${this.#calls().length} calls.`, {
          hint: 'Raise limits.maxCalls.',
        });
  }

  callError(record: CallRecord): XrouterError {
    return (
      this.#errors.get(record.callId) ??
      new XrouterError(record.error?.code ?? 'internal', record.error?.message ?? 'The call failed.')
    );
  }

  /** Any thrown thing as the error of this request; an abort keeps its reason. */
  errorOf(thrown: unknown): XrouterError {
    const consequence = !(thrown instanceof CallError) || thrown.code === 'aborted';
    if (this.signal.aborted && consequence) return toXrouterError(this.signal.reason);
    return toXrouterError(thrown);
  }

  #calls(): CallRecord[] {
    return this.episode.steps.flatMap(({ calls }) => calls);
  }
}

const HINTS = {
  budget_exceeded: 'Raise the budget, lower maxOutputTokens, or add a cheaper candidate to the pool.',
  unknown_price: 'Give the models a price in the configuration, or take the budget away.',
  no_candidate: 'Add a candidate that can do this, or relax what is missing; `xrouter models` lists them.',
};
