/** What the policy does for each task of the table, at one lambda for all. */
import { type Operation, operatingPoints, singlesReference } from '../frontier.ts';
import { type Bench, takeOperations, takeOutcomes } from './bench.ts';
import type { EvaluationReport, TaskFigures } from './report.ts';
import { meanAndError, resample } from './resample.ts';

/** A gain inside a task needs as many rows, or its interval says nothing. */
const GAIN_ROWS = 100;
const GAIN_DRAWS = 100;
/** Rows without a task. */
const NO_TASK = '(no task)';

export function rowsByTask(rows: Bench['rows']): Map<string, number[]> {
  const tasks = new Map<string, number[]>();
  rows.forEach(({ task = NO_TASK }, row) => {
    const known = tasks.get(task);
    if (known) known.push(row);
    else tasks.set(task, [row]);
  });
  return new Map([...tasks].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The least cost at which the policy is as accurate as the best single; else where it is most accurate. */
export function workingPoint(
  { outcomes }: Pick<Bench, 'outcomes'>,
  operations: readonly Operation[],
): EvaluationReport['workingPoint'] & { at: number } {
  const ref = singlesReference(outcomes);
  const best = ref.singles[ref.best]!;
  const points = operatingPoints(operations);
  const pick = (better: (a: number, b: number) => boolean, allowed: (at: number) => boolean) =>
    points.reduce((found, _, at) => (allowed(at) && (found < 0 || better(at, found)) ? at : found), -1);
  const cheaper = (a: number, b: number) => points[a]!.cost < points[b]!.cost;
  const matching = pick(cheaper, (at) => points[at]!.accuracy >= best.accuracy - 1e-12);
  const at =
    matching >= 0
      ? matching
      : pick(
          (a, b) => points[a]!.accuracy > points[b]!.accuracy,
          () => true,
        );
  return {
    at,
    lambda: operations[at]!.lambda,
    accuracy: points[at]!.accuracy,
    costShare: points[at]!.cost / best.cost,
    reason:
      matching >= 0
        ? 'the cheapest at which the policy is as accurate as the best single model'
        : 'the most accurate; the policy nowhere reaches the best single model',
  };
}

/**
 * @param operations the policy's, one for each lambda
 * @param expected what it expected of its choices at the working point, a number a row
 */
export function byTask(
  { rows, outcomes }: Bench,
  operations: readonly Operation[],
  working: number,
  expected: Float64Array,
  seed: number,
): TaskFigures[] {
  const { best } = singlesReference(outcomes);
  const count = outcomes.models.length;
  const { cost, score } = operations[working]!;
  return [...rowsByTask(rows)].map(([task, members]): TaskFigures => {
    const mean = (value: (row: number) => number) => meanAndError(members.map(value)).mean;
    const bestCost = mean((row) => outcomes.cost[row * count + best]!);
    const costUsd = mean((row) => cost[row]!);
    const better = meanAndError(
      members.map((row) => 100 * (score[row]! - outcomes.score[row * count + best]!)),
    );
    return {
      task,
      rows: members.length,
      accuracy: mean((row) => score[row]!),
      expected: mean((row) => expected[row]!),
      costUsd,
      ...(bestCost > 0 ? { costShare: costUsd / bestCost } : {}),
      bestAccuracy: mean((row) => outcomes.score[row * count + best]!),
      difference: better.mean,
      ...(better.error === undefined ? {} : { error: better.error }),
      ...gainInside(outcomes, operations, members, seed),
    };
  });
}

function gainInside(
  outcomes: Bench['outcomes'],
  operations: readonly Operation[],
  members: number[],
  seed: number,
): Pick<TaskFigures, 'gain'> {
  if (members.length < GAIN_ROWS) return {};
  const part = takeOutcomes(outcomes, members);
  const mixing = singlesReference(part).mixing;
  // Where one model is both cheapest and best, or the best is free, there is no line to gain over.
  if (mixing.length < 2) return {};
  const own = takeOperations(operations, members);
  const { figures } = resample(part, [{ id: 'policy', name: 'policy', operations: own }], {
    seed,
    draws: GAIN_DRAWS,
  });
  return { gain: figures[0]!.gain };
}
