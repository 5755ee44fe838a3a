/** Lets new candidates into an expert that knows others on prompts like theirs. */
import { Expert } from '../policy/embedded/expert.ts';
import type { CandidateWeights, ExpertWeights } from '../policy/embedded/weights.ts';
import { dot, type Matrix, matrix, rowOf, solvePositive } from './linear-algebra.ts';
import type { TableRow } from './table.ts';

/** Rows by which a new candidate is believed to find hard what the others find hard, before its own rows say so. */
const PRIOR_ROWS = 400;

/** The rows that let new candidates into an expert. */
export interface Joining {
  rows: readonly TableRow[];
  vectors: readonly Float32Array[];
  joining: readonly string[];
  candidates: readonly CandidateWeights[];
  position: ReadonlyMap<string, number>;
}

/**
 * Each new candidate's success is its mean plus a mix of what the expert says of the others beyond their
 * means: ridge regression towards their plain average, so that with few rows it finds hard what all find hard.
 */
export function joinExpert(
  weights: ExpertWeights,
  dimensions: number,
  { rows, vectors, joining, candidates, position }: Joining,
): ExpertWeights {
  const known = Array.from(weights.candidates, (at) => candidates[at]!.id);
  const expert = new Expert(weights, dimensions);
  const old = weights.candidates.length;
  const said = matrix(rows.length, old);
  const tasks = matrix(rows.length, weights.taskBias.length);
  /** By row: cost over the mean cost, in the expert's usual proportion (the newcomers' columns are the others' mean). */
  const costRatio = new Float64Array(rows.length);
  vectors.forEach((vector, i) => {
    expert.predict(vector);
    let log = 0;
    for (let j = 0; j < old; j++) log += Math.log(expert.costRatio[j]! / weights.costScale[j]!) / old;
    costRatio[i] = Math.exp(log);
    rowOf(tasks, i).set(expert.tasks);
    for (let j = 0; j < old; j++) said.data[i * old + j] = expert.success[j]! - weights.success[j]!;
  });
  // Rows of another kind than the expert's may be easier or harder for all than it says, and by chance they are too:
  // the others' outcomes on the same rows tell by how much, and a newcomer is placed beside them.
  const surprise = rows.map(({ outcomes }, i) => {
    const rest = known.flatMap((id, j) => {
      const outcome = outcomes.get(id);
      return outcome ? [outcome.score - weights.success[j]! - said.data[i * old + j]!] : [];
    });
    return average(rest);
  });
  const shift = (scores: readonly (number | undefined)[]): number =>
    -average(surprise.filter((_, i) => scores[i] !== undefined));
  let size = old;
  let joined = weights;
  for (const id of joining) {
    const scores = rows.map((row) => row.outcomes.get(id)?.score);
    const { shares, mean } = mixOf(scores, said, old);
    const beyond = beyondMix(scores, said, tasks, shares, mean);
    const placed = bounded(mean + shift(scores));
    const taskSuccess = withColumn(joined.taskSuccess, size, shares);
    beyond.forEach((value, t) => {
      taskSuccess[t * (size + 1) + size]! += value;
    });
    joined = {
      ...joined,
      candidates: Int32Array.of(...joined.candidates, position.get(id)!),
      success: Float32Array.of(...joined.success, placed),
      relevance: Float32Array.of(...joined.relevance, 0),
      costScale: Float32Array.of(...joined.costScale, costScaleOf(rows, id, costRatio)),
      taskSuccess,
      taskLogCost: withColumn(joined.taskLogCost, size, uniform(old)),
      successBasis: withColumn(joined.successBasis, size, shares),
      costBasis: withColumn(joined.costBasis, size, uniform(old)),
    };
    size++;
  }
  return joined;
}

/** Brings the expected costs of the rows a newcomer was measured on to what they were on average. */
function costScaleOf(rows: readonly TableRow[], id: string, costRatio: Float64Array): number {
  const ratios = rows.flatMap((row, i) => (row.outcomes.has(id) ? [costRatio[i]!] : []));
  const sum = ratios.reduce((total, ratio) => total + ratio, 0);
  return sum > 0 ? ratios.length / sum : 1;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function bounded(success: number): number {
  return Math.min(0.99, Math.max(0.01, success));
}

function uniform(size: number): Float64Array {
  return new Float64Array(size).fill(1 / size);
}

function mixOf(
  scores: readonly (number | undefined)[],
  said: Matrix,
  old: number,
): { shares: Float64Array; mean: number } {
  const measured = scores.flatMap((score, i) => (score === undefined ? [] : [i]));
  const levels = measured.map((i) => average([...rowOf(said, i)]));
  // The few rows may be easier or harder than most; the expert knows by how much.
  const mean = average(measured.map((i) => scores[i]!)) - average(levels);
  const left = matrix(old, old);
  const right = matrix(old, 1);
  measured.forEach((i, at) => {
    const row = rowOf(said, i);
    const rest = scores[i]! - mean - levels[at]!;
    for (let j = 0; j < old; j++) {
      right.data[j]! += row[j]! * rest;
      for (let k = 0; k < old; k++) left.data[j * old + k]! += row[j]! * row[k]!;
    }
  });
  let trace = 0;
  for (let j = 0; j < old; j++) trace += left.data[j * old + j]!;
  // The penalty of a coefficient: as if noise of one score's size had been seen on that many rows.
  const penalty = ((trace / old) * PRIOR_ROWS) / Math.max(1, measured.length) + 0.2;
  for (let j = 0; j < old; j++) left.data[j * old + j]! += penalty;
  const solved = solvePositive(left, right).data;
  return { shares: solved.map((value) => value + 1 / old), mean };
}

/** By task, how much better than the mix the newcomer is, pulled to zero as far as its spread may be chance. */
function beyondMix(
  scores: readonly (number | undefined)[],
  said: Matrix,
  tasks: Matrix,
  shares: Float64Array,
  mean: number,
): Float64Array {
  const sums = new Float64Array(tasks.columns);
  const counts = new Float64Array(tasks.columns);
  let squares = 0;
  let measured = 0;
  scores.forEach((score, i) => {
    if (score === undefined) return;
    const rest = score - mean - dot(rowOf(said, i), shares);
    squares += rest * rest;
    measured++;
    const posterior = rowOf(tasks, i);
    for (let t = 0; t < tasks.columns; t++) {
      sums[t]! += posterior[t]! * rest;
      counts[t]! += posterior[t]!;
    }
  });
  const within = squares / Math.max(1, measured);
  let between = 0;
  for (let t = 0; t < tasks.columns; t++) {
    if (counts[t]! > 0) between += (sums[t]! ** 2 / counts[t]! - within) / Math.max(1, measured);
  }
  const pull = between > 0 ? within / between : Number.POSITIVE_INFINITY;
  return sums.map((sum, t) => sum / (counts[t]! + pull));
}

/** A matrix of `size` columns with one more: the shares of its first columns. */
function withColumn(values: Float32Array, size: number, shares: Float64Array): Float32Array {
  const rows = size === 0 ? 0 : values.length / size;
  const out = new Float32Array(rows * (size + 1));
  for (let r = 0; r < rows; r++) {
    out.set(values.subarray(r * size, (r + 1) * size), r * (size + 1));
    let sum = 0;
    for (let j = 0; j < shares.length; j++) sum += shares[j]! * values[r * size + j]!;
    out[r * (size + 1) + size] = sum;
  }
  return out;
}
