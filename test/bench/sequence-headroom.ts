/**
 * How much is left to gain after a verdict, on rows that the training never sees, in the mean over all verdicts
 * that a verifier may give (so without their noise).
 *
 *   node test/bench/sequence-headroom.ts --data DIR [--tables a,b] [--seeds 1,2] [--verifier 0.9] [--rows 300]
 *
 * First, where cost does not matter: success of the first answer, of the answer returned, of the best of the
 * answers that were bought (a perfect verifier would return it), and of the best of all models.
 * Then what each part of the plan would gain if it were set differently: points of reward (success less lambda
 * times relative cost, mean over six lambdas), against the plan as it is, ± standard error over rows. A learned
 * correction of these parts can gain no more than they show.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Forecasts, hashUniform, referenceCost } from '../../src/learn/environment.ts';
import { forecast, replayModels } from '../../src/learn/replay.ts';
import { readTable } from '../../src/learn/table.ts';
import { fitPredictor } from '../../src/learn/train.ts';
import { takeRows, trainSequence } from '../../src/learn/train-sequence.ts';
import { logit, sigmoid } from '../../src/policy/embedded/copula.ts';
import { STOP } from '../../src/policy/embedded/lookahead.ts';
import { PoolPredictor } from '../../src/policy/embedded/pool.ts';
import { Predictor } from '../../src/policy/embedded/predictor.ts';
import {
  SequencePlanner,
  type SequenceStart,
  type SequenceWeights,
} from '../../src/policy/embedded/sequence.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    tables: { type: 'string', default: 'reasoning-gym-hard,zeroeval,bfcl' },
    seeds: { type: 'string', default: '1,2' },
    verifier: { type: 'string', default: '0.9' },
    rows: { type: 'string', default: '300' },
  },
});
if (!values.data) throw new Error('Say where the outcome tables are: --data DIR');
const verifier = Number(values.verifier);
const LAMBDAS = [0.02, 0.05, 0.1, 0.2, 0.46, 1];

interface Change {
  /** Added to the value of stopping, and to the charge of calls after the first, as a share. */
  stop?: number;
  later?: number;
  /** Factors: what a verdict is believed to say, loadings, log odds, charges. */
  trust?: number;
  shared?: number;
  sharpness?: number;
  charge?: number;
}
const CHANGES: Record<string, Change> = {
  'stops sooner': { stop: 0.005 },
  'stops later': { stop: -0.005 },
  'later calls 15 % dearer': { later: 0.15 },
  'later calls 15 % cheaper': { later: -0.15 },
  'verdicts trusted less': { trust: 0.93 },
  'failures hang together less': { shared: 0.8 },
  'failures hang together more': { shared: 1.25 },
  'forecast blunter': { sharpness: 0.85 },
  'forecast sharper': { sharpness: 1.15 },
  'all calls 15 % dearer': { charge: 1.15 },
};

interface Result {
  success: number;
  cost: number;
  first: number;
  bestBought: number;
}

/** One row in the mean over all verdicts. */
function play(
  data: Forecasts,
  row: number,
  planner: SequencePlanner,
  lambda: number,
  change: Change,
): Result {
  const { stop = 0, later = 0, trust = 1, sharpness = 1, charge = 1 } = change;
  const count = data.models.length;
  const of = (from: Float64Array) => from.subarray(row * count, (row + 1) * count);
  const [score, cost] = [of(data.score), of(data.cost)];
  const scale = (charge * lambda) / referenceCost(data, row);
  const start: SequenceStart = {
    models: data.models,
    success: of(data.success).map((p) => sigmoid(sharpness * logit(p))),
    charge: of(data.expectedCost).map((usd) => usd * scale),
    verifierAccuracy: 0.5 + (verifier - 0.5) * trust,
    task: data.task[row]!,
  };
  const out = { success: 0, cost: 0, first: 0, bestBought: 0 };
  const from = (told: readonly { model: number; pass: boolean }[], probability: number) => {
    const sequence = planner.begin(start, 3);
    for (const { model, pass } of told) sequence.observe(model, pass);
    const { set } = sequence.next();
    let action = STOP;
    let most = Number.NEGATIVE_INFINITY;
    set.actions.forEach((j, i) => {
      const moved = j === STOP ? stop : told.length === 0 ? 0 : -later * start.charge[j]!;
      if (set.value[i]! + moved <= most + 1e-9) return;
      most = set.value[i]! + moved;
      action = j;
    });
    if (action === STOP) {
      out.success += probability * score[sequence.answer()]!;
      out.bestBought += probability * Math.max(...told.map(({ model }) => score[model]!));
      return;
    }
    out.cost += probability * cost[action]!;
    if (told.length === 0) out.first = score[action]!;
    const passes = verifier * score[action]! + (1 - verifier) * (1 - score[action]!);
    for (const pass of [true, false]) {
      const share = pass ? passes : 1 - passes;
      if (share > 0) from([...told, { model: action, pass }], probability * share);
    }
  };
  from([], 1);
  return out;
}

