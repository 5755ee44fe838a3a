/** Measuring candidates: every task on every model, once, into an outcome table. */
import { XrouterError } from '../errors.ts';
import type { Usage } from '../money.ts';
import type { AssistantMessage } from '../request.ts';
import { type Journal, openJournal } from './journal.ts';
import { lockTable } from './lock.ts';
import {
  behindLinks,
  type Known,
  keep,
  type Outcome,
  outcomesOf,
  readTable,
  rowsOf,
  writeTable,
} from './outcome-table.ts';
import type { GymTask, Score, TaskRequest } from './task.ts';

/** A task as `collect` needs it; every `GymTask` is one. */
export type CollectTask = Pick<GymTask, 'id' | 'task' | 'request' | 'verify'>;

export interface Answered {
  message: AssistantMessage;
  /** What the call cost; `undefined` where that is unknown. */
  usd: number | undefined;
  usage?: Usage;
}

/**
 * Calls one model; `undefined` where it can never be asked this, for example since it takes no tools. Throws XrouterError `budget_exceeded` where the spending cap leaves no room for it, before
 * anything is spent.
 * @param run names the collection, over all its runs; spending is counted under it
 */
export type AskModel = (
  request: TaskRequest,
  model: string,
  signal: AbortSignal,
  run: string,
) => Promise<Answered | undefined>;

export interface CollectProgress {
  /** Outcomes known, of earlier runs too. */
  done: number;
  failed: number;
  total: number;
  /** Spent by this run on calls that succeeded, in USD. */
  spentUsd: number;
  elapsedMs: number;
  /** Expected time until the end; `undefined` before the first outcome. */
  remainingMs: number | undefined;
}

export interface CollectOptions {
  tasks: readonly CollectTask[];
  models: readonly string[];
  /** The outcome table; with `.gz` at its end compressed. An existing one is added to. */
  out: string;
  ask: AskModel;
  /** Calls under way at once, default 4. */
  concurrency?: number;
  /** Stops cleanly: calls under way are aborted, what is known is written. */
  signal?: AbortSignal;
  onProgress?(progress: CollectProgress): void;
}

export interface CollectSummary {
  /** Rows of the table. */
  rows: number;
  done: number;
  total: number;
  /** Outcomes there cannot be, by model: tasks that it can never be asked. */
  unable: Record<string, number>;
  spentUsd: number;
  /** Why not everything was asked; `undefined` where it was. */
  stopped?: 'spending cap' | 'interrupted';
  /** Calls that failed; they have no outcome, and the same command makes them again. */
  failures: { id: string; model: string; reason: string }[];
  /** Models not asked any further in this run, and why. */
  setAside: { model: string; reason: string }[];
}

async function judged(task: CollectTask, message: AssistantMessage): Promise<Score> {
  try {
    return await task.verify(message);
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
  }
}

/** Outcomes that another run could add. */
export function missing({ done, total, unable }: CollectSummary): number {
  return total - done - Object.values(unable).reduce((sum, count) => sum + count, 0);
}

/** A model that fails so often in a row is not having bad luck. */
const FAILURES_IN_A_ROW = 5;

interface Job {
  task: CollectTask;
  model: string;
}

/**
 * Runs the tasks and writes the table. What is paid for is in `OUT.journal` at once; the table itself is
 * replaced as a whole at the end, also of a run that was stopped. The journal goes when nothing is missing.
 *
 * @throws XrouterError `invalid_file` for a broken table or journal, one of other tasks with the same ids, or one
 * that another collection is writing; `invalid_request` where a task's verifier throws, after what is known has been written
 */
export async function collect(options: CollectOptions): Promise<CollectSummary> {
  // One table under two names is still one, and stays where it is.
  const out = behindLinks(options.out);
  const unlock = lockTable(out);
  try {
    return await collectAlone({ ...options, out });
  } finally {
    unlock();
  }
}

async function collectAlone(options: CollectOptions): Promise<CollectSummary> {
  const { tasks, models, out } = options;
  const table = readTable(out);
  const known = outcomesOf(table, tasks, out);
  const journal = openJournal(`${out}.journal`);
  try {
    for (const { id, model, outcome } of journal.entries)
      (known.get(id) ?? keep(known, id))[model] ??= outcome;
    const jobs = tasks.flatMap((task) =>
      models.filter((model) => !known.get(task.id)?.[model]).map((model) => ({ task, model })),
    );
    const work = new Work(options, journal, known, jobs);
    try {
      await work.run();
    } finally {
      const rows = rowsOf(table, tasks, known);
      if (rows.length > 0) await writeTable(out, rows);
    }
    const summary = work.summary(rowsOf(table, tasks, known).length);
    if (missing(summary) === 0) journal.remove();
    else journal.close();
    return summary;
  } catch (error) {
    journal.close();
    throw error;
  }
}

