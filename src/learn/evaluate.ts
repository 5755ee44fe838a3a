/** A policy against the routers it has to beat, on one table: the numbers behind `xrouter eval` and its report. */
import { PoolPredictor } from '../policy/embedded/pool.ts';
import { Predictor } from '../policy/embedded/predictor.ts';
import { SequencePlanner, sequencePlanner } from '../policy/embedded/sequence.ts';
import type { PolicyWeights } from '../policy/embedded/weights.ts';
import { clusterSuccess, embedPrompts, knnSuccess } from './baselines.ts';
import type { Forecasts } from './environment.ts';
import {
  bootstrap,
  type FrontierPoint,
  type FrontierScore,
  frontierScore,
  type Interval,
  type Operation,
  type OutcomeMatrix,
  reference,
} from './frontier.ts';
import { disturb } from './prompt-noise.ts';
import { Random } from './random.ts';
import { forecast, operations, outcomesOf, replayModels } from './replay.ts';
import { FRONTIER_LAMBDAS, logged, type StudyLine, type StudyOptions, study } from './study.ts';
import type { OutcomeTable, TableRow } from './table.ts';
import { type Transfer, transfer } from './transfer.ts';

export interface RouterReport extends Pick<FrontierScore, 'gain' | 'ofOracle' | 'costMatch' | 'maxAccuracy'> {
  router: string;
  /** Accuracy of the verifier; left out: none, one call. */
  verifier?: number;
  /** 95 % bootstrap interval of the gain over rows. */
  interval: Interval;
  /** Cost as a share of the best single's. */
  points: FrontierPoint[];
}

export interface TaskReport {
  task: string;
  rows: number;
  /** Accuracy and cost, as a share of the best single's on all rows, at the lambda that costs about half of it. */
  policy: FrontierPoint;
  best: FrontierPoint;
}

export interface Evaluation {
  table: string;
  rows: number;
  policy: string;
  best: { model: string; accuracy: number; costUsd: number };
  cheapest: { model: string; accuracy: number; costShare: number };
  oracleAccuracy: number;
  singles: (FrontierPoint & { model: string })[];
  mixing: FrontierPoint[];
  oracle: FrontierPoint[];
  routers: RouterReport[];
  /** Share of decisions that change with harmless changes of the prompt, by kind of change. */
  flips: Record<string, number>;
  tasks: TaskReport[];
  transfer?: Transfer;
  study?: { rows: number; lines: StudyLine[] };
}

export interface EvaluateOptions {
  seed?: number;
  verifiers?: readonly number[];
  /** Train again without some rows and tasks; takes most of the time. Default true. */
  transfer?: boolean;
  /** Also train with and without reinforcement, on a split of the table. */
  study?: StudyOptions;
  draws?: number;
  progress?: (line: string) => void;
}

const FOLDS = 5;

export function evaluate(
  weights: PolicyWeights,
  table: OutcomeTable,
  options: EvaluateOptions = {},
): Evaluation {
  const { seed = 1, verifiers = [0.7, 0.8, 0.9, 1], draws = 200, progress = () => {} } = options;
  const models = replayModels(table);
  const pool = new PoolPredictor(new Predictor(weights), models);
  const data = forecast(table.rows, pool);
  const outcomes = outcomesOf(data);
  const ref = reference(outcomes);
  const best = ref.singles[ref.best]!;
  const settings = (verifier: number | undefined) => ({
    lambdas: FRONTIER_LAMBDAS,
    verifier,
    maxCalls: 3,
    seed,
  });
  const lookahead = new SequencePlanner({ copula: sequencePlanner(weights).weights.copula });
  const played: { router: string; verifier?: number; operations: Operation[] }[] = [];

  progress(`playing ${table.rows.length} rows at ${FRONTIER_LAMBDAS.length} lambdas`);
  const oneShot = operations(data, lookahead, settings(undefined));
  played.push({ router: 'predictor without RL', operations: oneShot });
  for (const verifier of verifiers) {
    const label = weights.sequence?.correction ? 'policy' : 'policy (lookahead, no RL correction kept)';
    const sequence = operations(data, sequencePlanner(weights), settings(verifier));
    played.push({ router: label, verifier, operations: sequence });
    if (weights.sequence?.correction) {
      const plain = operations(data, lookahead, settings(verifier));
      played.push({ router: 'lookahead without RL', verifier, operations: plain });
    }
  }
  progress('simple routers, each row by the other rows of the table');
  for (const [router, success] of simpleRouters(weights, table, models, seed)) {
    const meanCost = meanCosts(outcomes);
    const expectedCost = data.expectedCost.map((_, at) => meanCost[at % models.length]!);
    const on: Forecasts = { ...data, success, expectedCost, meanCost };
    played.push({ router, operations: operations(on, lookahead, settings(undefined)) });
  }
  progress(`bootstrap, ${draws} draws`);
  const intervals = bootstrap(
    outcomes,
    played.map((router) => router.operations),
    { seed, draws },
  );
  const routers = played.map(({ router, verifier, operations: operation }, at): RouterReport => {
    const { gain, ofOracle, costMatch, maxAccuracy, points } = frontierScore(outcomes, operation);
    const interval = intervals[at]!;
    return {
      router,
      ...(verifier === undefined ? {} : { verifier }),
      gain,
      ofOracle,
      costMatch,
      maxAccuracy,
      interval,
      points,
    };
  });
  const share = ({ cost, accuracy }: FrontierPoint) => ({ cost: cost / best.cost, accuracy });
  const cheapest = ref.singles.reduce(
    (low, single, j) => (single.cost < ref.singles[low]!.cost ? j : low),
    0,
  );
  return {
    table: table.path,
    rows: table.rows.length,
    policy: weights.name,
    best: { model: models[ref.best]!, accuracy: best.accuracy, costUsd: best.cost },
    cheapest: {
      model: models[cheapest]!,
      accuracy: ref.singles[cheapest]!.accuracy,
      costShare: ref.singles[cheapest]!.cost / best.cost,
    },
    oracleAccuracy: Math.max(...ref.oracle.map(({ accuracy }) => accuracy)),
    singles: ref.singles.map((single, j) => ({ model: models[j]!, ...share(single) })),
    mixing: ref.mixing.map(share),
    oracle: ref.oracle.map(share),
    routers,
    flips: flipRates(table.rows, pool, seed),
    tasks: byTask(table.rows, outcomes, oneShot, ref.best, best.cost),
    ...(options.transfer === false ? {} : { transfer: transfer(table, seed, progress) }),
    ...(options.study ? { study: study(table, { ...options.study, seed, progress }) } : {}),
  };
}