function withLoadings(weights: SequenceWeights, factor: number): SequenceWeights {
  const { copula } = weights;
  const scaled = (numbers: readonly number[]) => numbers.map((x) => factor * x);
  return {
    copula: {
      ...copula,
      loadings: Object.fromEntries(Object.entries(copula.loadings).map(([id, own]) => [id, scaled(own)])),
      fallback: scaled(copula.fallback),
      tasks: copula.tasks!.map((group) => ({ ...group, loadings: group.loadings.map((x) => factor * x) })),
    },
  };
}

const mean = (xs: readonly number[]) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
const points = (x: number) => (100 * x).toFixed(2);

for (const name of values.tables.split(',')) {
  const file = readdirSync(values.data).find((entry) => entry.startsWith(name));
  if (!file) throw new Error(`${values.data} has no table ${name}`);
  const table = await readTable(join(values.data, file));
  const free: Result[] = [];
  const anyone: number[] = [];
  const better = new Map<string, number[]>(Object.keys(CHANGES).map((label) => [label, []]));
  for (const seed of values.seeds.split(',').map(Number)) {
    const aside = (id: string) => hashUniform(`study ${seed} ${id}`) < 0.3;
    const train = { ...table, rows: table.rows.filter(({ id }) => !aside(id)) };
    const { weights, heldOut } = fitPredictor([train], { seed });
    const sequence = trainSequence(heldOut, { seed, dapo: false });
    const test = table.rows.filter(({ id }) => aside(id));
    const all = forecast(test, new PoolPredictor(new Predictor(weights), replayModels(table)));
    const data = takeRows(all, [...Array(Math.min(test.length, Number(values.rows))).keys()]);
    const reward = (planner: SequencePlanner, row: number, change: Change) =>
      mean(
        LAMBDAS.map((lambda) => {
          const { success, cost } = play(data, row, planner, lambda, change);
          return success - (lambda * cost) / referenceCost(data, row);
        }),
      );
    const planner = new SequencePlanner(sequence);
    const asItIs = Array.from({ length: data.rows }, (_, row) => reward(planner, row, {}));
    for (const [label, change] of Object.entries(CHANGES)) {
      const changed = change.shared ? new SequencePlanner(withLoadings(sequence, change.shared)) : planner;
      asItIs.forEach((value, row) => {
        better.get(label)!.push(reward(changed, row, change) - value);
      });
    }
    for (let row = 0; row < data.rows; row++) {
      free.push(play(data, row, planner, 0, {}));
      const count = data.models.length;
      anyone.push(Math.max(...data.score.subarray(row * count, (row + 1) * count)));
    }
  }
  const share = (of: keyof Result) => mean(free.map((result) => result[of])).toFixed(3);
  console.log(
    `\n${name}, verifier right ${verifier * 100} % of the time, ${free.length} rows, up to three calls`,
  );
  console.log(
    `  first answer ${share('first')}, returned ${share('success')}, best bought ${share('bestBought')},`,
  );
  console.log(`  best of all models ${mean(anyone).toFixed(3)}`);
  for (const [label, differences] of better) {
    const average = mean(differences);
    const deviation = Math.sqrt(mean(differences.map((x) => (x - average) ** 2)) / differences.length);
    console.log(`  ${label.padEnd(30)} ${points(average).padStart(6)} ± ${points(deviation)}`);
  }
}
