/**
 * The simple routers that a policy has to beat. They learn from the rows that the policy learned from, where
 * these are given; else from the very table they are measured on, each row decided from the other folds of it,
 * of which the policy has seen nothing.
 */
import { chooseByLambda } from '../../policy/embedded/choose.ts';
import {
  blankForecast,
  clusterForecast,
  embedPrompts,
  handMadeRule,
  knnForecast,
  type Logged,
  type SimpleForecast,
} from '../baselines.ts';
import type { Forecasts } from '../environment.ts';
import { fitEmbedding } from '../fit-embedding.ts';
import type { Operation, OutcomeMatrix } from '../frontier.ts';
import { Random } from '../random.ts';
import type { TableRow } from '../table.ts';
import {
  emptyOperations,
  LAMBDAS,
  operationOf,
  putOperations,
  SEQUENCE_LAMBDAS,
  type Training,
  takeOutcomes,
} from './bench.ts';

export const NEIGHBOURS = 40;
export const CLUSTERS = 64;
export const FOLDS = 10;

/** One fold: the rows that teach and the rows that are decided. */
export interface Fold {
  train: Int32Array;
  test: Int32Array;
}

/** Rows dealt to folds at random. */
export function rowFolds(rows: number, folds: number, seed: number): Fold[] {
  const order = new Random(seed).order(rows);
  return foldsOf(rows, Math.min(folds, rows), (row) => order[row]! % Math.min(folds, rows));
}

export function foldsOf(rows: number, folds: number, foldOf: (row: number) => number): Fold[] {
  const all = Int32Array.from({ length: rows }, (_, row) => row);
  return Array.from({ length: folds }, (_, fold) => ({
    train: all.filter((row) => foldOf(row) !== fold),
    test: all.filter((row) => foldOf(row) === fold),
  }));
}

export interface SimpleRouters {
  knn: Operation[];
  clusters: Operation[];
  /** Escalation by hand at a verifier's accuracy. */
  rule(verifier: number, maxCalls: number, seed: number): Operation[];
}

/**
 * Prompts are embedded by the words of the rows that teach, whatever the policy reads.
 * @param folds of `rows`; not looked at where there are rows of training
 * @param options.training other rows to learn from, with the same models
 */
export function simpleRouters(
  rows: readonly TableRow[],
  outcomes: OutcomeMatrix,
  folds: readonly Fold[],
  seed: number,
  { training, lambdas = LAMBDAS }: { training?: Training | undefined; lambdas?: readonly number[] } = {},
): SimpleRouters {
  if (training) {
    const every = Int32Array.from({ length: rows.length + training.rows.length }, (_, row) => row);
    const fold = { train: every.subarray(rows.length), test: every.subarray(0, rows.length) };
    return learnedFrom(
      [...rows, ...training.rows],
      outcomes,
      joined(outcomes, training.outcomes),
      [fold],
      seed,
      training.rows,
      lambdas,
    );
  }
  return learnedFrom(rows, outcomes, outcomes, folds, seed, rows, lambdas);
}

/**
 * @param all outcomes of `everything`, of which the first rows are those of `outcomes`
 * @param read rows whose words the embedding is made of
 */
function learnedFrom(
  everything: readonly TableRow[],
  outcomes: OutcomeMatrix,
  all: OutcomeMatrix,
  folds: readonly Fold[],
  seed: number,
  read: readonly TableRow[],
  lambdas: readonly number[],
): SimpleRouters {
  const rows = everything.slice(0, outcomes.rows);
  const random = new Random(seed);
  const views = read.map(({ view }) => view);
  const vectors = embedPrompts(fitEmbedding(views, random).embedding, everything);
  const count = outcomes.models.length;
  const byNeighbours = blankForecast(outcomes.score.length);
  const byCluster = blankForecast(outcomes.score.length);
  const parts = folds.map(({ train, test }) => {
    const taken = takeOutcomes(all, train);
    const logged: Logged = {
      vectors: Array.from(train, (row) => vectors[row]!),
      models: count,
      score: taken.score,
      cost: taken.cost,
    };
    const prompts = Array.from(test, (row) => vectors[row]!);
    const put = (part: SimpleForecast, whole: SimpleForecast): void => {
      for (const what of ['success', 'costUsd'] as const) {
        test.forEach((row, i) => {
          whole[what].set(part[what].subarray(i * count, (i + 1) * count), row * count);
        });
      }
    };
    put(knnForecast(logged, prompts, Math.min(NEIGHBOURS, train.length)), byNeighbours);
    put(clusterForecast(logged, prompts, random, CLUSTERS), byCluster);
    return { logged, prompts, test, meanCost: meanCosts(all, train) };
  });
  const dearestUsd = new Float64Array(rows.length);
  for (const { test, meanCost } of parts) for (const row of test) dearestUsd[row] = Math.max(...meanCost);
  const decide = ({ success, costUsd }: SimpleForecast) =>
    lambdas.map((lambda) =>
      operationOf(outcomes, lambda, (row) => {
        const own = (values: Float64Array) => values.subarray(row * count, (row + 1) * count);
        return chooseByLambda(
          everyModel,
          { success: own(success), costUsd: own(costUsd) },
          lambda,
          dearestUsd[row]!,
        );
      }),
    );
  const everyModel = Array.from({ length: count }, (_, j) => j);
  return {
    knn: decide(byNeighbours),
    clusters: decide(byCluster),
    rule(verifier, maxCalls, verdictSeed) {
      const whole = emptyOperations(SEQUENCE_LAMBDAS, rows.length);
      for (const { logged, prompts, test, meanCost } of parts) {
        const part = handMadeRule(asForecasts(rows, outcomes, test, meanCost), logged, prompts, {
          lambdas: SEQUENCE_LAMBDAS,
          verifier,
          maxCalls,
          seed: verdictSeed,
        });
        putOperations(whole, part, test);
      }
      return whole;
    },
  };
}

function joined(a: OutcomeMatrix, b: OutcomeMatrix): OutcomeMatrix {
  const join = (x: Float64Array, y: Float64Array) => {
    const out = new Float64Array(x.length + y.length);
    out.set(x);
    out.set(y, x.length);
    return out;
  };
  return {
    rows: a.rows + b.rows,
    models: a.models,
    score: join(a.score, b.score),
    cost: join(a.cost, b.cost),
  };
}

function meanCosts({ models, cost }: OutcomeMatrix, rows: Int32Array): Float64Array {
  return Float64Array.from(models, (_, j) => {
    let sum = 0;
    for (const row of rows) sum += cost[row * models.length + j]!;
    return sum / rows.length;
  });
}

/** The rule reads outcomes and mean costs only: there is no predictor to expect anything. */
function asForecasts(
  rows: readonly TableRow[],
  outcomes: OutcomeMatrix,
  test: Int32Array,
  meanCost: Float64Array,
): Forecasts {
  const { score, cost, models } = takeOutcomes(outcomes, test);
  const ids = Array.from(test, (row) => rows[row]!.id);
  const unknown = new Float64Array(score.length).fill(Number.NaN);
  const task = new Int32Array(test.length).fill(-1);
  return {
    rows: test.length,
    ids,
    models,
    score,
    cost,
    success: unknown,
    expectedCost: unknown,
    meanCost,
    task,
  };
}
