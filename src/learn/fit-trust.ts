/**
 * How far to believe each layer of the predictor. A choice depends on the differences between the candidates
 * that come into question, so those are weighed apart from what all candidates share: an error in the level of
 * a prompt changes nothing, an error between the two best costs the choice.
 */
import { addTrusted, addWording, type Trust } from '../policy/embedded/layers.ts';
import { type Matrix, matrix, rowOf, solvePositive } from './linear-algebra.ts';
import type { TableRow } from './table.ts';

/** Utility within about this of the best counts as nearly chosen. */
const NEARLY = 0.02;
/** Beforehand a layer is believed as it is, give or take so much: few tasks or rows cannot prove it wrong. */
const PRIOR_DEVIATION = 0.4;
const MOST_TRUST = 2;
/** Squared standard errors within which a coefficient counts as nothing. */
const DOUBT = 4;
/** What a candidate that is hardly ever chosen counts, as a share of what it would if all counted the same. */
const LEAST_RELEVANCE = 0.2;

/**
 * How often each candidate would be chosen, or nearly, over prompts and lambdas: whom it is worth predicting
 * well. Sums to 1.
 * @param centred expected success minus `mean`, rows × candidates
 */
export function relevanceOf(
  rows: readonly TableRow[],
  candidates: readonly string[],
  centred: Matrix,
  mean: Float64Array,
): Float64Array {
  const pool = candidates.length;
  const cost = candidates.map((id) => {
    let sum = 0;
    let known = 0;
    for (const row of rows) {
      const outcome = row.outcomes.get(id);
      if (!outcome) continue;
      sum += outcome.costUsd;
      known++;
    }
    return sum / Math.max(1, known);
  });
  const reference = Math.max(...cost) || 1;
  const share = new Float64Array(pool);
  const utility = new Float64Array(pool);
  for (let exponent = -3; exponent <= 1; exponent += 0.25) {
    const lambda = 10 ** exponent;
    for (let i = 0; i < rows.length; i++) {
      let most = Number.NEGATIVE_INFINITY;
      for (let j = 0; j < pool; j++) {
        utility[j] = mean[j]! + centred.data[i * pool + j]! - (lambda * cost[j]!) / reference;
        if (utility[j]! > most) most = utility[j]!;
      }
      for (let j = 0; j < pool; j++) {
        const gap = (most - utility[j]!) / NEARLY;
        if (gap < 12) share[j]! += Math.exp(-gap);
      }
    }
  }
  const total = share.reduce((sum, value) => sum + value, 0);
  return share.map((value) => ((1 - LEAST_RELEVANCE) * value) / total + LEAST_RELEVANCE / pool);
}

export interface LayerTrust {
  task: Trust;
  wording: Trust;
}

/**
 * How far the layers are believed, by least squares on rows they had not seen: the level of both together, the
 * task's differences between candidates, then the wording's differences beyond what its level does to each.
 * @param mean of each candidate; all the rest is centred on it
 */
export function fitTrust(
  scores: Matrix,
  task: Matrix,
  wording: Matrix,
  relevance: Float64Array,
  mean: Float64Array,
): LayerTrust {
  const level = matrix(2, 2);
  const levelRight = matrix(2, 1);
  const difference = matrix(2, 2);
  const differenceRight = matrix(2, 1);
  let levelSquares = 0;
  let apartSquares = 0;
  for (let i = 0; i < scores.rows; i++) {
    const rows = [rowOf(task, i), rowOf(wording, i), rowOf(scores, i)];
    const means = rows.map((row) => row.reduce((sum, value, j) => sum + relevance[j]! * value, 0));
    accumulate(level, levelRight, means, 1);
    levelSquares += means[2]! ** 2;
    for (let j = 0; j < relevance.length; j++) {
      const apart = rows.map((row, k) => row[j]! - means[k]!);
      accumulate(difference, differenceRight, apart, relevance[j]!);
      apartSquares += relevance[j]! * apart[2]! ** 2;
    }
  }
  const [taskLevel, wordingLevel] = solveTowardsOne(level, levelRight, levelSquares / scores.rows);
  const [taskApart] = solveTowardsOne(difference, differenceRight, apartSquares / scores.rows);
  const trust: LayerTrust = { task: [taskLevel, taskApart], wording: [wordingLevel, 0] };
  trust.wording = [wordingLevel, trustApart(scores, task, wording, relevance, mean, trust)];
  return trust;
}

/**
 * Differences between candidates by wording are the weakest of the layers and decide the choice, so they have to
 * show: the least squares coefficient shrunk by its own uncertainty over rows, 1 - DOUBT / t² of it or nothing (the
 * form of James and Stein's estimator, 1961, positive part).
 */
function trustApart(
  scores: Matrix,
  task: Matrix,
  wording: Matrix,
  relevance: Float64Array,
  mean: Float64Array,
  trust: LayerTrust,
): number {
  const expected = new Float64Array(relevance.length);
  const withWording = new Float64Array(relevance.length);
  let product = 0;
  let productSquares = 0;
  let square = 0;
  for (let i = 0; i < scores.rows; i++) {
    expected.set(mean);
    addTrusted(rowOf(task, i), relevance, trust.task, expected);
    withWording.set(expected);
    addWording(rowOf(wording, i), relevance, [trust.wording[0], 0], expected);
    addWording(rowOf(wording, i), relevance, [trust.wording[0], 1], withWording);
    let own = 0;
    for (let j = 0; j < relevance.length; j++) {
      const beyond = withWording[j]! - expected[j]!;
      own += relevance[j]! * beyond * (scores.data[i * relevance.length + j]! + mean[j]! - expected[j]!);
      square += relevance[j]! * beyond * beyond;
    }
    product += own;
    productSquares += own * own;
  }
  if (square <= 0 || product <= 0) return 0;
  const certainty = 1 - (DOUBT * productSquares) / (product * product);
  return bounded((product / square) * certainty);
}

function accumulate(left: Matrix, right: Matrix, [a, b, y]: number[], weight: number): void {
  left.data[0]! += weight * a! * a!;
  left.data[1]! += weight * a! * b!;
  left.data[2]! += weight * a! * b!;
  left.data[3]! += weight * b! * b!;
  right.data[0]! += weight * a! * y!;
  right.data[1]! += weight * b! * y!;
}

/** The posterior mean of both coefficients, each normal around 1 beforehand; `noise` is a row's variance. */
function solveTowardsOne(left: Matrix, right: Matrix, noise: number): [number, number] {
  const prior = noise / PRIOR_DEVIATION ** 2 + 1e-9;
  for (let k = 0; k < 2; k++) {
    left.data[k * 3]! += prior;
    right.data[k]! += prior;
  }
  const { data } = solvePositive(left, right);
  return [bounded(data[0]!), bounded(data[1]!)];
}

function bounded(value: number): number {
  return Math.min(MOST_TRUST, Math.max(0, value));
}
