/**
 * What is still to be asked: a line of tasks for each model, and how the models fare. A model that asks for
 * time, or fails as if its service were down, rests; one that goes on failing is set aside for the run.
 */
import type { CollectTask } from './collect.ts';

export interface Job {
  task: CollectTask;
  model: string;
}

/** A model that fails so often in a row is not having bad luck. */
const FAILURES_IN_A_ROW = 5;

/** After the second failure in a row; doubles with each. */
const FIRST_REST_MS = 2_000;

/** Where a provider says "too many requests" and not for how long; doubles with each. */
const FIRST_LIMIT_MS = 1_000;

/** Without one answer in between; limits by the minute pass in this time, limits by the day do not. */
const LONGEST_LIMIT_MS = 5 * 60_000;

interface Line {
  model: string;
  /** The next one stands last. */
  tasks: CollectTask[];
  failuresInARow: number;
  limitsInARow: number;
  limitedSinceMs: number;
  restsUntilMs: number;
  asideBecause?: string;
}

/**
 * After a failure a task from elsewhere: those beside each other are often alike, and a model that refuses some
 * kind of task would be set aside at the same place in every run.
 */
function nextOf({ tasks, failuresInARow }: Line): CollectTask | undefined {
  const share = (failuresInARow * 0.618) % 1;
  return tasks.splice(tasks.length - 1 - Math.floor(share * tasks.length), 1)[0];
}

export class WaitingLines {
  readonly #lines: Map<string, Line>;
  readonly #nowMs: () => number;

  /** @param nowMs a clock that never goes back */
  constructor(
    tasks: readonly CollectTask[],
    models: readonly string[],
    isKnown: (task: CollectTask, model: string) => boolean,
    nowMs = () => performance.now(),
  ) {
    this.#nowMs = nowMs;
    const lineOf = (model: string): Line => ({
      model,
      tasks: tasks.filter((task) => !isKnown(task, model)).toReversed(),
      failuresInARow: 0,
      limitsInARow: 0,
      limitedSinceMs: 0,
      restsUntilMs: 0,
    });
    this.#lines = new Map(models.map((model) => [model, lineOf(model)]));
  }

  /** Tasks of models that are not set aside. */
  get length(): number {
    return this.#open().reduce((sum, { tasks }) => sum + tasks.length, 0);
  }

  get setAside(): { model: string; reason: string }[] {
    return [...this.#lines.values()].flatMap(({ model, asideBecause: reason }) =>
      reason === undefined ? [] : [{ model, reason }],
    );
  }

  /** The next job, of the model that has most before it, so that the table fills row by row. */
  take(): Job | undefined {
    const now = this.#nowMs();
    const awake = this.#open().filter(({ restsUntilMs }) => restsUntilMs <= now);
    const line = awake.reduce<Line | undefined>(
      (longest, line) => (line.tasks.length > (longest?.tasks.length ?? 0) ? line : longest),
      undefined,
    );
    const task = line && nextOf(line);
    return task && { task, model: line.model };
  }

  /** It was not asked after all, and is the first of its line again. */
  giveBack({ task, model }: Job): void {
    this.#line(model).tasks.push(task);
  }

  /** Until a resting model can be asked; `undefined` where none rests that has tasks left. */
  restMs(): number | undefined {
    const resting = this.#open().filter(({ tasks }) => tasks.length > 0);
    if (resting.length === 0) return undefined;
    return Math.max(0, Math.min(...resting.map(({ restsUntilMs }) => restsUntilMs)) - this.#nowMs());
  }

  leaveAside(model: string, reason: string): void {
    this.#line(model).asideBecause ??= reason;
  }

  answered(model: string): void {
    Object.assign(this.#line(model), { failuresInARow: 0, limitsInARow: 0 });
  }

  /** @param passing whether the same call may succeed a little later */
  failed(model: string, reason: string, passing: boolean): void {
    const line = this.#line(model);
    const now = this.#nowMs();
    // Calls that were under way when a service went down fail together: that is one failure.
    if (passing && line.restsUntilMs > now) return;
    const count = ++line.failuresInARow;
    if (count >= FAILURES_IN_A_ROW) this.leaveAside(model, `${count} calls in a row failed: ${reason}`);
    else if (passing && count > 1) line.restsUntilMs = now + FIRST_REST_MS * 2 ** (count - 2);
  }

  /** The provider says "not now": the job waits. @param askedMs for how long, where it says so */
  limited(job: Job, reason: string, askedMs = 0): void {
    const line = this.#line(job.model);
    const now = this.#nowMs();
    this.giveBack(job);
    if (line.limitsInARow === 0) line.limitedSinceMs = now;
    // Others that were under way are told the same.
    const isNew = line.restsUntilMs <= now;
    const ownMs = isNew ? FIRST_LIMIT_MS * 2 ** line.limitsInARow++ : 0;
    const untilMs = Math.max(line.restsUntilMs, now + Math.max(askedMs, ownMs));
    if (untilMs - line.limitedSinceMs > LONGEST_LIMIT_MS)
      this.leaveAside(job.model, `it asks for more time than a run waits: ${reason}`);
    line.restsUntilMs = untilMs;
  }

  #line(model: string): Line {
    return this.#lines.get(model)!;
  }

  #open(): Line[] {
    return [...this.#lines.values()].filter(({ asideBecause }) => asideBecause === undefined);
  }
}
