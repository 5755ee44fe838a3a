/**
 * Routing quality on rows the policy was not trained on: each table in five parts, each part decided by a policy that was
 * trained on the other four, by the metric of src/learn/frontier.ts, in points.
 *
 *   node test/bench/routing-quality.ts [--data ../shared/data] [--seed 1] [TABLE ...]
 *
 * `cost rise` is the most that the real cost rises from one lambda to the next, a tenth of a decade larger. Beside it
 * nearest neighbours, and a router that is told each row's true task: what recognising the task alone can
 * give. Takes about three minutes for all five tables.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { operationOf, outcomeMatrix } from '../../src/learn/evaluation/bench.ts';
import { reliability } from '../../src/learn/evaluation/reliability.ts';
import { resample } from '../../src/learn/evaluation/resample.ts';
import { type Fold, rowFolds, simpleRouters } from '../../src/learn/evaluation/simple-routers.ts';
import { frontierScore, type Operation } from '../../src/learn/frontier.ts';
import { forecast, replayModels } from '../../src/learn/replay.ts';
import { type OutcomeTable, readTable, type TableRow } from '../../src/learn/table.ts';
import { fitPredictor } from '../../src/learn/train.ts';
import { chooseByLambda } from '../../src/policy/embedded/choose.ts';
import { PoolPredictor } from '../../src/policy/embedded/pool.ts';
import { Predictor } from '../../src/policy/embedded/predictor.ts';
import { toldTask } from './told-task.ts';

/** Goal of each table, in points; it was set on other rows of the table. */
const GOALS: Record<string, number> = {
  'reasoning-gym-hard': 6.0,
  'reasoning-gym-easy': 5.7,
  zeroeval: 2.9,
  bfcl: 2.7,
  'mmlu-pro': 1.7,
};
const PARTS = 5;
const LAMBDAS = [0, ...Array.from({ length: 51 }, (_, i) => 10 ** (-3 + i / 10))];
const COARSE = new Set([0, 0.01, 0.1, 1, 10, 100]);
/** Rows by which a task's mean is pulled to the candidate's, for the router that is told the task. */
const TOLD_PULL = 3;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: '../shared/data' },
    seed: { type: 'string', default: '1' },
  },
});
print([
  'table',
  'goal',
  'k-NN',
  'told task',
  'xrouter',
  '95 %',
  'coarse',
  'worst tenth',
  'tasks in 2 se',
  'cost rise',
]);
for (const name of positionals.length > 0 ? positionals : Object.keys(GOALS)) {
  const path = join(values.data, `${name}.train.jsonl.gz`);
  if (!existsSync(path)) {
    process.stderr.write(`${path} is not there; nothing to measure\n`);
    continue;
  }
  const run = measure(await readTable(path), Number(values.seed));
  print([
    name,
    `+${(GOALS[name] ?? 0).toFixed(1)}`,
    run.neighbours.toFixed(2),
    run.told.toFixed(2),
    run.gain.toFixed(2),
    `${run.low.toFixed(1)} to ${run.high.toFixed(1)}`,
    run.coarse.toFixed(2),
    `${run.worstTenth.toFixed(1)} (se ${run.worstError.toFixed(1)})`,
    `${(100 * run.tasksWithin).toFixed(0)} %`,
    `${(100 * run.rise).toFixed(2)} %`,
  ]);
}

function print(cells: readonly string[]): void {
  process.stdout.write(
    `${cells.map((cell, i) => (i === 0 ? cell.padEnd(20) : cell.padStart(15))).join('')}\n`,
  );
}

