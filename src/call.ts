/**
 * Steps 3 and 4 for one call: reserve the worst case, call with retries, settle with what it really cost.
 * Whatever happens, every attempt that may have been billed is in the ledger exactly once, and no
 * reservation is left behind.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Candidate } from './catalog/candidate.ts';
import { costOf } from './catalog/price.ts';
import type { CallRecord } from './episode.ts';
import { CallError, toXrouterError } from './errors.ts';
import type { XrouterError } from './errors.ts';
import type { RouteEvent } from './events.ts';
import type { Reservation, Settlement } from './ledger/ledger.ts';
import type { Usage } from './money.ts';
import { addUsage, sumUsd } from './money.ts';
import type { CallAction } from './policy/policy.ts';
import { AnswerAssembler } from './provider/assemble.ts';
import type { CallFinish, ProviderCall } from './provider/provider.ts';
import { retryDelayMs } from './provider/retry.ts';
import type { Run } from './run.ts';
import { estimateOutputTokens } from './tokens.ts';

/** A reservation outlives its call by this much, so that a slow settlement is not taken for a dead process. */
const SETTLE_GRACE_MS = 60_000;

/**
 * One call of one candidate. `direct`: tokens go to the user as they come, so nothing is retried or taken
 * back after the first. Returns the record, also of a call that failed; throws only when the run is over.
 */
export async function* accountedCall(
  run: Run,
  step: number,
  action: CallAction,
  direct: boolean,
): AsyncGenerator<RouteEvent, CallRecord, undefined> {
  const candidate = run.candidates.find(({ id }) => id === action.model)!;
  const account = new CallAccount(run, candidate);
  const { record } = account;
  let error: XrouterError | undefined;
  try {
    await account.reserve();
    const { callId, model, reservedUsd } = record;
    yield { type: 'call_start', step, callId, model, reservedUsd };
    for (;;) {
      record.attempts++;
      try {
        yield* attempt(run, account, action, direct);
        break;
      } catch (thrown) {
        error = run.errorOf(thrown);
        await account.fail(error);
        const delayMs = run.wasShown(record) ? undefined : retryDelayMs(record.attempts, error, run.parts.retry);
        if (delayMs === undefined) break;
        await sleep(delayMs, undefined, { signal: run.signal });
        error = undefined;
        await account.reserve();
      }
    }
  } catch (thrown) {
    // The reservation was refused, or the wait for a retry was aborted.
    error = run.errorOf(thrown);
  } finally {
    await account.close(error);
    run.addCall(record, error);
  }
  yield { type: 'call_end', step, call: record };
  if (run.signal.aborted) throw run.signal.reason;
  return record;
}

async function* attempt(
  run: Run,
  account: CallAccount,
  action: CallAction,
  direct: boolean,
): AsyncGenerator<RouteEvent, void, undefined> {
  const { record, candidate } = account;
  const { callId, model } = record;
  const provider = await run.parts.providerOf(candidate);
  const answer = account.begin();
  const call: ProviderCall = {
    candidate,
    request: {
      ...run.request,
      messages: action.messages ?? run.request.messages,
      temperature: action.temperature ?? run.request.temperature,
      maxOutputTokens: run.outputLimit(candidate),
    },
    limits: run.limits,
    signal: run.signal,
  };
  let finish: CallFinish | undefined;
  for await (const event of provider.call(call)) {
    if (event.type === 'finish') {
      finish = event;
      continue;
    }
    record.firstTokenMs ??= Date.now() - record.startedAtMs;
    answer.push(event.delta);
    if (direct) {
      run.markShown(callId);
      yield { type: 'delta', callId, model, delta: event.delta };
    }
  }
  if (!finish) {
    const how = { retryable: true, maybeBilled: true };
    throw new CallError('stream_cut', `${model} ended its answer without saying that it was finished.`, how);
  }
  await account.complete(finish);
}

/** The books of one call: at most one reservation is open, and it is always closed. */
class CallAccount {
  readonly record: CallRecord;
  readonly candidate: Candidate;
  readonly #run: Run;
  #reservation: Reservation | undefined;
  #answer: AnswerAssembler | undefined;
  readonly #usd: (number | undefined)[] = [];

