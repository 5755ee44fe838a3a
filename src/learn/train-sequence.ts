/** Training of what happens after the first call: how successes hang together, then DAPO on top of the lookahead. */
import type { Copula } from '../policy/embedded/copula.ts';
import { SequencePlanner, type SequenceWeights } from '../policy/embedded/sequence.ts';
import type { CandidateWeights } from '../policy/embedded/weights.ts';
import { copulaOf, decisiveness, fitCopula, fitTaskLoadings } from './copula-fit.ts';
import { type DapoOptions, dapoDefaults, reward, trainDapo } from './dapo.ts';
import { type Forecasts, playRow, referenceCost } from './environment.ts';
import type { Matrix } from './linear-algebra.ts';
import { Random } from './random.ts';
import type { TableRow } from './table.ts';

/** What one expert expected of its own rows without having seen them; rows × models. */
export interface HeldOut {
  rows: readonly TableRow[];
  models: readonly string[];
  success: Matrix;
  /** Cost over the model's mean cost. */
  costRatio: Matrix;
  /** Task of each row, and how many there are. */
  labels: Int32Array;
  tasks: number;
}

/** The experts' rows one after the other, with every candidate of the policy as a model. */
export function heldOutForecasts(
  candidates: readonly CandidateWeights[],
  experts: readonly HeldOut[],
): Forecasts {
  const models = candidates.map(({ id }) => id);
  const position = new Map(models.map((id, at) => [id, at]));
  const count = models.length;
  const rows = experts.reduce((sum, expert) => sum + expert.rows.length, 0);
  const empty = () => new Float64Array(rows * count).fill(Number.NaN);
  const out = { score: empty(), cost: empty(), success: empty(), expectedCost: empty() };
  const task = new Int32Array(rows);
  let firstTask = 0;
  const ids: string[] = [];
  for (const expert of experts) {
    expert.rows.forEach((row, i) => {
      const base = ids.length * count;
      expert.models.forEach((id, j) => {
        const outcome = row.outcomes.get(id);
        if (!outcome) return;
        const at = position.get(id)!;
        out.score[base + at] = outcome.score;
        out.cost[base + at] = outcome.costUsd;
        out.success[base + at] = expert.success.data[i * expert.models.length + j]!;
        out.expectedCost[base + at] =
          expert.costRatio.data[i * expert.models.length + j]! * candidates[at]!.meanCostUsd;
      });
      task[ids.length] = firstTask + expert.labels[i]!;
      ids.push(row.id);
    });
    firstTask += expert.tasks;
  }
  return { rows, ids, models, meanCost: Float64Array.from(candidates, (c) => c.meanCostUsd), task, ...out };
}

/** Part of a table's rows, in the order given. */
export function takeRows(data: Forecasts, rows: ArrayLike<number>): Forecasts {
  const count = data.models.length;
  const take = (values: Float64Array) => {
    const out = new Float64Array(rows.length * count);
    for (let i = 0; i < rows.length; i++) {
      out.set(values.subarray(rows[i]! * count, (rows[i]! + 1) * count), i * count);
    }
    return out;
  };
  return {
    ...data,
    rows: rows.length,
    ids: Array.from(rows, (row) => data.ids[row]!),
    task: Int32Array.from(rows, (row) => data.task[row]!),
    score: take(data.score),
    cost: take(data.cost),
    success: take(data.success),
    expectedCost: take(data.expectedCost),
  };
}

export interface SequenceTraining {
  seed?: number;
  /** `false`: no reinforcement, the lookahead decides alone. */
  dapo?: Partial<DapoOptions> | false;
  /** Start from this belief instead of fitting one. */
  copula?: Copula;
  progress?: (line: string) => void;
}

/** With fewer rows no checkpoint could be told from chance. */
const LEAST_DAPO_ROWS = 200;
/** Rows kept aside to choose the checkpoint: a fifth, and not more than these. */
const MOST_VALIDATION_ROWS = 500;
const VALIDATION_LAMBDAS = [0.03, 0.1, 0.3, 1, 3, 10, 30];
const VALIDATION_ACCURACIES = [0.7, 0.9];

/** @param data what a predictor expected of rows it was not trained on, with their outcomes */
export function trainSequence(data: Forecasts, options: SequenceTraining = {}): SequenceWeights {
  const { seed = 1, dapo = {}, progress = () => {} } = options;
  const copula = options.copula ?? fitBelief(data, seed, progress);
  if (dapo === false) return { copula };
  if (data.rows < LEAST_DAPO_ROWS) {
    progress(`  ${data.rows} rows are too few for reinforcement: the lookahead decides alone`);
    return { copula };
  }
  const settings = { ...dapoDefaults, seed, ...dapo };
  const asWeights = (theta: Float32Array | Float64Array) =>
    settings.maxCalls === 1 ? { oneShot: theta } : { correction: theta };
  const order = new Random(seed + 1).order(data.rows);
  const aside = Math.min(MOST_VALIDATION_ROWS, Math.floor(data.rows / 5));
  const validation = takeRows(data, order.subarray(0, aside));
  const { correction, history } = trainDapo(
    takeRows(data, order.subarray(aside)),
    new SequencePlanner({ copula }),
    (theta) => rewards(validation, new SequencePlanner({ copula, ...asWeights(theta) }), settings),
    settings,
    ({ iteration, validation: value, better, kept }) =>
      progress(
        `  DAPO ${iteration} of ${settings.iterations}: reward ${value.toFixed(4)}, ` +
          `${signed(better.mean)} ± ${better.error.toFixed(4)} on the lookahead; ` +
          `${Math.round(100 * kept)} % of the groups kept`,
      ),
  );
  const start = history[0]!.validation;
  progress(
    correction
      ? `  a correction is kept (the lookahead alone: ${start.toFixed(4)})`
      : '  no correction beats the lookahead beyond doubt; none is kept',
  );
  return correction ? { copula, ...asWeights(Float32Array.from(correction)) } : { copula };
}

function fitBelief(data: Forecasts, seed: number, progress: (line: string) => void): Copula {
  const fit = fitCopula(data, seed);
  const tasks = fitTaskLoadings(data, fit, seed);
  const told = Number.isFinite(fit.heldOut)
    ? `log likelihood of an outcome after verdicts on others ${fit.heldOut.toFixed(4)}`
    : 'too few rows with several models to judge it by';
  progress(`sequences: ${fit.traits} hidden ${fit.traits === 1 ? 'trait' : 'traits'}, ${told}`);
  return { ...copulaOf(fit, data.models), decisive: decisiveness(data, data.task.keys()), tasks };
}

const signed = (x: number): string => `${x < 0 ? '' : '+'}${x.toFixed(4)}`;

/** Mean reward of each row over lambdas and verifier accuracies, the policy acting greedily. */
function rewards(data: Forecasts, planner: SequencePlanner, options: DapoOptions): Float64Array {
  const out = new Float64Array(data.rows);
  const accuracies = options.maxCalls === 1 ? [undefined] : VALIDATION_ACCURACIES;
  const share = 1 / (VALIDATION_LAMBDAS.length * accuracies.length);
  for (let row = 0; row < data.rows; row++) {
    const reference = referenceCost(data, row);
    for (const verifier of accuracies) {
      for (const lambda of VALIDATION_LAMBDAS) {
        const play = playRow(data, row, planner, {
          lambda,
          verifier,
          maxCalls: options.maxCalls,
          seed: options.seed,
        });
        const score = data.score[row * data.models.length + play.answer]!;
        out[row]! += share * reward(score, (lambda * play.cost) / reference, options);
      }
    }
  }
  return out;
}
