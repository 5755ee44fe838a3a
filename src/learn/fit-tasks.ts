/** Recognising the task of a prompt: linear discriminants with a shared covariance, or clusters where no task is named. */
import { recogniseTask } from '../policy/embedded/expert.ts';
import { type Matrix, matrix, rowOf, solvePositive } from './linear-algebra.ts';
import type { Random } from './random.ts';

export interface TaskRecogniser {
  /** Tasks × inputs. */
  weights: Float32Array;
  bias: Float32Array;
}

/** Share of the covariance replaced by its diagonal, against directions that few prompts fill. */
const SHRINKAGE = 0.1;
/** Discriminants are surer than they are right, since inputs are not Gaussian. */
const SHARPNESS = [1, 0.7, 0.5, 0.35, 0.25];

/**
 * Linear discriminant analysis (Fisher 1936; Hastie, Tibshirani and Friedman, 4.3) over the rows listed.
 * Softmax of the discriminants is the posterior.
 */
export function fitRecogniser(
  vectors: readonly Float32Array[],
  labels: Int32Array,
  tasks: number,
  rows: ArrayLike<number>,
): TaskRecogniser {
  const width = vectors[0]!.length;
  const means = matrix(tasks, width);
  const counts = new Float64Array(tasks);
  for (let r = 0; r < rows.length; r++) {
    const i = rows[r]!;
    const mean = rowOf(means, labels[i]!);
    counts[labels[i]!]!++;
    for (let k = 0; k < width; k++) mean[k]! += vectors[i]![k]!;
  }
  for (let t = 0; t < tasks; t++) {
    const mean = rowOf(means, t);
    for (let k = 0; k < width; k++) mean[k]! /= Math.max(1, counts[t]!);
  }
  const covariance = matrix(width, width);
  const centred = new Float64Array(width);
  for (let r = 0; r < rows.length; r++) {
    const i = rows[r]!;
    const mean = rowOf(means, labels[i]!);
    for (let k = 0; k < width; k++) centred[k] = vectors[i]![k]! - mean[k]!;
    for (let j = 0; j < width; j++) {
      const value = centred[j]! / rows.length;
      const base = j * width;
      for (let k = 0; k < width; k++) covariance.data[base + k]! += value * centred[k]!;
    }
  }
  let trace = 0;
  for (let k = 0; k < width; k++) trace += covariance.data[k * width + k]!;
  for (let j = 0; j < width; j++) {
    for (let k = 0; k < width; k++) if (j !== k) covariance.data[j * width + k]! *= 1 - SHRINKAGE;
    covariance.data[j * width + j]! += 1e-3 * (trace / width) + 1e-9;
  }
  const right = matrix(width, tasks);
  for (let t = 0; t < tasks; t++) {
    for (let k = 0; k < width; k++) right.data[k * tasks + t] = means.data[t * width + k]!;
  }
  const solved = solvePositive(covariance, right);
  const weights = new Float32Array(tasks * width);
  const bias = new Float32Array(tasks);
  for (let t = 0; t < tasks; t++) {
    let square = 0;
    for (let k = 0; k < width; k++) {
      const weight = solved.data[k * tasks + t]!;
      weights[t * width + k] = weight;
      square += weight * means.data[t * width + k]!;
    }
    bias[t] = counts[t]! === 0 ? -1e6 : Math.log(counts[t]! / rows.length) - square / 2;
  }
  return { weights, bias };
}

/** Posteriors of rows the recogniser has not seen (five folds), and one fitted on all, tempered to be calibrated. */
export function recogniseAll(
  vectors: readonly Float32Array[],
  labels: Int32Array,
  tasks: number,
  folds: Int32Array,
): { recogniser: TaskRecogniser; posteriors: Matrix; accuracy: number } {
  const foldCount = Math.max(...folds) + 1;
  const scores = matrix(vectors.length, tasks);
  const raw = new Float64Array(tasks);
  for (let fold = 0; fold < foldCount; fold++) {
    const rows = Int32Array.from(folds.keys()).filter((i) => folds[i] !== fold);
    const fitted = fitRecogniser(vectors, labels, tasks, rows);
    for (let i = 0; i < vectors.length; i++) {
      if (folds[i] !== fold) continue;
      const row = rowOf(scores, i);
      recogniseTask(fitted.weights, fitted.bias, vectors[i]!, raw);
      for (let t = 0; t < tasks; t++) row[t] = Math.log(Math.max(raw[t]!, 1e-9));
    }
  }
  let best = SHARPNESS[0]!;
  let least = Number.POSITIVE_INFINITY;
  let accuracy = 0;
  for (const sharpness of SHARPNESS) {
    let loss = 0;
    let right = 0;
    for (let i = 0; i < vectors.length; i++) {
      const posterior = soften(rowOf(scores, i), sharpness);
      loss -= Math.log(Math.max(1e-6, posterior[labels[i]!]!));
      if (posterior.indexOf(Math.max(...posterior)) === labels[i]) right++;
    }
    accuracy = right / vectors.length;
    if (loss < least) {
      least = loss;
      best = sharpness;
    }
  }
  const posteriors = matrix(vectors.length, tasks);
  for (let i = 0; i < vectors.length; i++) rowOf(posteriors, i).set(soften(rowOf(scores, i), best));
  const everything = Int32Array.from(folds.keys());
  const recogniser = fitRecogniser(vectors, labels, tasks, everything);
  for (let k = 0; k < recogniser.weights.length; k++) recogniser.weights[k]! *= best;
  for (let t = 0; t < tasks; t++) recogniser.bias[t]! *= best;
  return { recogniser, posteriors, accuracy };
}

function soften(scores: Float64Array, sharpness: number): Float64Array {
  const most = Math.max(...scores);
  const out = Float64Array.from(scores, (score) => Math.exp((score - most) * sharpness));
  const total = out.reduce((sum, value) => sum + value, 0);
  return out.map((value) => value / total);
}

/** Spherical k-means over the first `dimensions` inputs; labels for rows without a named task. */
export function cluster(
  vectors: readonly Float32Array[],
  dimensions: number,
  clusters: number,
  random: Random,
): Int32Array {
  const labels = new Int32Array(vectors.length);
  const centres = matrix(clusters, dimensions);
  const order = random.order(vectors.length);
  for (let c = 0; c < clusters; c++) rowOf(centres, c).set(vectors[order[c]!]!.subarray(0, dimensions));
  for (let iteration = 0; iteration < 25; iteration++) {
    let moved = 0;
    for (let i = 0; i < vectors.length; i++) {
      let best = 0;
      let most = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < clusters; c++) {
        const centre = rowOf(centres, c);
        let sum = 0;
        for (let d = 0; d < dimensions; d++) sum += centre[d]! * vectors[i]![d]!;
        if (sum > most) {
          most = sum;
          best = c;
        }
      }
      if (labels[i] !== best) moved++;
      labels[i] = best;
    }
    if (moved === 0 && iteration > 0) break;
    centres.data.fill(0);
    for (let i = 0; i < vectors.length; i++) {
      const centre = rowOf(centres, labels[i]!);
      for (let d = 0; d < dimensions; d++) centre[d]! += vectors[i]![d]!;
    }
    for (let c = 0; c < clusters; c++) {
      const centre = rowOf(centres, c);
      let norm = 0;
      for (const value of centre) norm += value * value;
      // An empty cluster starts again at some prompt.
      if (norm === 0) centre.set(vectors[random.below(vectors.length)]!.subarray(0, dimensions));
      else for (let d = 0; d < dimensions; d++) centre[d]! /= Math.sqrt(norm);
    }
  }
  return labels;
}