  constructor(run: Run, candidate: Candidate) {
    this.#run = run;
    this.candidate = candidate;
    this.record = {
      callId: randomUUID(),
      model: candidate.id,
      provider: candidate.provider,
      status: 'aborted',
      cost: { usd: 0 },
      reservedUsd: run.worstCaseUsd(candidate),
      attempts: 0,
      startedAtMs: Date.now(),
      latencyMs: 0,
    };
  }

  /** @throws XrouterError `budget_exceeded`, `unknown_price` */
  async reserve(): Promise<void> {
    const { id: episodeId, scopes, limits, parts } = this.#run;
    const { callId, model, reservedUsd: amountUsd } = this.record;
    const expiresInMs = limits.totalMs + SETTLE_GRACE_MS;
    this.#reservation = await parts.ledger.reserve({ episodeId, callId, model, amountUsd, scopes, expiresInMs });
  }

  /** A new attempt; returns what collects its answer. */
  begin(): AnswerAssembler {
    this.#answer = new AnswerAssembler();
    return this.#answer;
  }

  async complete(finish: CallFinish): Promise<void> {
    const { record } = this;
    const { message } = this.#answer!.answer();
    const usage = finish.usage ?? this.#estimate();
    Object.assign(record, {
      status: 'completed',
      message,
      finishReason: finish.finishReason,
      servedModel: finish.servedModel,
      responseId: finish.responseId,
      native: finish.native,
    } satisfies Partial<CallRecord>);
    this.#run.parts.breaker.record(record.model, 'ok');
    await this.#settle('completed', usage, finish.usage === undefined, finish.reportedUsd);
  }

  /** The attempt failed. What was billed for it is booked; what never reached the model is given back. */
  async fail(error: XrouterError): Promise<void> {
    const { record } = this;
    record.status = this.#run.signal.aborted ? 'aborted' : 'failed';
    if (error instanceof CallError) {
      this.#run.parts.breaker.record(record.model, error);
      if (error.usage) return this.#settle('failed', error.usage, false);
      // A provider that answers with an error status has not run the model.
      if (!error.maybeBilled || error.status !== undefined) return this.#release();
    }
    if (!this.#answer) return this.#release();
    await this.#settle(record.status, this.#estimate(), true);
  }

  /** Closes what is still open: the consumer left, or the run was aborted. */
  async close(error: XrouterError | undefined): Promise<void> {
    const { record } = this;
    if (this.#reservation) await this.fail(error ?? toXrouterError(this.#run.signal.reason));
    if (error) {
      record.status = this.#run.signal.aborted ? 'aborted' : 'failed';
      const status = error instanceof CallError ? error.status : undefined;
      record.error = { code: error.code, message: error.message, ...(status !== undefined && { status }) };
    }
    record.latencyMs = Date.now() - record.startedAtMs;
  }

  async #settle(
    status: Settlement['status'],
    usage: Usage,
    estimated: boolean,
    reportedUsd?: number,
  ): Promise<void> {
    const { record } = this;
    const { catalog, ledger } = this.#run.parts;
    const served = catalog.servedCandidate(this.candidate, record.servedModel);
    const { usd, provenance } = costOf(served, usage, { at: record.startedAtMs, reportedUsd });
    this.#usd.push(usd);
    const totalUsd = sumUsd(this.#usd);
    record.usage = record.usage ? addUsage(record.usage, usage) : usage;
    record.cost = {
      usd: totalUsd,
      ...(totalUsd !== undefined && { provenance }),
      ...((estimated || record.cost.estimated) && { estimated: true }),
    };
    const { id } = this.#take();
    await ledger.settle(id, { usd, status, usage, provenance, servedModel: record.servedModel, estimated });
  }

  async #release(): Promise<void> {
    if (this.#reservation) await this.#run.parts.ledger.release(this.#take().id);
  }

  #take(): Reservation {
    const reservation = this.#reservation!;
    this.#reservation = undefined;
    return reservation;
  }

  /** Usage of a call that did not report any: the likely input, and what was heard of the answer. */
  #estimate(): Usage {
    const answer = this.#answer?.answer();
    const calls = answer?.message.tool_calls?.map((call) => call.function.name + call.function.arguments) ?? [];
    const heard = [answer?.text, answer?.reasoning, ...calls].join('');
    return { inputTokens: this.#run.input.likelyTokens, outputTokens: estimateOutputTokens(heard) };
  }
}
