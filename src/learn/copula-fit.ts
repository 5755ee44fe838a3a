/**
 * Fits what `policy/embedded/copula.ts` goes by: how strongly each candidate loads on the hidden traits, in all and
 * task by task, and how far a half right answer counts as right.
 */
import {
  CASES,
  type Copula,
  logit,
  MACKAY,
  marginScale,
  normalPoints,
  sigmoid,
  type TaskLoadings,
} from '../policy/embedded/copula.ts';
import { type Forecasts, measured } from './environment.ts';
import { Random } from './random.ts';

/** Outcomes with what a predictor, trained without that row, expected of them. */
export type CopulaRows = Pick<Forecasts, 'rows' | 'models' | 'success' | 'score' | 'task'>;

export interface CopulaFit {
  traits: number;
  sharpness: number;
  /** `[model * traits + trait]`. */
  loadings: Float64Array;
  /** Mean log likelihood of an outcome given one or two verdicts on other models, on rows left out; nats. */
  heldOut: number;
}

/** Numbers of hidden traits that are tried. */
const TRAITS = [1, 3];
const STEPS = 600;
const BATCH = 32;
/** Models of a row looked at together: as many as a sequence sees, not all, so that twins do not dominate. */
const MOST_TOGETHER = 8;
/** Pull of each loading towards the mean over models. */
const SHRINK = 0.005;
/** A task's own loadings are pulled to everyone's as if by this precision (inverse variance). */
const TASK_PRECISION = 2;
const TASK_STEPS = 60;
const TASK_RATE = 0.08;
/** Tasks with fewer rows have no loadings of their own. */
const LEAST_TASK_ROWS = 8;
const RATE = 0.03;
/** A task's scores are taken to be as decisive as everyone's, as if so much success had been seen before. */
const DECISIVE_PRIOR = 5;
/** Accuracy of the verdicts by which the number of traits is judged. */
const JUDGED_AT = 0.9;

/** Fits the loadings by maximum likelihood; how many traits is decided on a third of the rows left out. */
export function fitCopula(data: CopulaRows, seed: number): CopulaFit {
  const order = new Random(seed).order(data.rows);
  const cut = Math.ceil((data.rows * 2) / 3);
  const [fitRows, testRows] = [order.slice(0, cut), order.slice(cut)];
  let best: CopulaFit | undefined;
  for (const traits of TRAITS) {
    const trial = climb(data, fitRows, traits, seed, STEPS / 2);
    const heldOut = conditionalLikelihood(data, testRows, trial, seed);
    if (!best || heldOut > best.heldOut) best = { ...trial, heldOut };
  }
  return { ...climb(data, order, best!.traits, seed, STEPS), heldOut: best!.heldOut };
}

/** A fit in the form that is stored: by candidate id, with the mean loading for candidates never seen. */
export function copulaOf(fit: CopulaFit, models: readonly string[]): Copula {
  const { traits, sharpness, loadings } = fit;
  const round = (x: number) => Math.round(x * 1e4) / 1e4;
  const fallback = Array.from({ length: traits }, (_, k) => {
    let sum = 0;
    for (let j = 0; j < models.length; j++) sum += loadings[j * traits + k]!;
    return round(sum / models.length);
  });
  const byId = models.map((id, j) => [
    id,
    Array.from(loadings.subarray(j * traits, (j + 1) * traits), round),
  ]);
  return { traits, sharpness: round(sharpness), loadings: Object.fromEntries(byId), fallback };
}

/**
 * Loadings of each task on its own, as far from everyone's as its rows bear out: what a failure says about
 * the others differs from task to task. One entry for each set of tasks that share their models.
 */
