/** Tasks from single words: a multinomial logistic model on all hashed words, for tables with few, similar tasks. */
import { HASH_BUCKETS } from '../policy/embedded/features.ts';
import type { EmbeddingWeights } from '../policy/embedded/weights.ts';
import type { Random } from './random.ts';

/** TF-IDF vectors of unit length, one after the other; row i is from `starts[i]` to `starts[i + 1]`. */
export interface SparseRows {
  starts: Int32Array;
  buckets: Uint16Array;
  values: Float32Array;
}

const EPOCHS = 6;
const STEP = 0.5;
/** Pull to zero at each visit of a row, on the weights of its words. */
const DECAY = 1e-4;

/**
 * Stochastic gradient descent with AdaGrad's step for each weight (Duchi, Hazan and Singer 2011).
 * @returns buckets × tasks
 */
export function fitWords(
  { starts, buckets, values }: SparseRows,
  labels: Int32Array,
  tasks: number,
  rows: ArrayLike<number>,
  random: Random,
): Float64Array {
  const weights = new Float64Array(HASH_BUCKETS * tasks);
  const squares = new Float64Array(HASH_BUCKETS * tasks);
  const error = new Float64Array(tasks);
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const order = random.order(rows.length);
    for (let r = 0; r < rows.length; r++) {
      const i = rows[order[r]!]!;
      error.fill(0);
      for (let k = starts[i]!; k < starts[i + 1]!; k++) {
        const base = buckets[k]! * tasks;
        for (let t = 0; t < tasks; t++) error[t]! += values[k]! * weights[base + t]!;
      }
      softmax(error);
      error[labels[i]!]! -= 1;
      for (let k = starts[i]!; k < starts[i + 1]!; k++) {
        const value = values[k]!;
        if (value === 0) continue;
        const base = buckets[k]! * tasks;
        for (let t = 0; t < tasks; t++) {
          const gradient = error[t]! * value + DECAY * weights[base + t]!;
          squares[base + t]! += gradient * gradient;
          weights[base + t]! -= (STEP * gradient) / (Math.sqrt(squares[base + t]!) + 0.01);
        }
      }
    }
  }
  return weights;
}

/** Scores of one row. */
export function wordScores(
  { starts, buckets, values }: SparseRows,
  weights: Float64Array,
  row: number,
  out: Float64Array,
): void {
  const tasks = out.length;
  out.fill(0);
  for (let k = starts[row]!; k < starts[row + 1]!; k++) {
    const base = buckets[k]! * tasks;
    for (let t = 0; t < tasks; t++) out[t]! += values[k]! * weights[base + t]!;
  }
}

export function softmax(scores: Float64Array): void {
  let most = Number.NEGATIVE_INFINITY;
  for (const score of scores) if (score > most) most = score;
  let total = 0;
  for (let t = 0; t < scores.length; t++) {
    scores[t] = Math.exp(scores[t]! - most);
    total += scores[t]!;
  }
  for (let t = 0; t < scores.length; t++) scores[t]! /= total;
}

export function selectRows({ starts, buckets, values }: SparseRows, rows: readonly number[]): SparseRows {
  const from = new Int32Array(rows.length + 1);
  rows.forEach((row, i) => {
    from[i + 1] = from[i]! + starts[row + 1]! - starts[row]!;
  });
  const out = {
    starts: from,
    buckets: new Uint16Array(from.at(-1)!),
    values: new Float32Array(from.at(-1)!),
  };
  rows.forEach((row, i) => {
    out.buckets.set(buckets.subarray(starts[row]!, starts[row + 1]!), from[i]!);
    out.values.set(values.subarray(starts[row]!, starts[row + 1]!), from[i]!);
  });
  return out;
}

/** The word weights of all experts side by side, one byte each. */
export function packWordScores(
  parts: readonly { weights: Float64Array; tasks: number }[],
  scores: number,
  idf: Float32Array,
): Pick<EmbeddingWeights, 'scores' | 'scoreVectors' | 'scoreScale'> {
  const scoreVectors = new Int8Array(HASH_BUCKETS * scores);
  const scoreScale = new Float32Array(scores === 0 ? 0 : HASH_BUCKETS);
  for (let b = 0; b < scoreScale.length; b++) {
    let largest = 0;
    for (const { weights, tasks } of parts) {
      for (let t = 0; t < tasks; t++) largest = Math.max(largest, Math.abs(weights[b * tasks + t]!));
    }
    if (largest === 0) continue;
    scoreScale[b] = (largest / 127) * idf[b]!;
    let at = b * scores;
    for (const { weights, tasks } of parts) {
      for (let t = 0; t < tasks; t++)
        scoreVectors[at++] = Math.round((weights[b * tasks + t]! / largest) * 127);
    }
  }
  return { scores, scoreVectors, scoreScale };
}
