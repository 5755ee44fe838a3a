/** Trains one pool's predictor (see `policy/embedded/expert.ts`) from the rows on which its candidates were measured. */
import { addTrusted, forestInputs, inputCount, nearestCentre } from '../policy/embedded/expert.ts';
import { STRUCTURE_COUNT } from '../policy/embedded/features.ts';
import type { ExpertWeights } from '../policy/embedded/weights.ts';
import { fitCalibration } from './calibration.ts';
import { cluster, fitTasks } from './fit-tasks.ts';
import { fitTrust, relevanceOf } from './fit-trust.ts';
import type { SparseRows } from './fit-words.ts';
import { type ForestOptions, growForest } from './grow-forest.ts';
import {
  columnMeans,
  eigenSymmetric,
  gram,
  type Matrix,
  matrix,
  rowOf,
  solvePositive,
} from './linear-algebra.ts';
import type { Random } from './random.ts';
import type { TableRow } from './table.ts';

export interface ExpertRows {
  rows: readonly TableRow[];
  /** Embedded prompts, see `embed`. */
  vectors: readonly Float32Array[];
  /** Their hashed words. */
  words: SparseRows;
  dimensions: number;
  /** Candidate ids, in the order of the expert. */
  candidates: readonly string[];
}

/** What the trained expert expected of its own rows without having seen them: for stacking, reports and tests. */
export interface ExpertFit {
  expert: Omit<ExpertWeights, 'candidates' | 'wordScoresFrom'>;
  /** Buckets × tasks: scores of single words, where they help to tell the tasks apart. */
  taskWords?: Float64Array;
  heldOut: {
    /** Rows × candidates, calibrated. */
    success: Matrix;
    /** Rows × candidates: cost over the candidate's mean cost. */
    costRatio: Matrix;
    /** Task of each row, and how many there are. */
    labels: Int32Array;
    tasks: number;
  };
  taskAccuracy: number;
}

const FOLDS = 5;
/** Bounds of the pull on task means, in rows. */
const LEAST_PULL = Number(process.env.PULL ?? 1);
const MOST_PULL = 200;
const SUCCESS_COMPONENTS = Number(process.env.COMPS ?? 8);
const COST_COMPONENTS = 2;
const TASK_COMPONENTS = 6;
/** The split of a tree looks at cost too, but success is what matters. */
const COST_WEIGHT = 0.4;
const E = (k: string, d: number): number => Number(process.env[k] ?? d);
export const FOREST: ForestOptions = {
  trees: E('TREES', 120),
  leafRows: E('LEAF', 8),
  inputShare: E('INP', 0.3),
  rowShare: E('ROWS', 0.75),
};

