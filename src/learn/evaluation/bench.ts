/** The table and the policy side by side: what every part of an evaluation is computed from. */
import type { Candidate } from '../../catalog/candidate.ts';
import { XrouterError } from '../../errors.ts';
import { PoolPredictor } from '../../policy/embedded/pool.ts';
import { Predictor } from '../../policy/embedded/predictor.ts';
import type { PolicyWeights } from '../../policy/embedded/weights.ts';
import type { Forecasts } from '../environment.ts';
import type { Operation, OutcomeMatrix } from '../frontier.ts';
import { forecast, replayModels } from '../replay.ts';
import { type OutcomeTable, requireLearnable, type TableRow } from '../table.ts';
import { takeRows } from '../train-sequence.ts';

export interface Bench {
  rows: readonly TableRow[];
  /** Every model that was measured on every row, whether the policy knows it or not. */
  outcomes: OutcomeMatrix;
  /** Models that the policy may choose. */
  pool: PoolPredictor;
  /** Outcomes of those, with what the policy expected. */
  data: Forecasts;
}

/** Rows that the policy was trained on, with the models of the table that is measured. */
export interface Training {
  rows: readonly TableRow[];
  outcomes: OutcomeMatrix;
}

/** 0, then four a decade: from "cost hardly matters" to "cost is all that matters". */
export const LAMBDAS: readonly number[] = [0, ...Array.from({ length: 29 }, (_, k) => 10 ** ((k - 12) / 4))];
/** Sequences take longer. Fewer a decade would cost a weak verifier points that one call does not lose. */
export const SEQUENCE_LAMBDAS: readonly number[] = LAMBDAS.filter(
  (lambda) => lambda === 0 || (lambda >= 0.01 && lambda <= 1000),
);

/**
 * @param catalog pool file: prices of today, and benchmarks of models that the policy never met
 * @throws XrouterError `invalid_file` where nothing can be compared on this table with this policy
 */
export function createBench(
  weights: PolicyWeights,
  table: OutcomeTable,
  catalog: readonly Candidate[] = [],
): Bench {
  requireLearnable(table);
  const models = replayModels(table);
  const predictor = new Predictor(weights);
  const described = new Set(catalog.map(({ id }) => id));
  const common = models.filter((id) => predictor.index.has(id) || described.has(id));
  if (common.length < 2) {
    const known = common.length === 0 ? 'none' : `only ${common[0]}`;
    throw new XrouterError(
      'invalid_file',
      `${table.path}: of its ${models.length} models the policy knows ${known}.`,
      { hint: 'Train or calibrate a policy on these models, or describe them in a pool file (--catalog).' },
    );
  }
  const pool = new PoolPredictor(predictor, common, catalog);
  const outcomes = outcomeMatrix(table.rows, models);
  requirePricedBest(table.path, outcomes);
  return { rows: table.rows, outcomes, pool, data: forecast(table.rows, pool) };
}

/**
 * The largest part of a table without gaps, since routers are compared on the same rows and models: rows leave for
 * models, or models for rows, whichever keeps more outcomes. One failed call must not cost a whole model.
 */
export function wholePart(table: OutcomeTable): OutcomeTable {
  const measured = new Map(table.models.map((id) => [id, 0]));
  for (const { outcomes } of table.rows) {
    for (const id of outcomes.keys()) measured.set(id, measured.get(id)! + 1);
  }
  const mostFirst = [...table.models].sort((a, b) => measured.get(b)! - measured.get(a)!);
  let { rows } = table;
  let best = rows;
  let most = 0;
  mostFirst.forEach((id, at) => {
    rows = rows.filter(({ outcomes }) => outcomes.has(id));
    const kept = rows.length * (at + 1);
    // One model is no choice.
    if (at === 0 || kept <= most) return;
    most = kept;
    best = rows;
  });
  return { ...table, rows: best };
}

/**
 * A table without the rows that a policy was trained on, since on these it would look better than it is.
 * @throws XrouterError `invalid_file` where hardly any row is left
 */
export function withoutTraining(table: OutcomeTable, training: OutcomeTable): OutcomeTable {
  // By their prompts: two tables may both number their rows from 1, and one prompt may stand under two ids.
  const promptOf = ({ view }: TableRow) => `${view.messageChars} ${view.text}`;
  const seen = new Set(training.rows.map(promptOf));
  const rows = table.rows.filter((row) => !seen.has(promptOf(row)));
  if (rows.length >= 2) return { ...table, rows };
  const repeated = table.rows.length - rows.length;
  throw new XrouterError(
    'invalid_file',
    `${table.path}: ${repeated} of its ${table.rows.length} rows are in ${training.path} too.`,
    { hint: 'A policy must be measured on rows it was not trained on.' },
  );
}

