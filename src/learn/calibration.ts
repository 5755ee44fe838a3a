/** Calibration: expected success is mapped to what it turned out to be on rows that the predictor had not seen. */
import { interpolate } from '../policy/embedded/expert.ts';
import { type Matrix, matrix, solvePositive } from './linear-algebra.ts';

export interface Calibration {
  from: Float32Array;
  to: Float32Array;
  apply(expected: Matrix): Matrix;
}

/** Steps of the stored curve, evenly from 0 to 1. */
const STEPS = 64;
const EDGE = 1e-3;
const NEWTON_STEPS = 30;
/** Width of the neighbourhood in which misses are averaged. */
const BANDWIDTH = 0.05;
/** Rows in a neighbourhood that halve its correction. */
const RESIDUAL_PRIOR = 10;
/** Of the curve: a fifth keeps apart what the predictor tells apart. */
const LEAST_SLOPE = 0.2;
/** Of a and b, which keeps the curve rising. */
const LEAST_EXPONENT = 0.05;
/** Rows' worth of belief that no calibration is needed. */
const PRIOR = 10;

/**
 * Beta calibration (Kull, Silva Filho and Flach 2017), all candidates together:
 *
 *   logit(calibrated) = a ln p - b ln(1 - p) + c,   a, b > 0
 *
 * and what that misses, smoothed. It rises strictly: an isotonic step function is as exact on average, but its flat
 * steps make equal what the predictor could tell apart.
 * @param centred scores minus `mean`
 */
export function fitCalibration(expected: Matrix, centred: Matrix, mean: ArrayLike<number>): Calibration {
  const scoreOf = (at: number): number => centred.data[at]! + mean[at % expected.columns]!;
  const coefficients = fitBeta(expected, scoreOf);
  const from = Float32Array.from({ length: STEPS + 1 }, (_, k) => k / STEPS);
  const to = from.map((share) => calibrated(share, coefficients));
  addResidual(expected, scoreOf, from, to);
  return {
    from,
    to,
    apply(values) {
      const out = matrix(values.rows, values.columns);
      for (let k = 0; k < out.data.length; k++) out.data[k] = interpolate(from, to, values.data[k]!);
      return out;
    },
  };
}

type Beta = [rising: number, falling: number, level: number];

function calibrated(share: number, [rising, falling, level]: Beta): number {
  const held = Math.max(EDGE, Math.min(1 - EDGE, share));
  return 1 / (1 + Math.exp(-(rising * Math.log(held) - falling * Math.log(1 - held) + level)));
}

/** Adds what the curve misses nearby (Nadaraya 1964, Watson 1964), and keeps it rising. */
function addResidual(
  expected: Matrix,
  scoreOf: (at: number) => number,
  from: Float32Array,
  to: Float32Array,
): void {
  const missed = new Float64Array(from.length);
  const count = new Float64Array(from.length);
  for (let at = 0; at < expected.data.length; at++) {
    const held = Math.max(0, Math.min(1, expected.data[at]!));
    const point = Math.round(held * STEPS);
    missed[point]! += scoreOf(at) - interpolate(from, to, held);
    count[point]!++;
  }
  const curve = Float64Array.from(to);
  for (let k = 0; k < curve.length; k++) {
    let sum = 0;
    let weight = RESIDUAL_PRIOR * expected.columns;
    for (let other = 0; other < curve.length; other++) {
      const near = Math.exp(-0.5 * ((other - k) / STEPS / BANDWIDTH) ** 2);
      sum += near * missed[other]!;
      weight += near * count[other]!;
    }
    curve[k]! += sum / weight;
  }
  let least = 0;
  for (let k = 0; k < curve.length; k++) {
    least = Math.max(k === 0 ? 0 : least + LEAST_SLOPE / STEPS, curve[k]!);
    to[k] = Math.min(1, least);
    least = to[k]!;
  }
}

/** Newton's method on the log loss, with a Gaussian prior around "leave it as it is". */
function fitBeta(expected: Matrix, scoreOf: (at: number) => number): Beta {
  const beta: Beta = [1, 1, 0];
  const prior = PRIOR * expected.columns;
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const gradient = matrix(3, 1);
    const curvature = matrix(3, 3);
    for (let at = 0; at < expected.data.length; at++) {
      const held = Math.max(EDGE, Math.min(1 - EDGE, expected.data[at]!));
      const x = [Math.log(held), -Math.log(1 - held), 1];
      const share = 1 / (1 + Math.exp(-(beta[0] * x[0]! + beta[1] * x[1]! + beta[2])));
      const miss = scoreOf(at) - share;
      const spread = share * (1 - share);
      for (let k = 0; k < 3; k++) {
        gradient.data[k]! += miss * x[k]!;
        for (let l = 0; l < 3; l++) curvature.data[k * 3 + l]! += spread * x[k]! * x[l]!;
      }
    }
    for (let k = 0; k < 3; k++) {
      gradient.data[k]! -= prior * (beta[k]! - (k < 2 ? 1 : 0));
      curvature.data[k * 3 + k]! += prior;
    }
    const move = solvePositive(curvature, gradient).data;
    for (let k = 0; k < 3; k++) beta[k]! += move[k]!;
    beta[0] = Math.max(LEAST_EXPONENT, beta[0]);
    beta[1] = Math.max(LEAST_EXPONENT, beta[1]);
    if (Math.max(...move.map(Math.abs)) < 1e-6) break;
  }
  return beta;
}