export function trainExpert(
  { rows, vectors, words, dimensions, candidates }: ExpertRows,
  random: Random,
): ExpertFit {
  const count = rows.length;
  const pool = candidates.length;
  const { success: scores, logCost } = outcomeMatrices(rows, candidates);
  const success = columnMeans(scores);
  centre(scores, success);
  centre(logCost, columnMeans(logCost));

  const { labels, tasks } = taskLabels(rows, vectors, dimensions, random);
  const folds = new Int32Array(count);
  random.order(count).forEach((row, position) => {
    folds[row] = position % Math.min(FOLDS, count);
  });
  const fitted = fitTasks(vectors, words, labels, tasks, folds, random);
  const { recogniser, posteriors, accuracy } = fitted;

  const structure = matrix(count, STRUCTURE_COUNT);
  for (let i = 0; i < count; i++)
    rowOf(structure, i).set(vectors[i]!.subarray(dimensions, dimensions + STRUCTURE_COUNT));
  const taskSuccess = taskMeans(scores, labels, tasks);
  const taskLogCost = taskMeans(logCost, labels, tasks);
  const taskStructure = Float32Array.from(taskMeans(structure, labels, tasks).data);
  const softSuccess = softMeans(scores, labels, tasks, posteriors, folds);
  const softCost = softMeans(logCost, labels, tasks, posteriors, folds);

  const taskComponents = Math.min(TASK_COMPONENTS, pool);
  const successComponents = Math.min(SUCCESS_COMPONENTS, pool);
  const costComponents = Math.min(COST_COMPONENTS, pool);
  const relevance = relevanceOf(rows, candidates, softSuccess, success);
  const basis = leadingRows(scores, Math.max(taskComponents, successComponents));
  const costBasis = leadingRows(logCost, costComponents);

  const inputs = Array.from(
    { length: inputCount(dimensions, Math.max(taskComponents, successComponents)) },
    () => new Float32Array(count),
  );
  const line = new Float32Array(inputs.length);
  for (let i = 0; i < count; i++) {
    const posterior = rowOf(posteriors, i);
    forestInputs(dimensions, vectors[i]!, posterior, taskStructure, basis, rowOf(softSuccess, i), line);
    for (let k = 0; k < inputs.length; k++) inputs[k]![i] = line[k]!;
  }

  const targets = matrix(count, successComponents + costComponents);
  for (let i = 0; i < count; i++) {
    const target = rowOf(targets, i);
    for (let c = 0; c < successComponents; c++) {
      target[c] = alongBasis(basis, c, rowOf(scores, i), rowOf(softSuccess, i));
    }
    for (let c = 0; c < costComponents; c++) {
      target[successComponents + c] = alongBasis(costBasis, c, rowOf(logCost, i), rowOf(softCost, i));
    }
  }
  const weightOfCost = balance(targets, successComponents);
  const { forest, outOfBag } = growForest(inputs, targets, FOREST, random);
  for (let c = successComponents; c < targets.columns; c++) forest.scale[c]! /= weightOfCost;

  const wording = matrix(count, pool);
  const cost = matrix(count, pool);
  for (let i = 0; i < count; i++) {
    const component = rowOf(outOfBag, i);
    const target = rowOf(wording, i);
    const costTarget = rowOf(cost, i);
    for (let j = 0; j < pool; j++) {
      for (let c = 0; c < successComponents; c++) target[j]! += component[c]! * basis[c * pool + j]!;
      costTarget[j] = softCost.data[i * pool + j]!;
      for (let c = 0; c < costComponents; c++) {
        costTarget[j]! += (component[successComponents + c]! / weightOfCost) * costBasis[c * pool + j]!;
      }
    }
  }
  const trust = fitTrust(scores, softSuccess, wording, relevance);
  const raw = matrix(count, pool);
  for (let i = 0; i < count; i++) {
    const target = rowOf(raw, i);
    target.set(success);
    addTrusted(rowOf(softSuccess, i), relevance, trust.task, target);
    addTrusted(rowOf(wording, i), relevance, trust.wording, target);
  }
  const calibration = fitCalibration(raw, scores, success);
  const heldOutSuccess = calibration.apply(raw);
  const scale = costScale(rows, candidates, cost);
  const centres = taskCentres(vectors, labels, tasks, dimensions);
  return {
    expert: {
      success: Float32Array.from(success),
      centres,
      ...familiarRange(centres, vectors, dimensions),
      taskWeights: recogniser.weights,
      taskBias: recogniser.bias,
      taskSuccess: Float32Array.from(taskSuccess.data),
      taskLogCost: Float32Array.from(taskLogCost.data),
      taskStructure,
      forest,
      successComponents,
      relevance: Float32Array.from(relevance),
      taskTrust: Float32Array.from(trust.task),
      wordingTrust: Float32Array.from(trust.wording),
      successBasis: basis,
      costBasis,
      residualCovariance: residualCovariance(heldOutSuccess, scores, success),
      costTrust: 1,
      costScale: scale,
      calibrationFrom: calibration.from,
      calibrationTo: calibration.to,
    },
    ...(fitted.words && { taskWords: fitted.words }),
    heldOut: { success: heldOutSuccess, costRatio: costRatios(cost, scale), labels, tasks },
    taskAccuracy: accuracy,
  };
}

/** Scores and log costs, rows × candidates; what a row lacks is filled with the candidate's mean plus the row's own tendency. */
function outcomeMatrices(
  rows: readonly TableRow[],
  candidates: readonly string[],
): { success: Matrix; logCost: Matrix } {
  const success = matrix(rows.length, candidates.length).data.fill(Number.NaN);
  const logCost = matrix(rows.length, candidates.length).data.fill(Number.NaN);
  const pool = candidates.length;
  rows.forEach((row, i) => {
    candidates.forEach((id, j) => {
      const outcome = row.outcomes.get(id);
      if (!outcome) return;
      success[i * pool + j] = outcome.score;
      logCost[i * pool + j] = Math.log(Math.max(outcome.costUsd, 1e-9));
    });
  });
  const size = { rows: rows.length, columns: pool };
  return { success: fillGaps({ ...size, data: success }), logCost: fillGaps({ ...size, data: logCost }) };
}