function measure(table: OutcomeTable, seed: number) {
  const models = replayModels(table);
  const { rows } = table;
  const folds = rowFolds(rows.length, PARTS, seed);
  const outcomes = outcomeMatrix(rows, models);
  const { success, costUsd, reference } = expectations(table, models, folds, seed);
  const { knn } = simpleRouters(rows, outcomes, folds, seed, { lambdas: LAMBDAS });
  const told = toldByFolds(rows, models, folds);
  const choices = (
    from: { success: Float64Array; costUsd: Float64Array },
    lambdas: readonly number[],
  ): Operation[] =>
    lambdas.map((lambda) =>
      operationOf(outcomes, lambda, (row) => {
        const own = (values: Float64Array) => values.subarray(row * models.length, (row + 1) * models.length);
        return chooseByLambda(
          models.map((_, j) => j),
          { success: own(from.success), costUsd: own(from.costUsd) },
          lambda,
          reference[row]!,
        );
      }),
    );
  const operations = choices({ success, costUsd }, LAMBDAS);
  const resampled = resample(outcomes, [{ id: 'policy', name: 'policy', operations }], { seed, draws: 100 });
  const { low, high } = resampled.figures[0]!.gain;
  const calibration = reliability({
    rows: rows.length,
    models,
    success,
    score: outcomes.score,
    expectedCost: costUsd,
  });
  const worst = calibration.tenths
    .filter(({ pairs }) => pairs >= 200)
    .reduce((most, tenth) => (gap(tenth) > gap(most) ? tenth : most));
  return {
    gain: frontierScore(outcomes, operations).gain,
    low,
    high,
    coarse: frontierScore(
      outcomes,
      operations.filter(({ lambda }) => COARSE.has(Number(lambda.toPrecision(6)))),
    ).gain,
    told: frontierScore(outcomes, choices(told, LAMBDAS)).gain,
    neighbours: frontierScore(outcomes, knn).gain,
    worstTenth: 100 * gap(worst),
    worstError: 100 * worst.error!,
    rise: costRise(operations),
    tasksWithin: tasksWithin(rows, models.length, success, outcomes.score),
  };
}

/** The most that the real cost of all rows rises, as a share, from one lambda to the next larger one. */
function costRise(operations: readonly Operation[]): number {
  const costs = operations.map(({ cost }) => cost.reduce((sum, usd) => sum + usd, 0));
  return Math.max(0, ...costs.slice(1).map((cost, i) => cost / costs[i]! - 1));
}

function gap({ expected, reached }: { expected: number; reached: number }): number {
  return Math.abs(expected - reached);
}

/** What policies that never saw a row expect of it, rows × models. */
function expectations(table: OutcomeTable, models: readonly string[], folds: readonly Fold[], seed: number) {
  const count = table.rows.length * models.length;
  const success = new Float64Array(count);
  const costUsd = new Float64Array(count);
  const reference = new Float64Array(table.rows.length);
  for (const { train, test } of folds) {
    const { weights } = fitPredictor([{ ...table, rows: Array.from(train, (row) => table.rows[row]!) }], {
      seed,
    });
    const pool = new PoolPredictor(new Predictor(weights), models);
    const part = forecast(
      Array.from(test, (row) => table.rows[row]!),
      pool,
    );
    test.forEach((row, i) => {
      const own = (values: Float64Array) => values.subarray(i * models.length, (i + 1) * models.length);
      success.set(own(part.success), row * models.length);
      costUsd.set(own(part.expectedCost), row * models.length);
      reference[row] = pool.referenceUsd;
    });
  }
  return { success, costUsd, reference };
}

/** What a router expects that is told each row's task, from the other folds. */
function toldByFolds(rows: readonly TableRow[], models: readonly string[], folds: readonly Fold[]) {
  const count = rows.length * models.length;
  const expected = { success: new Float64Array(count), costUsd: new Float64Array(count) };
  for (const { train, test } of folds) {
    const told = toldTask(
      Array.from(train, (row) => rows[row]!),
      models,
      TOLD_PULL,
    );
    for (const row of test) {
      const { success, costUsd } = told(rows[row]!);
      expected.success.set(success, row * models.length);
      expected.costUsd.set(costUsd, row * models.length);
    }
  }
  return expected;
}

/** Share of tasks whose mean success over all models is within two standard errors of what was expected. */
function tasksWithin(
  rows: readonly TableRow[],
  count: number,
  success: Float64Array,
  score: Float64Array,
): number {
  const misses = new Map<string, number[]>();
  rows.forEach(({ task = '' }, row) => {
    let missed = 0;
    for (let at = row * count; at < (row + 1) * count; at++) missed += (score[at]! - success[at]!) / count;
    misses.set(task, [...(misses.get(task) ?? []), missed]);
  });
  const large = [...misses.values()].filter((values) => values.length >= 10);
  const within = large.filter((values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
    return Math.abs(mean) <= 2 * Math.sqrt(variance / values.length);
  });
  return within.length / large.length;
}