export function fitTaskLoadings(data: CopulaRows, fit: Fit, seed: number): TaskLoadings[] {
  const { traits } = fit;
  const usual = decisiveness(data, data.task.keys());
  const byTask = Map.groupBy(Array.from(data.task.keys()), (row) => data.task[row]!);
  const runs: { first: number; models: number[]; loadings: number[]; decisive: number[] }[] = [];
  for (const task of [...byTask.keys()].filter((at) => at >= 0).sort((a, b) => a - b)) {
    const rows = byTask.get(task)!;
    const models = [...new Set(rows.flatMap((row) => measured(data, row)))].sort((a, b) => a - b);
    let run = runs.at(-1);
    if (!run || run.first + run.decisive.length !== task || run.models.join() !== models.join()) {
      run = { first: task, models, loadings: [], decisive: [] };
      runs.push(run);
    }
    const own =
      rows.length < LEAST_TASK_ROWS ? fit : climb(data, Int32Array.from(rows), traits, seed, TASK_STEPS, fit);
    for (const j of models) {
      for (let k = 0; k < traits; k++) run.loadings.push(own.loadings[j * traits + k]!);
    }
    run.decisive.push(decisiveness(data, rows, usual));
  }
  return runs.map(({ first, models, loadings, decisive }) => ({
    first,
    count: decisive.length,
    models: models.map((j) => data.models[j]!),
    loadings: Float32Array.from(loadings),
    decisive: Float32Array.from(decisive),
  }));
}

/**
 * Share of the success that comes from answers that are wholly right: sum of squared scores over sum of
 * scores, 1 where scores are 0 or 1. With a verdict right v of the time, an answer of score s passes with
 * v s + (1 - v)(1 - s), so E[s; passed] needs E[s^2] beside E[s].
 * @param prior what is expected before these rows are seen
 */
export function decisiveness(data: CopulaRows, rows: Iterable<number>, prior?: number): number {
  let sum = prior === undefined ? 0 : DECISIVE_PRIOR;
  let squares = sum * (prior ?? 0);
  for (const row of rows) {
    for (const j of measured(data, row)) {
      const score = data.score[row * data.models.length + j]!;
      sum += score;
      squares += score * score;
    }
  }
  return sum > 0 ? squares / sum : 1;
}

type Fit = Omit<CopulaFit, 'heldOut'>;

function pick(from: number[], count: number, random: Random): number[] {
  for (let i = 0; i < count; i++) {
    const j = i + random.below(from.length - i);
    [from[i], from[j]] = [from[j]!, from[i]!];
  }
  return from.slice(0, count);
}

/**
 * Adam on the log likelihood of random subsets of a row's outcomes, the traits summed out over the cases.
 * With q_s the posterior of case s, d logL / d loading_jk = sum_s q_s (y_j - p_sj) (z_sk + d centre_j / d loading_jk):
 * exact for scores of 0 and 1. A score between them weighs cases as a coin of that chance would, and pulls each
 * towards itself (as with cross entropy).
 */
