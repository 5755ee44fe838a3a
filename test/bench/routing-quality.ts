/**
 * Routing quality on rows the policy was not trained on, by the metric of src/learn/frontier.ts: for each table, the mean gain
 * over the mixing line with its standard error over splits, beside k-nearest-neighbour, in points.
 *
 *   node test/bench/routing-quality.ts [--splits 3] [--data ../shared/data] [TABLE ...]
 *
 * Splits are by a hash of the id, 70 % to train. Takes about a minute a split for all five tables.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type OutcomeTable, readTable, type TableRow } from '../../src/learn/table.ts';
import { fitPredictor } from '../../src/learn/train.ts';
import { chooseByLambda } from '../../src/policy/embedded/choose.ts';
import { Predictor } from '../../src/policy/embedded/predictor.ts';

/** The predictor alone: reinforcement of sequences has tests of its own. */
const predictorOf = (...of: Parameters<typeof fitPredictor>) => fitPredictor(...of).weights;

/** Goal of each table, and the simple routers' figures it was set by, in points. */
const GOALS: Record<string, number> = {
  'reasoning-gym-hard': 6.0,
  'reasoning-gym-easy': 5.7,
  zeroeval: 2.9,
  bfcl: 2.7,
  'mmlu-pro': 1.7,
};
const LAMBDAS = [0, ...Array.from({ length: 51 }, (_, i) => 10 ** (-3 + i / 10))];
const COARSE = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
const NEIGHBOURS = 40;
const TRAIN_SHARE = 0.7;

type Point = [costUsd: number, success: number];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { splits: { type: 'string', default: '3' }, data: { type: 'string', default: '../shared/data' } },
});
print(['table', 'goal', 'k-NN', 'xrouter', '+-', 'coarse lambdas', 'calibration error', 'training s']);
for (const name of positionals.length > 0 ? positionals : Object.keys(GOALS)) {
  const path = join(values.data, `${name}.train.jsonl.gz`);
  if (!existsSync(path)) {
    process.stderr.write(`${path} is not there; nothing to measure\n`);
    continue;
  }
  const table = await readTable(path);
  const runs = Array.from({ length: Math.min(20, Number(values.splits)) }, (_, split) =>
    measure(table, split),
  );
  const mean = (of: keyof Run): number => runs.reduce((sum, run) => sum + run[of], 0) / runs.length;
  const spread = Math.sqrt(runs.reduce((sum, run) => sum + (run.gain - mean('gain')) ** 2, 0)) / runs.length;
  print([
    name,
    `+${(GOALS[name] ?? 0).toFixed(1)}`,
    mean('neighbours').toFixed(2),
    mean('gain').toFixed(2),
    spread.toFixed(2),
    mean('coarse').toFixed(2),
    mean('calibration').toFixed(1),
    mean('seconds').toFixed(1),
  ]);
}

function print(cells: readonly string[]): void {
  process.stdout.write(
    `${cells.map((cell, i) => (i === 0 ? cell.padEnd(20) : cell.padStart(18))).join('')}\n`,
  );
}

interface Run {
  gain: number;
  coarse: number;
  neighbours: number;
  /** Largest error of a tenth of the range that holds at least 200 expectations, in points. */
  calibration: number;
  seconds: number;
}

