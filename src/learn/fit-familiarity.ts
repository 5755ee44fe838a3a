/**
 * What prompts of the training tasks look like, so that others are recognised: for each task the mean of its
 * prompts' vectors, and how far prompts usually are from the nearest (Mahalanobis distance with one diagonal
 * covariance for all tasks; Lee et al. 2018, arXiv 1807.03888). Words alone do not tell a foreign prompt in
 * the same language apart; its structure and the share of known words do.
 */
import type { ExpertWeights } from '../policy/embedded/weights.ts';

/** Part of the spread over all prompts added to that within tasks: a task's few rows may be alike by chance. */
const SPREAD_FLOOR = 0.05;
const LEAST_VARIANCE = 1e-4;
/** Fewer, and known prompts at the rim of their task are given the ranking of all, which costs calibration. */
const USUAL_SHARE = 0.99;

/** @param length how many of a vector's numbers say what the prompt is, see `readingLength` */
export function fitFamiliarity(
  vectors: readonly Float32Array[],
  labels: Int32Array,
  tasks: number,
  length: number,
): Pick<ExpertWeights, 'centres' | 'centreScale' | 'usualDistance'> {
  const counts = new Float64Array(tasks);
  const sums = new Float64Array(tasks * length);
  const all = new Float64Array(length);
  const squares = new Float64Array(length);
  vectors.forEach((vector, i) => {
    const base = labels[i]! * length;
    counts[labels[i]!]!++;
    for (let k = 0; k < length; k++) {
      const value = vector[k]!;
      sums[base + k]! += value;
      all[k]! += value;
      squares[k]! += value * value;
    }
  });
  const rows = vectors.length;
  const used = counts.filter((count) => count > 0).length;
  const scale = new Float32Array(length);
  for (let k = 0; k < length; k++) {
    let explained = 0;
    for (let t = 0; t < tasks; t++) if (counts[t]! > 0) explained += sums[t * length + k]! ** 2 / counts[t]!;
    const within = Math.max(0, squares[k]! - explained) / Math.max(1, rows - used);
    const total = Math.max(0, squares[k]! / rows - (all[k]! / rows) ** 2);
    scale[k] = 1 / Math.sqrt((within + SPREAD_FLOOR * total + LEAST_VARIANCE) * length);
  }
  const centres = new Float32Array(used * length);
  const place = new Int32Array(tasks);
  let next = 0;
  for (let t = 0; t < tasks; t++) {
    if (counts[t] === 0) continue;
    place[t] = next;
    for (let k = 0; k < length; k++) {
      centres[next * length + k] = (sums[t * length + k]! / counts[t]!) * scale[k]!;
    }
    next++;
  }
  const distances = vectors.map((vector, i) => {
    let nearest = Number.POSITIVE_INFINITY;
    for (let t = 0; t < used; t++) {
      let sum = 0;
      for (let k = 0; k < length; k++) sum += (vector[k]! * scale[k]! - centres[t * length + k]!) ** 2;
      // A prompt's own task without the prompt itself: its mean lies further off by n / (n - 1).
      const count = counts[labels[i]!]!;
      if (t === place[labels[i]!]) sum *= count > 1 ? (count / (count - 1)) ** 2 : Number.POSITIVE_INFINITY;
      if (sum < nearest) nearest = sum;
    }
    return nearest;
  });
  distances.sort((a, b) => a - b);
  const usual = distances[Math.floor(rows * USUAL_SHARE)]!;
  // The embedding is fitted on the same rows: those it has not seen lie further off, the fewer rows the more.
  const unseen = usual * (1 + length / rows);
  return { centres, centreScale: scale, usualDistance: Number.isFinite(unseen) ? unseen : 1 };
}