function fillGaps(m: Matrix): Matrix {
  const mean = new Float64Array(m.columns);
  for (let j = 0; j < m.columns; j++) {
    let sum = 0;
    let known = 0;
    for (let i = 0; i < m.rows; i++) {
      const value = m.data[i * m.columns + j]!;
      if (Number.isNaN(value)) continue;
      sum += value;
      known++;
    }
    mean[j] = known > 0 ? sum / known : 0;
  }
  for (let i = 0; i < m.rows; i++) {
    const row = rowOf(m, i);
    let tendency = 0;
    let known = 0;
    for (let j = 0; j < m.columns; j++) {
      if (Number.isNaN(row[j]!)) continue;
      tendency += row[j]! - mean[j]!;
      known++;
    }
    for (let j = 0; j < m.columns; j++) if (Number.isNaN(row[j]!)) row[j] = mean[j]! + tendency / (known + 1);
  }
  return m;
}

function centre(m: Matrix, mean: Float64Array): void {
  for (let i = 0; i < m.rows; i++) for (let j = 0; j < m.columns; j++) m.data[i * m.columns + j]! -= mean[j]!;
}

/** Named tasks where most rows name one, else clusters of similar wording. */
function taskLabels(
  rows: readonly TableRow[],
  vectors: readonly Float32Array[],
  dimensions: number,
  random: Random,
): { labels: Int32Array; tasks: number } {
  const named = rows.filter((row) => row.task !== undefined).length;
  if (named * 2 < rows.length) {
    const tasks = Math.max(1, Math.min(64, Math.floor(rows.length / 30)));
    return { labels: cluster(vectors, dimensions, tasks, random), tasks };
  }
  const index = new Map<string, number>();
  const labels = Int32Array.from(rows, ({ task = '' }) => {
    const at = index.get(task) ?? index.size;
    index.set(task, at);
    return at;
  });
  return { labels, tasks: index.size };
}

/**
 * Means by task of centred values, pulled to zero; a fold may be left out. What all candidates share and what
 * sets each apart are pulled separately, each as strongly as its spread within tasks is larger than between
 * them (empirical Bayes by moments, Efron and Morris 1975).
 */
function taskMeans(
  values: Matrix,
  labels: Int32Array,
  tasks: number,
  folds?: Int32Array,
  without?: number,
): Matrix {
  const columns = values.columns + 1;
  const sums = matrix(tasks, columns);
  const squares = new Float64Array(columns);
  const counts = new Float64Array(tasks);
  let total = 0;
  for (let i = 0; i < values.rows; i++) {
    if (folds && folds[i] === without) continue;
    const row = rowOf(values, i);
    const sum = rowOf(sums, labels[i]!);
    let level = 0;
    for (let j = 0; j < values.columns; j++) level += row[j]! / values.columns;
    counts[labels[i]!]!++;
    total++;
    for (let j = 0; j < columns; j++) {
      const value = j < values.columns ? row[j]! - level : level;
      sum[j]! += value;
      squares[j]! += value * value;
    }
  }
  const means = matrix(tasks, values.columns);
  const pull = new Float64Array(columns);
  for (let j = 0; j < columns; j++) {
    let explained = 0;
    let used = 0;
    for (let t = 0; t < tasks; t++) {
      if (counts[t] === 0) continue;
      explained += sums.data[t * columns + j]! ** 2 / counts[t]!;
      used++;
    }
    const within = (squares[j]! - explained) / Math.max(1, total - used);
    const between = Math.max(explained / Math.max(1, total) - (within * used) / Math.max(1, total), 0);
    pull[j] = Math.min(MOST_PULL, Math.max(LEAST_PULL, between > 0 ? within / between : MOST_PULL));
  }
  for (let t = 0; t < tasks; t++) {
    const sum = rowOf(sums, t);
    const level = sum[values.columns]! / (counts[t]! + pull[values.columns]!);
    for (let j = 0; j < values.columns; j++) {
      means.data[t * values.columns + j] = level + sum[j]! / (counts[t]! + pull[j]!);
    }
  }
  return means;
}

