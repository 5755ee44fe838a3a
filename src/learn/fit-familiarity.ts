/** Fits what `policy/embedded/familiarity.ts` goes by. */
import {
  Background,
  type BackgroundWeights,
  type FamiliarityWeights,
  yardstick,
} from '../policy/embedded/familiarity.ts';
import { Centres, place, placedLength, type Spread } from '../policy/embedded/spread.ts';
import { allRows, foldsOf } from './folds.ts';
import { dot, eigenSymmetric, gram, type Matrix, matrix, multiply, rowOf } from './linear-algebra.ts';

/** Directions in which numbers go together. */
const FACTORS = 8;
/** Part of the spread over all prompts added to that within tasks: a task's few rows may be alike by chance. */
const SPREAD_FLOOR = 0.05;
const LEAST_VARIANCE = 1e-3;
/** What is kept of correlations: those of a few hundred rows come out too large. */
const CORRELATION_KEPT = 0.9;
/** Of a number's variance, at least so much is its own, or rounding alone would put prompts far off. */
const LEAST_OWN = 0.05;
/**
 * Prompts that keep to the usual distance. Fewer, and known prompts at the rim of their task are given the
 * ranking of all, which costs calibration.
 */
const USUAL_SHARE = 0.99;
/** Prompts easier to read than these are too few to say what that means. */
const EASIEST_SHARE = 0.05;

/**
 * @param length how many of a vector's numbers say what the prompt is, see `readingLength`
 * @param hardness of each prompt
 */
export function fitBackground(
  vectors: readonly Float32Array[],
  length: number,
  hardness: readonly number[],
): BackgroundWeights {
  const { spread, centres } = fitSpread(vectors, new Int32Array(vectors.length), 1, length, 0);
  const sum = hardness.reduce((total, value) => total + value, 0);
  const rising = hardness.toSorted((a, b) => a - b);
  return {
    spread,
    centre: centres,
    usualHardness: sum / hardness.length,
    leastHardness: rising[Math.floor(rising.length * EASIEST_SHARE)]!,
  };
}

/**
 * @param labels the task of each vector
 * @param folds in which rows are held back in turn, so that the usual distances are those of prompts not seen
 */
export function fitFamiliarity(
  vectors: readonly Float32Array[],
  labels: Int32Array,
  tasks: number,
  length: number,
  folds: Int32Array,
  background: BackgroundWeights,
): FamiliarityWeights {
  const everything = new Background(background);
  const distances: number[] = [];
  const ratios: number[] = [];
  for (const { shown, heldOut } of foldsOf(allRows(vectors.length), folds)) {
    if (shown.length === 0) continue;
    const { spread, centres } = fitSpread(
      Array.from(shown, (i) => vectors[i]!),
      shown.map((i) => labels[i]!),
      tasks,
      length,
      SPREAD_FLOOR,
    );
    const known = new Centres(spread, centres);
    for (const i of heldOut) {
      const distance = known.distance(vectors[i]!);
      distances.push(distance);
      ratios.push(distance / yardstick(everything.distance(vectors[i]!)));
    }
  }
  return {
    ...fitSpread(vectors, labels, tasks, length, SPREAD_FLOOR),
    usualDistance: usual(distances),
    usualRatio: usual(ratios),
  };
}

function usual(distances: number[]): number {
  distances.sort((a, b) => a - b);
  return distances[Math.floor(distances.length * USUAL_SHARE)] || 1;
}

