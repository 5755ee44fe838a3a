import {
  CASES,
  type Copula,
  logit,
  MACKAY,
  marginScale,
  normalPoints,
  sigmoid,
} from '../policy/embedded/copula.ts';
import { type Forecasts, measured } from './environment.ts';
import { Random } from './random.ts';

/** Outcomes with what a predictor, trained without that row, expected of them. */
export type CopulaRows = Pick<Forecasts, 'rows' | 'models' | 'success' | 'score'>;

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
const STEPS = 900;
const BATCH = 48;
/** Models of a row looked at together: as many as a sequence sees, not all, so that twins do not dominate. */
const MOST_TOGETHER = 8;
/** Pull of each loading towards the mean over models. */
const SHRINK = 0.005;
const RATE = 0.03;
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
 * With q_s the posterior of case s, d logL / d loading_jk = sum_s q_s (y_j - p_sj) (z_sk + d centre / d loading).
 */
function climb(data: CopulaRows, rows: Int32Array, traits: number, seed: number, steps: number): Fit {
  const models = data.models.length;
  const random = new Random(seed);
  const points = normalPoints(traits);
  const size = models * traits + 1;
  const theta = new Float64Array(size);
  for (let i = 0; i < size - 1; i++) theta[i] = (i % traits === 0 ? 1.2 : 0) + 0.3 * (random.next() - 0.5);
  theta[size - 1] = 1;
  const gradient = new Float64Array(size);
  const first = new Float64Array(size);
  const second = new Float64Array(size);
  const posterior = new Float64Array(CASES);
  const success = new Float64Array(CASES * MOST_TOGETHER);
  for (let step = 1; step <= steps; step++) {
    gradient.fill(0);
    for (let n = 0; n < BATCH; n++) {
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
    for (let k = 0; k < traits; k++) {
      let centre = 0;
      for (let j = 0; j < models; j++) centre += theta[j * traits + k]! / models;
      for (let j = 0; j < models; j++) {
        gradient[j * traits + k]! -= SHRINK * BATCH * (theta[j * traits + k]! - centre);
      }
    }
    const rate = RATE * (1 - step / steps) + 0.001;
    for (let i = 0; i < size; i++) {
      const g = gradient[i]! / BATCH;
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
