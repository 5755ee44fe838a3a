/**
 * How the successes of candidates hang together, apart from what the predictor sees of a prompt. Each
 * candidate loads on a few hidden traits of the prompt (first of all: how hard it is for everyone). The
 * traits are normal; given them, candidates succeed independently:
 *
 *     P(candidate j succeeds | traits z) = sigmoid(scale_j * sharpness * logit(p_j) + loading_j . z)
 *
 * with scale_j = sqrt(1 + (pi / 8) |loading_j|^2), MacKay's approximation of the logistic-normal integral
 * ("The evidence framework applied to classification networks", 1992): so the mean over z is about the
 * predictor's p_j again, sharpened, and the loadings change only what is believed after verdicts.
 */
import type { Belief } from './belief.ts';

export interface Copula {
  /** Hidden traits. */
  traits: number;
  /** Factor on the predictor's log odds; 1 trusts them as they are. */
  sharpness: number;
  /** Loadings by candidate id, `traits` numbers each. */
  loadings: Record<string, number[]>;
  /** Loading of a candidate that was never seen: the mean of those that were. */
  fallback: number[];
  /** See `Belief`; of all tasks together. Left out: every answer is right or wrong. */
  decisive?: number;
  /** Loadings task by task, for the models that were measured together on these tasks. */
  tasks?: TaskLoadings[];
}

/** Tasks `first` to `first + count - 1`. */
export interface TaskLoadings {
  first: number;
  count: number;
  models: string[];
  /** Tasks × models × traits. */
  loadings: Float32Array;
  /** See `Belief`; task by task. */
  decisive?: Float32Array;
}

export const MACKAY = Math.PI / 8;
/** Cases that stand for the normal distribution of the traits; an even number, since they come in pairs. */
export const CASES = 48;
/** Nobody is certain: keeps one verdict able to change a belief. */
const MIN_SUCCESS = 0.01;

/** Log odds, as far as anybody may be certain. */
export function logit(p: number): number {
  const clipped = Math.min(Math.max(p, MIN_SUCCESS), 1 - MIN_SUCCESS);
  return Math.log(clipped / (1 - clipped));
}

/** The chance whose log odds are x. */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Factor that keeps the mean over the traits at the predictor's success. */
export function marginScale(loading: ArrayLike<number>, offset: number, traits: number): number {
  let square = 0;
  for (let k = offset; k < offset + traits; k++) square += loading[k]! * loading[k]!;
  return Math.sqrt(1 + MACKAY * square);
}

/**
 * Points with mean 0 and variance 1 that cover the normal distribution evenly, `[case * traits + trait]`:
 * the R sequence of M. Roberts ("The unreasonable effectiveness of quasirandom sequences"), mirrored.
 */
export function normalPoints(traits: number): Float64Array {
  let root = 2;
  for (let i = 0; i < 60; i++) root = (1 + root) ** (1 / (traits + 1));
  const points = new Float64Array(CASES * traits);
  const half = CASES / 2;
  for (let k = 0; k < traits; k++) {
    const step = root ** -(k + 1);
    let square = 0;
    for (let s = 0; s < half; s++) {
      const x = normalQuantile((0.5 + step * (s + 1)) % 1);
      points[s * traits + k] = x;
      points[(s + half) * traits + k] = -x;
      square += 2 * x * x;
    }
    const scale = Math.sqrt(CASES / square);
    for (let s = 0; s < CASES; s++) points[s * traits + k]! *= scale;
  }
  return points;
}

/** Inverse of the normal distribution function, by bisection on Abramowitz and Stegun 26.2.17. */
export function normalQuantile(p: number): number {
  let low = -6;
  let high = 6;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series =
    ((((1.330274429 * t - 1.821255978) * t + 1.781477937) * t - 0.356563782) * t + 0.31938153) * t;
  const tail = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return x > 0 ? 1 - tail : tail;
}

/**
 * Fills `out` with the belief about one prompt.
 * @param success the predictor's success of each candidate, 0..1
 * @param loadings `[candidate * traits + trait]`, in the order of `success`
 */
export function fillBelief(
  out: Belief,
  success: ArrayLike<number>,
  loadings: Float64Array,
  points: Float64Array,
  sharpness: number,
): void {
  const { cases, models } = out;
  const traits = points.length / cases;
  out.weight.fill(1 / cases);
  for (let j = 0; j < models; j++) {
    const offset = j * traits;
    const centre = marginScale(loadings, offset, traits) * sharpness * logit(success[j]!);
    for (let s = 0; s < cases; s++) {
      let x = centre;
      for (let k = 0; k < traits; k++) x += loadings[offset + k]! * points[s * traits + k]!;
      out.success[j * cases + s] = sigmoid(x);
    }
  }
}

export function emptyBelief(models: number): Belief {
  return {
    cases: CASES,
    models,
    success: new Float64Array(models * CASES),
    weight: new Float64Array(CASES).fill(1 / CASES),
  };
}