/** The tasks' means, and the spread about them. */
function fitSpread(
  vectors: readonly Float32Array[],
  labels: Int32Array,
  tasks: number,
  length: number,
  floor: number,
): { spread: Spread; centres: Float32Array } {
  const counts = new Float64Array(tasks);
  const means = matrix(tasks, length);
  vectors.forEach((vector, i) => {
    const mean = rowOf(means, labels[i]!);
    counts[labels[i]!]!++;
    for (let k = 0; k < length; k++) mean[k]! += vector[k]!;
  });
  const rest = matrix(vectors.length, length);
  for (let t = 0; t < tasks; t++) {
    const mean = rowOf(means, t);
    for (let k = 0; k < length; k++) mean[k]! /= counts[t] || 1;
  }
  vectors.forEach((vector, i) => {
    const mean = rowOf(means, labels[i]!);
    const row = rowOf(rest, i);
    for (let k = 0; k < length; k++) row[k] = vector[k]! - mean[k]!;
  });
  const covariance = gram(rest);
  for (let at = 0; at < covariance.data.length; at++) covariance.data[at]! /= vectors.length;
  const total = floor > 0 ? variances(vectors, length) : new Float64Array(length);
  const spread = factorAnalysis(
    covariance,
    total.map((variance) => floor * variance + LEAST_VARIANCE),
  );
  const used = counts.filter((count) => count > 0).length;
  const size = placedLength(spread);
  const centres = new Float32Array(used * size);
  let next = 0;
  for (let t = 0; t < tasks; t++) {
    if (counts[t]! > 0) place(spread, rowOf(means, t), centres.subarray(next++ * size, next * size));
  }
  return { spread, centres };
}

function variances(vectors: readonly Float32Array[], length: number): Float64Array {
  const sums = new Float64Array(length);
  const squares = new Float64Array(length);
  for (const vector of vectors) {
    for (let k = 0; k < length; k++) {
      sums[k]! += vector[k]!;
      squares[k]! += vector[k]! ** 2;
    }
  }
  return squares.map((square, k) => Math.max(0, square / vectors.length - (sums[k]! / vectors.length) ** 2));
}

/**
 * Takes a covariance for own variances D and a few factors L, and inverts it by Woodbury's identity:
 * (D + L·Lᵀ)⁻¹ = D⁻¹ - G·Gᵀ with G = D⁻¹·L·(1 + Lᵀ·D⁻¹·L)^-½.
 * @param added to the variances
 */
function factorAnalysis(covariance: Matrix, added: Float64Array): Spread {
  const size = covariance.rows;
  const deviation = added.map((more, k) => Math.sqrt(covariance.data[k * size + k]! + more));
  const correlation = matrix(size, size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const shared = covariance.data[i * size + j]! / (deviation[i]! * deviation[j]!);
      correlation.data[i * size + j] = i === j ? 1 : CORRELATION_KEPT * shared;
    }
  }
  const { values, vectors } = eigenSymmetric(correlation);
  const count = Math.min(FACTORS, size);
  const loadings = matrix(count, size);
  for (let f = 0; f < count; f++) {
    const strength = Math.sqrt(Math.max(0, values[f]!));
    for (let k = 0; k < size; k++) loadings.data[f * size + k] = strength * vectors.data[f * size + k]!;
  }
  const own = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    let explained = 0;
    for (let f = 0; f < count; f++) explained += loadings.data[f * size + k]! ** 2;
    own[k] = Math.sqrt(Math.max(LEAST_OWN, 1 - explained));
    for (let f = 0; f < count; f++) loadings.data[f * size + k]! /= own[k]!;
  }
  const inner = matrix(count, count);
  for (let f = 0; f < count; f++) {
    for (let g = 0; g < count; g++) {
      inner.data[f * count + g] = dot(rowOf(loadings, f), rowOf(loadings, g)) + (f === g ? 1 : 0);
    }
  }
  const root = eigenSymmetric(inner);
  const factors = multiply(root.vectors, loadings);
  for (let f = 0; f < count; f++) {
    for (let k = 0; k < size; k++) factors.data[f * size + k]! /= Math.sqrt(root.values[f]!);
  }
  return {
    scale: Float32Array.from(deviation, (value, k) => 1 / (value * own[k]!)),
    factors: Float32Array.from(factors.data),
  };
}