class Work {
  readonly #options: CollectOptions;
  readonly #journal: Journal;
  readonly #known: Known;
  readonly #jobs: Job[];
  readonly #total: number;
  readonly #startedAt = performance.now();
  readonly #failures: CollectSummary['failures'] = [];
  readonly #setAside = new Map<string, string>();
  readonly #unable = new Map<string, number>();
  readonly #inARow = new Map<string, number>();
  readonly #stop = new AbortController();
  #done: number;
  #measured = 0;
  #spentUsd = 0;
  #width: number;
  #active = 0;
  #stopped: CollectSummary['stopped'];

  constructor(options: CollectOptions, journal: Journal, known: Known, jobs: Job[]) {
    this.#options = options;
    this.#journal = journal;
    this.#known = known;
    this.#jobs = jobs;
    this.#total = options.tasks.length * options.models.length;
    this.#done = this.#total - jobs.length;
    this.#width = options.concurrency ?? 4;
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    const interrupt = () => {
      this.#stopped = 'interrupted';
      this.#stop.abort(signal?.reason);
    };
    if (signal?.aborted) interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    this.#tell();
    const running = new Set<Promise<void>>();
    let fault: unknown;
    try {
      for (;;) {
        const job = this.#stopped || fault ? undefined : this.#next(running.size);
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
        } else if (running.size > 0) {
          await Promise.race(running);
        } else if (this.#stopped || fault || this.#jobs.length === 0) {
          break;
        }
      }
    } finally {
      signal?.removeEventListener('abort', interrupt);
    }
    if (fault) throw fault;
  }

  /** The next job there is room for; those of models set aside are dropped. */
  #next(running: number): Job | undefined {
    if (running >= this.#width) return undefined;
    for (;;) {
      const job = this.#jobs.shift();
      if (!job || !this.#setAside.has(job.model)) return job;
    }
  }

  async #measure(job: Job): Promise<void> {
    const { task, model } = job;
    let answered: Answered | undefined;
    try {
      answered = await this.#options.ask(task.request, model, this.#stop.signal, this.#journal.run);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      if (error instanceof XrouterError && error.code === 'budget_exceeded') this.#noRoom(job);
      else this.#failed(job, error instanceof Error ? error.message : String(error));
      return;
    }
    if (!answered) {
      this.#unable.set(model, (this.#unable.get(model) ?? 0) + 1);
      this.#tell();
      return;
    }
    if (answered.usd === undefined) {
      this.#setAside.set(model, 'what a call costs is unknown; give the model a price in the configuration');
      return;
    }
    // Whatever it costs to judge is paid for already, so an interruption waits for it.
    const { score } = await judged(task, answered.message);
    const outcome: Outcome = {
      score,
      cost: answered.usd,
      ...(answered.usage && {
        input_tokens: answered.usage.inputTokens,
        output_tokens: answered.usage.outputTokens,
      }),
    };
    this.#journal.append({ id: task.id, model, outcome });
    (this.#known.get(task.id) ?? keep(this.#known, task.id))[model] = outcome;
    this.#inARow.set(model, 0);
    this.#spentUsd += answered.usd;
    this.#done++;
    this.#measured++;
    this.#tell();
  }

  /**
   * The cap is checked against worst cases, and calls under way hold theirs. So a refusal first means fewer
   * calls at once; only a call refused while it was alone really does not fit.
   */
  #noRoom(job: Job): void {
    if (this.#active <= 1) {
      this.#stopped = 'spending cap';
      return;
    }
    this.#width = Math.max(1, this.#active - 1);
    this.#jobs.unshift(job);
  }

  #failed({ task, model }: Job, reason: string): void {
    this.#failures.push({ id: task.id, model, reason });
    const inARow = (this.#inARow.get(model) ?? 0) + 1;
    this.#inARow.set(model, inARow);
    if (inARow >= FAILURES_IN_A_ROW) this.#setAside.set(model, `${inARow} calls in a row failed: ${reason}`);
    this.#tell();
  }

  #tell(): void {
    const elapsedMs = performance.now() - this.#startedAt;
    const waiting =
      this.#setAside.size === 0 ? this.#jobs : this.#jobs.filter(({ model }) => !this.#setAside.has(model));
    // The call this is told after still counts as under way.
    const left = waiting.length + Math.max(0, this.#active - 1);
    this.#options.onProgress?.({
      done: this.#done,
      failed: this.#failures.length,
      total: this.#total,
      spentUsd: this.#spentUsd,
      elapsedMs,
      remainingMs: this.#measured === 0 ? undefined : (elapsedMs / this.#measured) * left,
    });
  }

  summary(rows: number): CollectSummary {
    return {
      rows,
      done: this.#done,
      total: this.#total,
      unable: Object.fromEntries(this.#unable),
      spentUsd: this.#spentUsd,
      ...(this.#stopped && { stopped: this.#stopped }),
      failures: this.#failures,
      setAside: [...this.#setAside].map(([model, reason]) => ({ model, reason })),
    };
  }
}
