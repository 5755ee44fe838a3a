/** Recognising the task of a prompt: linear discriminants with a shared covariance, or clusters where no task is named. */
import { discriminants } from '../policy/embedded/expert.ts';
import { fitWords, type SparseRows, softmax, wordScores } from './fit-words.ts';
import { allRows, foldsOf } from './folds.ts';
import { type Matrix, matrix, rowOf, solvePositive } from './linear-algebra.ts';
import type { Random } from './random.ts';

export interface TaskRecogniser {
  /** Tasks × inputs. */
  weights: Float32Array;
  bias: Float32Array;
}

/**
 * Linear discriminant analysis (Fisher 1936; Hastie, Tibshirani and Friedman, 4.3) over the rows listed.
 * Softmax of the discriminants is the posterior.
 */
function fitRecogniser(
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
  // The fewer rows, the less their covariance is worth beyond its diagonal.
  const shrinkage = width / (width + rows.length);
  let trace = 0;
  for (let k = 0; k < width; k++) trace += covariance.data[k * width + k]!;
  for (let j = 0; j < width; j++) {
    for (let k = 0; k < width; k++) if (j !== k) covariance.data[j * width + k]! *= 1 - shrinkage;
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

/** How much the discriminants and the single words count, tried on rows that neither had seen. */
const DISCRIMINANT_WEIGHTS = [0, 0.15, 0.3, 0.5, 0.7, 1];
const WORD_WEIGHTS = [0, 0.2, 0.4, 0.7, 1, 1.4];
/** With many tasks the discriminants suffice, and word weights for each would cost time at every decision. */
const MOST_WORD_TASKS = 16;

export interface FittedTasks {
  recogniser: TaskRecogniser;
  /** Buckets × tasks, to be added to the discriminants; `undefined` where words do not help. */
  words?: Float64Array;
  /** Rows × tasks, by recognisers that had not seen the row (five folds). */
  posteriors: Matrix;
  accuracy: number;
}

export function fitTasks(
  vectors: readonly Float32Array[],
  sparse: SparseRows,
  labels: Int32Array,
  tasks: number,
  folds: Int32Array,
  random: Random,
): FittedTasks {
  const count = vectors.length;
  const useWords = tasks > 1 && tasks <= MOST_WORD_TASKS && sparse.values.length > 0;
  const everything = allRows(count);
  const scores = matrix(count, tasks);
  const byWords = useWords ? matrix(count, tasks) : undefined;
  for (const { shown, heldOut } of foldsOf(everything, folds)) {
    const fitted = fitRecogniser(vectors, labels, tasks, shown);
    const words = useWords ? fitWords(sparse, labels, tasks, shown, random) : undefined;
    for (const i of heldOut) {
      discriminants(fitted.weights, fitted.bias, vectors[i]!, rowOf(scores, i));
      if (words && byWords) wordScores(sparse, words, i, rowOf(byWords, i));
    }
  }
  let best = { discriminant: 1, word: 0, loss: Number.POSITIVE_INFINITY, accuracy: 0 };
  for (const discriminant of DISCRIMINANT_WEIGHTS) {
    for (const word of useWords ? WORD_WEIGHTS : [0]) {
      const { loss, accuracy } = judge(scores, byWords, labels, discriminant, word);
      if (loss < best.loss) best = { discriminant, word, loss, accuracy };
    }
  }
  // In place of the scores: with many tasks and rows a second matrix of that size is worth sparing.
  const posteriors = scores;
  for (let i = 0; i < count; i++) {
    const row = rowOf(scores, i);
    mix(row, byWords && rowOf(byWords, i), best.discriminant, best.word, row);
  }
  const recogniser = fitRecogniser(vectors, labels, tasks, everything);
  for (let k = 0; k < recogniser.weights.length; k++) recogniser.weights[k]! *= best.discriminant;
  for (let t = 0; t < tasks; t++) recogniser.bias[t]! *= best.discriminant;
  const words =
    best.word > 0 ? fitWords(sparse, labels, tasks, everything, random).map((w) => w * best.word) : undefined;
  return { recogniser, ...(words && { words }), posteriors, accuracy: best.accuracy };
}

/** Posteriors from the scores of the discriminants and of the words; `out` may be one of them. */
function mix(
  scores: Float64Array,
  byWords: Float64Array | undefined,
  discriminant: number,
  word: number,
  out: Float64Array,
): void {
  for (let t = 0; t < out.length; t++) {
    out[t] = discriminant * scores[t]! + (byWords ? word * byWords[t]! : 0);
  }
  softmax(out);
}

/** Mean log loss and accuracy of a mix. */
function judge(
  scores: Matrix,
  byWords: Matrix | undefined,
  labels: Int32Array,
  discriminant: number,
  word: number,
): { loss: number; accuracy: number } {
  const posterior = new Float64Array(scores.columns);
  let loss = 0;
  let right = 0;
  for (let i = 0; i < scores.rows; i++) {
    mix(rowOf(scores, i), byWords && rowOf(byWords, i), discriminant, word, posterior);
    const own = posterior[labels[i]!]!;
    loss -= Math.log(Math.max(1e-6, own));
    if (posterior.every((share) => share <= own)) right++;
  }
  return { loss: loss / scores.rows, accuracy: right / scores.rows };
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