/** Each row's expectation from its task posterior, with task means that did not see its fold. */
function softMeans(
  values: Matrix,
  labels: Int32Array,
  tasks: number,
  posteriors: Matrix,
  folds: Int32Array,
): Matrix {
  const out = matrix(values.rows, values.columns);
  for (let fold = 0; fold <= Math.max(...folds); fold++) {
    const means = taskMeans(values, labels, tasks, folds, fold);
    for (let i = 0; i < values.rows; i++) {
      if (folds[i] !== fold) continue;
      const target = rowOf(out, i);
      const posterior = rowOf(posteriors, i);
      for (let t = 0; t < tasks; t++) {
        if (posterior[t]! < 0.001) continue;
        const mean = rowOf(means, t);
        for (let j = 0; j < values.columns; j++) target[j]! += posterior[t]! * mean[j]!;
      }
    }
  }
  return out;
}

/** The leading principal directions of centred rows, as rows one after the other. */
function leadingRows(values: Matrix, count: number): Float32Array {
  const { vectors } = eigenSymmetric(gram(values));
  return Float32Array.from(vectors.data.subarray(0, count * values.columns));
}

function alongBasis(
  basis: Float32Array,
  component: number,
  value: Float64Array,
  expected: Float64Array,
): number {
  let sum = 0;
  const base = component * value.length;
  for (let j = 0; j < value.length; j++) sum += basis[base + j]! * (value[j]! - expected[j]!);
  return sum;
}

/** Scales the cost targets so that together they vary `COST_WEIGHT` as much as success; returns the factor. */
function balance(targets: Matrix, successComponents: number): number {
  let success = 0;
  let cost = 0;
  for (let i = 0; i < targets.rows; i++) {
    const row = rowOf(targets, i);
    for (let c = 0; c < targets.columns; c++) {
      if (c < successComponents) success += row[c]! ** 2;
      else cost += row[c]! ** 2;
    }
  }
  const factor = cost > 0 && success > 0 ? Math.sqrt((success / cost) * COST_WEIGHT) : 1;
  for (let i = 0; i < targets.rows; i++) {
    const row = rowOf(targets, i);
    for (let c = successComponents; c < targets.columns; c++) row[c]! *= factor;
  }
  return factor;
}

function taskCentres(
  vectors: readonly Float32Array[],
  labels: Int32Array,
  tasks: number,
  dimensions: number,
): Float32Array {
  const centres = new Float32Array(tasks * dimensions);
  vectors.forEach((vector, i) => {
    const base = labels[i]! * dimensions;
    for (let d = 0; d < dimensions; d++) centres[base + d]! += vector[d]!;
  });
  for (let base = 0; base < centres.length; base += dimensions) {
    let norm = 0;
    for (let d = 0; d < dimensions; d++) norm += centres[base + d]! ** 2;
    for (let d = 0; d < dimensions; d++) centres[base + d]! /= Math.sqrt(norm) || 1;
  }
  return centres;
}

/** Prompts as far from every task as the outermost of the training ones are half trusted. */
function familiarRange(
  centres: Float32Array,
  vectors: readonly Float32Array[],
  dimensions: number,
): { familiarFrom: number; familiarTo: number } {
  const nearest = Float64Array.from(vectors, (vector) => nearestCentre(centres, vector, dimensions)).sort();
  const familiarTo = nearest[Math.floor(nearest.length * 0.05)]!;
  return { familiarFrom: familiarTo * 0.4, familiarTo: Math.max(familiarTo, 1e-3) };
}

/** Brings the mean of exp(expected log cost ratio) to the mean of the real ratios, candidate by candidate. */
function costScale(
  rows: readonly TableRow[],
  candidates: readonly string[],
  expectedLog: Matrix,
): Float32Array {
  const scale = new Float32Array(candidates.length);
  candidates.forEach((id, j) => {
    let expected = 0;
    let known = 0;
    rows.forEach((row, i) => {
      if (!row.outcomes.has(id)) return;
      expected += Math.exp(expectedLog.data[i * candidates.length + j]!);
      known++;
    });
    scale[j] = known > 0 && expected > 0 ? known / expected : 1;
  });
  return scale;
}

function costRatios(expectedLog: Matrix, scale: Float32Array): Matrix {
  const data = expectedLog.data.map((log, i) => Math.exp(log) * scale[i % scale.length]!);
  return { ...expectedLog, data };
}

function residualCovariance(expected: Matrix, centred: Matrix, mean: Float64Array): Float32Array {
  const residual = matrix(expected.rows, expected.columns);
  for (let i = 0; i < expected.rows; i++) {
    for (let j = 0; j < expected.columns; j++) {
      const at = i * expected.columns + j;
      residual.data[at] = centred.data[at]! + mean[j]! - expected.data[at]!;
    }
  }
  return Float32Array.from(gram(residual).data, (value) => value / Math.max(1, expected.rows));
}