function meanCosts({ rows, models, cost }: OutcomeMatrix): Float64Array {
  const out = new Float64Array(models.length);
  for (let at = 0; at < cost.length; at++) out[at % models.length]! += cost[at]! / rows;
  return out;
}

/** k-NN and clusters, each row judged by the folds it is not in. */
function simpleRouters(weights: PolicyWeights, table: OutcomeTable, models: string[], seed: number) {
  const random = new Random(seed);
  const vectors = embedPrompts(weights.embedding, table.rows);
  const order = random.order(table.rows.length);
  const size = table.rows.length * models.length;
  const knn = new Float64Array(size);
  const clusters = new Float64Array(size);
  for (let fold = 0; fold < FOLDS; fold++) {
    const inside = Array.from(order).filter((_, at) => at % FOLDS !== fold);
    const outside = Array.from(order).filter((_, at) => at % FOLDS === fold);
    const at = (rows: number[]) => rows.map((row) => table.rows[row]!);
    const known = logged(
      at(inside),
      models,
      inside.map((row) => vectors[row]!),
    );
    const prompts = outside.map((row) => vectors[row]!);
    const answers: [Float64Array, Float64Array][] = [
      [knn, knnSuccess(known, prompts)],
      [clusters, clusterSuccess(known, prompts, random)],
    ];
    for (const [out, found] of answers) {
      outside.forEach((row, i) => {
        out.set(found.subarray(i * models.length, (i + 1) * models.length), row * models.length);
      });
    }
  }
  return [
    ['k nearest neighbours (40)', knn],
    ['clusters (64)', clusters],
  ] as const;
}

/** How often the choice at a middling lambda changes when the prompt changes without meaning. */
function flipRates(rows: readonly TableRow[], pool: PoolPredictor, seed: number): Record<string, number> {
  const choice = (text: string, row: TableRow): number => {
    const { success, costUsd } = pool.predict({ ...row.view, text });
    let best = 0;
    const utility = (j: number) => success[j]! - (0.3 * costUsd[j]!) / pool.referenceUsd;
    for (let j = 1; j < success.length; j++) if (utility(j) > utility(best)) best = j;
    return best;
  };
  const random = new Random(seed);
  const flips: Record<string, number> = {};
  const sample = rows.slice(0, 500);
  for (const row of sample) {
    const before = choice(row.view.text, row);
    for (const [kind, text] of Object.entries(disturb(row.view.text, random))) {
      flips[kind] = (flips[kind] ?? 0) + (choice(text, row) === before ? 0 : 1) / sample.length;
    }
  }
  return flips;
}

function byTask(
  rows: readonly TableRow[],
  outcomes: OutcomeMatrix,
  played: readonly Operation[],
  best: number,
  bestCost: number,
): TaskReport[] {
  const meanOf = (xs: Float64Array) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const half = [...played].sort(
    (a, b) => Math.abs(meanOf(a.cost) / bestCost - 0.5) - Math.abs(meanOf(b.cost) / bestCost - 0.5),
  )[0]!;
  const tasks = Map.groupBy(rows.keys(), (row) => rows[row]!.task ?? 'no task named');
  return [...tasks].map(([task, members]) => {
    const policy = { cost: 0, accuracy: 0 };
    const single = { cost: 0, accuracy: 0 };
    for (const row of members) {
      const at = row * outcomes.models.length + best;
      policy.cost += half.cost[row]! / bestCost / members.length;
      policy.accuracy += half.score[row]! / members.length;
      single.cost += outcomes.cost[at]! / bestCost / members.length;
      single.accuracy += outcomes.score[at]! / members.length;
    }
    return { task, rows: members.length, policy, best: single };
  });
}