function climb(
  data: CopulaRows,
  rows: Int32Array,
  traits: number,
  seed: number,
  steps: number,
  from?: Fit,
): Fit {
  const models = data.models.length;
  const random = new Random(seed);
  const points = normalPoints(traits);
  const batch = from ? Math.min(BATCH, rows.length) : BATCH;
  const size = models * traits + 1;
  const theta = new Float64Array(size);
  for (let i = 0; i < size - 1; i++) theta[i] = (i % traits === 0 ? 1.2 : 0) + 0.3 * (random.next() - 0.5);
  theta[size - 1] = 1;
  if (from) {
    theta.set(from.loadings);
    theta[size - 1] = from.sharpness;
  }
  const gradient = new Float64Array(size);
  const first = new Float64Array(size);
  const second = new Float64Array(size);
  const posterior = new Float64Array(CASES);
  const success = new Float64Array(CASES * MOST_TOGETHER);
  for (let step = 1; step <= steps; step++) {
    gradient.fill(0);
    for (let n = 0; n < batch; n++) {
      const row = rows[random.below(rows.length)]!;
      const present = measured(data, row);
      if (present.length < 2) continue;
      const together = pick(present, Math.min(present.length, 2 + random.below(MOST_TOGETHER - 1)), random);
      posterior.fill(1);
      for (const [at, j] of together.entries()) {
        const y = data.score[row * models + j]!;
        const centre =
          marginScale(theta, j * traits, traits) * theta[size - 1]! * logit(data.success[row * models + j]!);
        for (let s = 0; s < CASES; s++) {
          let x = centre;
          for (let k = 0; k < traits; k++) x += theta[j * traits + k]! * points[s * traits + k]!;
          const p = sigmoid(x);
          success[at * CASES + s] = p;
          posterior[s]! *= y * p + (1 - y) * (1 - p) + 1e-9;
        }
      }
      let total = 0;
      for (let s = 0; s < CASES; s++) total += posterior[s]!;
      for (const [at, j] of together.entries()) {
        const y = data.score[row * models + j]!;
        const x0 = logit(data.success[row * models + j]!);
        const scale = marginScale(theta, j * traits, traits);
        for (let s = 0; s < CASES; s++) {
          const pull = (posterior[s]! / total) * (y - success[at * CASES + s]!);
          for (let k = 0; k < traits; k++) {
            const slope = (theta[size - 1]! * x0 * MACKAY * theta[j * traits + k]!) / scale;
            gradient[j * traits + k]! += pull * (points[s * traits + k]! + slope);
          }
          gradient[size - 1]! += pull * x0 * scale;
        }
      }
    }
    if (from) {
      // The prior of one task against the likelihood of all its rows.
      const scale = batch / rows.length;
      for (let i = 0; i < size - 1; i++) {
        gradient[i]! -= TASK_PRECISION * scale * (theta[i]! - from.loadings[i]!);
      }
      gradient[size - 1] = 0;
    }
    for (let k = 0; k < traits && !from; k++) {
      let centre = 0;
      for (let j = 0; j < models; j++) centre += theta[j * traits + k]! / models;
      for (let j = 0; j < models; j++) {
        gradient[j * traits + k]! -= SHRINK * BATCH * (theta[j * traits + k]! - centre);
      }
    }
    const rate = (from ? TASK_RATE : RATE) * (1 - step / steps) + 0.001;
    for (let i = 0; i < size; i++) {
      const g = gradient[i]! / batch;
      first[i] = 0.9 * first[i]! + 0.1 * g;
      second[i] = 0.99 * second[i]! + 0.01 * g * g;
      const correction = Math.sqrt(second[i]! / (1 - 0.99 ** step)) + 1e-8;
      theta[i]! += (rate * first[i]!) / (1 - 0.9 ** step) / correction;
    }
  }
  return { traits, sharpness: theta[size - 1]!, loadings: theta.slice(0, size - 1) };
}

function conditionalLikelihood(data: CopulaRows, rows: Int32Array, fit: Fit, seed: number): number {
  const random = new Random(seed + 1);
  const points = normalPoints(fit.traits);
  const models = data.models.length;
  let sum = 0;
  let count = 0;
  const at = (row: number, j: number, s: number): number => {
    const offset = j * fit.traits;
    let x =
      marginScale(fit.loadings, offset, fit.traits) * fit.sharpness * logit(data.success[row * models + j]!);
    for (let k = 0; k < fit.traits; k++) x += fit.loadings[offset + k]! * points[s * fit.traits + k]!;
    return sigmoid(x);
  };
  for (const row of rows) {
    const present = measured(data, row);
    if (present.length < 2) continue;
    for (let n = 0; n < 4; n++) {
      const [target, ...seen] = pick(present, Math.min(present.length, 2 + (n & 1)), random);
      let yes = 0;
      let all = 0;
      const verdicts = seen.map((j) => {
        const score = data.score[row * models + j]!;
        return random.next() < JUDGED_AT * score + (1 - JUDGED_AT) * (1 - score);
      });
      for (let s = 0; s < CASES; s++) {
        let weight = 1;
        for (const [i, j] of seen.entries()) {
          const p = at(row, j, s);
          const right = verdicts[i] ? p : 1 - p;
          weight *= JUDGED_AT * right + (1 - JUDGED_AT) * (1 - right);
        }
        all += weight;
        yes += weight * at(row, target!, s);
      }
      const p = Math.min(0.995, Math.max(0.005, yes / all));
      const y = data.score[row * models + target!]!;
      sum += y * Math.log(p) + (1 - y) * Math.log(1 - p);
      count++;
    }
  }
  return count === 0 ? Number.NEGATIVE_INFINITY : sum / count;
}
