/** Measuring candidates: every task on every model, once, into an outcome table. */
import type { Usage } from '../money.ts';
import type { AssistantMessage } from '../request.ts';
import { openJournal } from './journal.ts';
import { lockTable } from './lock.ts';
import { Measurement } from './measure.ts';
import { addEntries, behindLinks, outcomesOf, readTable, rowsOf, writeTable } from './outcome-table.ts';
import type { GymTask, TaskRequest } from './task.ts';

/** A task as `collect` needs it; every `GymTask` is one. */
export type CollectTask = Pick<GymTask, 'id' | 'task' | 'request' | 'verify'>;

export interface Answered {
  message: AssistantMessage;
  /** What the call cost; `undefined` where that is unknown. */
  usd: number | undefined;
  /** With the attempts before it that failed and were billed; default `usd`. */
  spentUsd?: number;
  usage?: Usage;
}

/**
 * Calls one model. An error like the router's, with its `episode`, also tells what a call that failed cost.
 *
 * @returns `undefined` where it can never be asked this, for example since it takes no tools
 * @throws XrouterError `budget_exceeded` where a budget leaves no room for it, before anything is spent;
 * CallError where the provider failed: with `rate_limited` it is asked again later
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
  /** Spent by this run, on calls that failed too where that is known, in USD. */
  spentUsd: number;
  elapsedMs: number;
  /** Expected time until the end; `undefined` before the first outcome. */
  remainingMs: number | undefined;
  /** Until the next call, where every model with tasks left rests, for example since its provider limits its rate. */
  restMs?: number;
}

export interface CollectOptions {
  tasks: readonly CollectTask[];
  models: readonly string[];
  /** The outcome table; with `.gz` at its end compressed. An existing one is added to. */
  out: string;
  ask: AskModel;
  /** Calls under way at once, default 4. */
  concurrency?: number;
  /** Most that judging one answer may take; default ten minutes. */
  judgingMs?: number;
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
  /** With `spending cap`: what the budget that left no room said, and what to do. */
  refusal?: string;
  /** Calls that failed; they have no outcome, and the same command makes them again. */
  failures: { id: string; model: string; reason: string }[];
  /** Models not asked any further in this run, and why. */
  setAside: { model: string; reason: string }[];
  /** Outcomes of a killed run that wait in the journal, since their tasks are not among these. */
  unplaced?: number;
}

/** Outcomes that another run could add. */
export function missing({ done, total, unable }: CollectSummary): number {
  return total - done - Object.values(unable).reduce((sum, count) => sum + count, 0);
}

/**
 * Runs the tasks and writes the table. What is paid for is in `OUT.journal` at once; the table itself is
 * replaced as a whole at the end, also of a run that was stopped. The journal goes when nothing is missing
 * and nothing waits in it.
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
  const { tasks, out } = options;
  const table = readTable(out);
  const known = outcomesOf(table, tasks, out);
  const journal = openJournal(`${out}.journal`);
  try {
    addEntries(known, journal.entries, tasks, `${out}.journal`);
    const placed = new Set([...table, ...tasks].map(({ id }) => id));
    const unplaced = journal.entries.filter(({ id }) => !placed.has(id)).length;
    const measurement = new Measurement(options, journal, known);
    let rows = 0;
    try {
      await measurement.run();
    } finally {
      const whole = rowsOf(table, tasks, known);
      rows = whole.length;
      if (rows > 0) await writeTable(out, whole);
    }
    const summary = { rows, ...measurement.summary(), ...(unplaced > 0 && { unplaced }) };
    // Of tasks that are not among these only the outcomes are known; they wait for a run with their prompts.
    if (missing(summary) === 0 && unplaced === 0) journal.remove();
    else journal.close();
    return summary;
  } catch (error) {
    journal.close();
    throw error;
  }
}
