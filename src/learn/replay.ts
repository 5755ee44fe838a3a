/** Replaying a table as the environment: what `xrouter replay` writes and the frontier is computed from. */
import { XrouterError } from '../errors.ts';
import type { PoolPredictor } from '../policy/embedded/pool.ts';
import type { SequencePlanner } from '../policy/embedded/sequence.ts';
import { type Forecasts, playRow } from './environment.ts';
import type { Operation } from './frontier.ts';
import type { OutcomeTable, TableRow } from './table.ts';

export interface ReplayOptions {
  lambdas: readonly number[];
  /** Probability that a verdict is right; `undefined`: no verifier, one call. */
  verifier: number | undefined;
  maxCalls: number;
  /** Of the verdicts' errors. */
  seed: number;
}

/** One row at one lambda. */
export interface ReplayLine {
  id: string;
  lambda: number;
  /** In order. */
  calls: string[];
  /** The model whose answer is returned. */
  answer: string;
  /** Of all calls, in USD. */
  cost: number;
}

/**
 * Models of the table that were measured on every row: those that a replay may call.
 * @throws XrouterError `invalid_file` where there are none, `unknown_model` for an asked one that is not among them
 */
export function replayModels(table: OutcomeTable, asked?: readonly string[]): string[] {
  const everywhere = table.models.filter((id) => table.rows.every((row) => row.outcomes.has(id)));
  if (everywhere.length === 0) {
    throw new XrouterError('invalid_file', `${table.path}: no model was measured on every row.`, {
      hint: 'Keep the rows on which the models of interest were all measured.',
    });
  }
  for (const id of asked ?? []) {
    if (!everywhere.includes(id)) {
      throw new XrouterError('unknown_model', `${table.path}: "${id}" was not measured on every row.`, {
        hint: `Models that were: ${everywhere.join(', ')}.`,
      });
    }
  }
  return asked ? [...new Set(asked)] : everywhere;
}

/** Outcomes of a table with what a policy expects of them. The pool's members must all be in the table. */
export function forecast(rows: readonly TableRow[], pool: PoolPredictor): Forecasts {
  const models = pool.ids;
  const count = models.length;
  const size = rows.length * count;
  const out = {
    score: new Float64Array(size).fill(Number.NaN),
    cost: new Float64Array(size).fill(Number.NaN),
    success: new Float64Array(size),
    expectedCost: new Float64Array(size),
    task: new Int32Array(rows.length),
  };
  rows.forEach((row, i) => {
    const { success, costUsd, task } = pool.predict(row.view);
    out.task[i] = task;
    out.success.set(success, i * count);
    out.expectedCost.set(pool.rankingCosts(costUsd), i * count);
    models.forEach((id, j) => {
      const outcome = row.outcomes.get(id);
      if (!outcome) return;
      out.score[i * count + j] = outcome.score;
      out.cost[i * count + j] = outcome.costUsd;
    });
  });
  const meanCost = Float64Array.from(models, (_, j) => pool.meanCostUsd(j));
  return { rows: rows.length, ids: rows.map(({ id }) => id), models, meanCost, ...out };
}

/** One line for every row and lambda, row by row. */
export function* replay(
  data: Forecasts,
  planner: SequencePlanner,
  { lambdas, verifier, maxCalls, seed }: ReplayOptions,
): Generator<ReplayLine> {
  for (let row = 0; row < data.rows; row++) {
    for (const lambda of lambdas) {
      const { calls, answer, cost } = playRow(data, row, planner, { lambda, verifier, maxCalls, seed });
      yield {
        id: data.ids[row]!,
        lambda,
        calls: calls.map((j) => data.models[j]!),
        answer: data.models[answer]!,
        cost,
      };
    }
  }
}

/** An operating point with the number of calls made on each row. */
export interface PlayedOperation extends Operation {
  calls: Float64Array;
}

/** The same as operating points, one for each lambda. */
export function operations(
  data: Forecasts,
  planner: SequencePlanner,
  options: ReplayOptions,
): PlayedOperation[] {
  return options.lambdas.map((lambda) => {
    const column = () => new Float64Array(data.rows);
    const operation = { lambda, cost: column(), score: column(), calls: column() };
    for (let row = 0; row < data.rows; row++) {
      const play = playRow(data, row, planner, { ...options, lambda });
      operation.cost[row] = play.cost;
      operation.calls[row] = play.calls.length;
      operation.score[row] = data.score[row * data.models.length + play.answer]!;
    }
    return operation;
  });
}