function measure(table: OutcomeTable, split: number): Run {
  const train = table.rows.filter((row) => shareOf(`${split}:${row.id}`) < TRAIN_SHARE);
  const test = table.rows.filter((row) => shareOf(`${split}:${row.id}`) >= TRAIN_SHARE);
  const began = performance.now();
  const weights = predictorOf([{ ...table, rows: train }], { seed: split });
  const seconds = (performance.now() - began) / 1000;
  const predictor = new Predictor(weights);
  const ids = weights.candidates.map(({ id }) => id);
  const means = weights.candidates.map(({ meanCostUsd }) => meanCostUsd);
  const vectorOf = (row: TableRow): Float64Array => {
    predictor.embed(row.view);
    return Float64Array.from(predictor.vector.subarray(0, weights.embedding.dimensions));
  };
  const memory = train.map((row) => ({ row, vector: vectorOf(row) }));
  const expected = test.map((row) => {
    const { success, costUsd } = predictor.predict(row.view);
    return { success: Float64Array.from(success), costUsd: Float64Array.from(costUsd) };
  });
  const remembered = test.map((row) => {
    const own = vectorOf(row);
    const near = memory
      .map(({ row: other, vector }) => ({
        other,
        cosine: vector.reduce((sum, value, d) => sum + value * own[d]!, 0),
      }))
      .sort((a, b) => b.cosine - a.cosine)
      .slice(0, NEIGHBOURS);
    const success = ids.map(
      (id) => near.reduce((sum, { other }) => sum + (other.outcomes.get(id)?.score ?? 0), 0) / near.length,
    );
    return { success, costUsd: means };
  });
  const reference = Math.max(...means);
  const pool = ids.map((_, i) => i);
  const gainOf = (options: typeof expected | typeof remembered, lambdas: readonly number[]): number =>
    gain(
      test,
      ids,
      lambdas.map((lambda) => options.map((option) => ids[chooseByLambda(pool, option, lambda, reference)]!)),
    );
  return {
    gain: gainOf(expected, LAMBDAS),
    coarse: gainOf(expected, COARSE),
    neighbours: gainOf(remembered, LAMBDAS),
    calibration: calibrationError(
      test,
      ids,
      expected.map(({ success }) => success),
    ),
    seconds,
  };
}

function shareOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** Mean over budgets of 10 % .. 100 % of the best single model's cost of hull of choices minus hull of singles. */
function gain(test: readonly TableRow[], ids: readonly string[], choices: readonly string[][]): number {
  const pointOf = (model: (i: number) => string): Point => {
    let cost = 0;
    let score = 0;
    test.forEach((row, i) => {
      const outcome = row.outcomes.get(model(i))!;
      cost += outcome.costUsd / test.length;
      score += outcome.score / test.length;
    });
    return [cost, score];
  };
  const singles = ids.map((id) => pointOf(() => id));
  const best = singles.reduce((a, b) => (b[1] > a[1] ? b : a));
  const mixing = hull(singles);
  const router = hull(choices.map((chosen) => pointOf((i) => chosen[i]!)));
  const gains: number[] = [];
  for (let tenth = 1; tenth <= 10; tenth++) {
    const mixed = at(mixing, (best[0] * tenth) / 10);
    if (mixed !== undefined) gains.push((at(router, (best[0] * tenth) / 10) ?? 0) - mixed);
  }
  return (100 * gains.reduce((sum, value) => sum + value, 0)) / gains.length;
}

function hull(points: readonly Point[]): Point[] {
  const out: Point[] = [];
  let top = Number.NEGATIVE_INFINITY;
  for (const point of [...points].sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
    if (point[1] <= top) continue;
    top = point[1];
    for (let [a, b] = [out.at(-2), out.at(-1)]; a && b; [a, b] = [out.at(-2), out.at(-1)]) {
      if ((b[1] - a[1]) * (point[0] - a[0]) > (point[1] - a[1]) * (b[0] - a[0])) break;
      out.pop();
    }
    out.push(point);
  }
  return out;
}

function at(points: readonly Point[], budget: number): number | undefined {
  if (budget < points[0]![0] - 1e-15) return undefined;
  for (let i = 0; i + 1 < points.length; i++) {
    const [c0, a0] = points[i]!;
    const [c1, a1] = points[i + 1]!;
    if (budget <= c1) return a0 + ((a1 - a0) * (budget - c0)) / (c1 - c0);
  }
  return points.at(-1)![1];
}

function calibrationError(
  test: readonly TableRow[],
  ids: readonly string[],
  success: readonly Float64Array[],
): number {
  const bins = Array.from({ length: 10 }, () => ({ count: 0, expected: 0, seen: 0 }));
  test.forEach((row, i) => {
    ids.forEach((id, j) => {
      const own = success[i]![j]!;
      const bin = bins[Math.min(9, Math.floor(own * 10))]!;
      bin.count++;
      bin.expected += own;
      bin.seen += row.outcomes.get(id)!.score;
    });
  });
  const filled = bins.filter(({ count }) => count >= 200);
  return Math.max(...filled.map(({ count, expected, seen }) => (100 * Math.abs(expected - seen)) / count));
}