/**
 * The rows that the policy was trained on, for the simple routers to learn from too.
 * @throws XrouterError `invalid_file` where they lack the models of the measured table
 */
export function trainingOf({ outcomes }: Bench, table: OutcomeTable): Training {
  const { models } = outcomes;
  const whole = table.rows.filter((row) => models.every((id) => row.outcomes.has(id)));
  if (whole.length < 2) {
    throw new XrouterError(
      'invalid_file',
      `${table.path}: ${whole.length} of its rows have outcomes of all models that are measured.`,
      { hint: 'Give a table with the same models, or leave the option out.' },
    );
  }
  return { rows: whole, outcomes: outcomeMatrix(whole, models) };
}

/** Outcomes of models that were measured on every row. */
export function outcomeMatrix(rows: readonly TableRow[], models: readonly string[]): OutcomeMatrix {
  const score = new Float64Array(rows.length * models.length);
  const cost = new Float64Array(score.length);
  rows.forEach((row, i) => {
    models.forEach((id, j) => {
      const outcome = row.outcomes.get(id)!;
      score[i * models.length + j] = outcome.score;
      cost[i * models.length + j] = outcome.costUsd;
    });
  });
  return { rows: rows.length, models, score, cost };
}

/** Part of the rows, in the order given. */
export function takeBench(bench: Bench, rows: ArrayLike<number>): Bench {
  return {
    rows: Array.from(rows, (row) => bench.rows[row]!),
    outcomes: takeOutcomes(bench.outcomes, rows),
    pool: bench.pool,
    data: takeRows(bench.data, rows),
  };
}

/** What it costs and scores to ask `choose(row)` on every row; positions are those of the matrix's models. */
export function operationOf(
  { rows, models, score, cost }: OutcomeMatrix,
  lambda: number,
  choose: (row: number) => number,
): Operation {
  const operation = { lambda, cost: new Float64Array(rows), score: new Float64Array(rows) };
  for (let row = 0; row < rows; row++) {
    const at = row * models.length + choose(row);
    operation.cost[row] = cost[at]!;
    operation.score[row] = score[at]!;
  }
  return operation;
}

/** Nothing paid and nothing answered yet, at each lambda. */
export function emptyOperations(lambdas: readonly number[], rows: number): Operation[] {
  return lambdas.map((lambda) => ({
    lambda,
    cost: new Float64Array(rows),
    score: new Float64Array(rows),
  }));
}

/** Writes what was done on some rows, in the order given, to where these rows are in the whole. */
export function putOperations(
  whole: readonly Operation[],
  part: readonly Operation[],
  rows: ArrayLike<number>,
): void {
  part.forEach(({ cost, score }, at) => {
    for (let i = 0; i < rows.length; i++) {
      whole[at]!.cost[rows[i]!] = cost[i]!;
      whole[at]!.score[rows[i]!] = score[i]!;
    }
  });
}

/** Part of the rows, in the order given. */
export function takeOperations(operations: readonly Operation[], rows: ArrayLike<number>): Operation[] {
  return operations.map(({ lambda, cost, score }) => ({
    lambda,
    cost: Float64Array.from(rows, (row) => cost[row]!),
    score: Float64Array.from(rows, (row) => score[row]!),
  }));
}

/** Part of the rows, in the order given. */
export function takeOutcomes(outcomes: OutcomeMatrix, rows: ArrayLike<number>): OutcomeMatrix {
  const count = outcomes.models.length;
  const score = new Float64Array(rows.length * count);
  const cost = new Float64Array(score.length);
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i]! * count;
    score.set(outcomes.score.subarray(from, from + count), i * count);
    cost.set(outcomes.cost.subarray(from, from + count), i * count);
  }
  return { rows: rows.length, models: outcomes.models, score, cost };
}

/** Every figure is a share of the best single's cost, so that must not be nothing. */
function requirePricedBest(path: string, { rows, models, score, cost }: OutcomeMatrix): void {
  const accuracy = models.map(() => 0);
  const spent = models.map(() => 0);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < models.length; j++) {
      accuracy[j]! += score[i * models.length + j]!;
      spent[j]! += cost[i * models.length + j]!;
    }
  }
  const best = accuracy.indexOf(Math.max(...accuracy));
  if (spent[best]! > 0) return;
  throw new XrouterError(
    'invalid_file',
    `${path}: ${models[best]}, the most accurate model, costs nothing there; there is nothing to save.`,
    { hint: 'Give the outcomes their cost in USD, or leave that model out of the table.' },
  );
}
