/** Asking and judging: several calls at once, each outcome in the journal as soon as it is known. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CallError, XrouterError } from '../errors.ts';
import type { AssistantMessage } from '../request.ts';
import type { Answered, CollectOptions, CollectSummary, CollectTask } from './collect.ts';
import type { Journal } from './journal.ts';
import { fingerprintOf, type Known, keep, type Outcome } from './outcome-table.ts';
import type { Score } from './task.ts';
import { type Job, WaitingLines } from './waiting-lines.ts';

/** Shorter ones are over before they are read. */
const SHOWN_REST_MS = 500;

export class Measurement {
  readonly #options: CollectOptions;
  readonly #journal: Journal;
  readonly #known: Known;
  readonly #lines: WaitingLines;
  readonly #total: number;
  readonly #startedAt = performance.now();
  readonly #failures: CollectSummary['failures'] = [];
  readonly #unable = new Map<string, number>();
  readonly #stop = new AbortController();
  #done: number;
  #measured = 0;
  #spentUsd = 0;
  #width: number;
  #active = 0;
  #stopped: Pick<CollectSummary, 'stopped' | 'refusal'> = {};

  /** @param known outcomes of earlier runs; those of this one are added */
  constructor(options: CollectOptions, journal: Journal, known: Known) {
    this.#options = options;
    this.#journal = journal;
    this.#known = known;
    this.#lines = new WaitingLines(
      options.tasks,
      options.models,
      ({ id }, model) => known.get(id)?.[model] !== undefined,
    );
    this.#total = options.tasks.length * options.models.length;
    this.#done = this.#total - this.#lines.length;
    this.#width = options.concurrency ?? 4;
  }

  /** @throws XrouterError where an answer cannot be judged or written down */
  async run(): Promise<void> {
    const { signal } = this.#options;
    const interrupt = () => {
      this.#stopped = { stopped: 'interrupted' };
      this.#stop.abort(signal?.reason);
    };
    if (signal?.aborted) interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    this.#tell();
    const running = new Set<Promise<void>>();
    let fault: unknown;
    try {
      for (;;) {
        const goesOn = !this.#stopped.stopped && !fault;
        const isRoom = goesOn && running.size < this.#width;
        const job = isRoom ? this.#lines.take() : undefined;
        const restMs = isRoom && !job ? this.#lines.restMs() : undefined;
        if (job) {
          this.#active++;
          const one = this.#measure(job)
            .catch((error: unknown) => {
              fault ??= error;
              this.#stop.abort(error);
            })
            .finally(() => {
              this.#active--;
              running.delete(one);
            });
          running.add(one);
        } else if (running.size > 0 || restMs !== undefined) {
          if (running.size === 0 && restMs! >= SHOWN_REST_MS) this.#tell(restMs);
          await this.#next(running, restMs);
        } else {
          break;
        }
      }
    } finally {
      signal?.removeEventListener('abort', interrupt);
    }
    if (fault) throw fault;
  }

  /** Until a call ends or a model has rested. */
  async #next(running: ReadonlySet<Promise<void>>, restMs: number | undefined): Promise<void> {
    if (restMs === undefined) return Promise.race(running);
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#stop.signal]);
    const rested = sleep(restMs, undefined, { signal }).catch(() => undefined);
    await Promise.race([...running, rested]);
    over.abort();
  }

  async #measure(job: Job): Promise<void> {
    const { task, model } = job;
    let answered: Answered | undefined;
    try {
      answered = await this.#options.ask(task.request, model, this.#stop.signal, this.#journal.run);
    } catch (error) {
      this.#failed(job, error);
      return;
    }
    if (!answered) {
      this.#unable.set(model, (this.#unable.get(model) ?? 0) + 1);
      this.#tell();
      return;
    }
    if (answered.usd === undefined) {
      this.#lines.leaveAside(
        model,
        'what a call costs is unknown; give the model a price in the configuration',
      );
      return;
    }
    // Whatever it costs to judge is paid for already, so an interruption waits for it.
    const { score } = await judged(task, answered.message, this.#options.judgingMs);
    const outcome: Outcome = {
      score,
      cost: answered.usd,
      ...(answered.usage && {
        input_tokens: answered.usage.inputTokens,
        output_tokens: answered.usage.outputTokens,
      }),
    };
    this.#journal.append({ id: task.id, fingerprint: fingerprintOf(task), model, outcome });
    (this.#known.get(task.id) ?? keep(this.#known, task.id))[model] = outcome;
    this.#lines.answered(model);
    this.#spentUsd += answered.spentUsd ?? answered.usd;
    this.#done++;
    this.#measured++;
    this.#tell();
  }

  #failed(job: Job, error: unknown): void {
    this.#spentUsd += billedUsd(error);
    if (this.#stop.signal.aborted) return;
    const reason = error instanceof Error ? error.message : String(error);
    const call = error instanceof CallError ? error : undefined;
    if (error instanceof XrouterError && error.code === 'budget_exceeded') {
      this.#noRoom(job, error);
    } else if (call?.code === 'rate_limited' && call.retryable) {
      this.#lines.limited(job, reason, call.retryAfterMs);
    } else {
      this.#failures.push({ id: job.task.id, model: job.model, reason });
      this.#lines.failed(job.model, reason, call?.retryable === true);
      this.#tell();
    }
  }

  /**
   * The cap is checked against worst cases, and calls under way hold theirs. So a refusal first means fewer
   * calls at once; only a call refused while it was alone really does not fit.
   */
  #noRoom(job: Job, { message, hint }: XrouterError): void {
    if (this.#active <= 1) {
      this.#stopped = { stopped: 'spending cap', refusal: hint ? `${message} ${hint}` : message };
      return;
    }
    this.#width = Math.max(1, this.#active - 1);
    this.#lines.giveBack(job);
  }

  #tell(restMs?: number): void {
    const elapsedMs = performance.now() - this.#startedAt;
    // The call this is told after still counts as under way.
    const left = this.#lines.length + Math.max(0, this.#active - 1);
    this.#options.onProgress?.({
      done: this.#done,
      failed: this.#failures.length,
      total: this.#total,
      spentUsd: this.#spentUsd,
      elapsedMs,
      remainingMs: this.#measured === 0 ? undefined : (elapsedMs / this.#measured) * left,
      ...(restMs !== undefined && { restMs }),
    });
  }

  /** What came of it, without what the table and the journal hold. */
  summary(): Omit<CollectSummary, 'rows' | 'unplaced'> {
    return {
      done: this.#done,
      total: this.#total,
      unable: Object.fromEntries(this.#unable),
      spentUsd: this.#spentUsd,
      ...this.#stopped,
      failures: this.#failures,
      setAside: this.#lines.setAside,
    };
  }
}

/** A check that runs the tests of a project takes minutes; one that has not ended then never will. */
const JUDGING_MS = 600_000;

async function judged(task: CollectTask, message: AssistantMessage, mostMs = JUDGING_MS): Promise<Score> {
  const { promise: tooLong, reject } = Promise.withResolvers<never>();
  const what = `its check took longer than ${mostMs / 1_000} s`;
  const timer = setTimeout(() => reject(new Error(what)), mostMs);
  try {
    return await Promise.race([task.verify(message), tooLong]);
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '');
    throw new XrouterError(
      'invalid_request',
      `The answer to task "${task.id}" cannot be judged: ${reason}.`,
      {
        hint: 'Mend its check and run the same command again; what is known has been written.',
        cause,
      },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** What a call that failed cost all the same, where the router said so with its error. */
function billedUsd(error: unknown): number {
  const { episode } = (error ?? {}) as { episode?: { cost?: { usd?: number } } };
  return episode?.cost?.usd ?? 0;
}
