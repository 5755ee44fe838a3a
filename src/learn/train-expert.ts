/** Trains one pool's predictor (see `policy/embedded/expert.ts`) from the rows on which its candidates were measured. */
import { readingLength } from '../policy/embedded/embedding.ts';
import { addTrusted, forestInputs, inputCount } from '../policy/embedded/expert.ts';
import { STRUCTURE_COUNT } from '../policy/embedded/features.ts';
import type { ExpertWeights } from '../policy/embedded/weights.ts';
import { fitCalibration } from './calibration.ts';
import { fitFamiliarity } from './fit-familiarity.ts';
import { fitTasks } from './fit-tasks.ts';
import { fitTrust, relevanceOf } from './fit-trust.ts';
import type { SparseRows } from './fit-words.ts';
import { type ForestOptions, growForest } from './grow-forest.ts';
import { columnMeans, eigenSymmetric, gram, type Matrix, matrix, rowOf } from './linear-algebra.ts';
import { centre, costScale, outcomeMatrices } from './outcome-matrix.ts';
import type { Random } from './random.ts';
import type { TableRow } from './table.ts';
import { softMeans, taskLabels, taskMeans } from './task-means.ts';

export interface ExpertRows {
  rows: readonly TableRow[];
  /** Embedded prompts, see `embed`. */
  vectors: readonly Float32Array[];
  /** Their hashed words. */
  words: SparseRows;
  dimensions: number;
  /** Candidate ids, in the order of the expert. */
  candidates: readonly string[];
  /** Trees of the forest; default 120. */
  trees?: number | undefined;
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
const SUCCESS_COMPONENTS = 8;
const COST_COMPONENTS = 2;
const TASK_COMPONENTS = 6;
/** The split of a tree looks at cost too, but success is what matters. */
const COST_WEIGHT = 0.4;
const FOREST: ForestOptions = { trees: 120, leafRows: 8, inputShare: 0.3, rowShare: 0.75 };

/** For rows whose single words are not used. */
export function noWords(rows: number): SparseRows {
  return { starts: new Int32Array(rows + 1), buckets: new Uint16Array(0), values: new Float32Array(0) };
}

export function trainExpert(
  { rows, vectors, words, dimensions, candidates, trees = FOREST.trees }: ExpertRows,
  random: Random,
): ExpertFit {
  const count = rows.length;
  const pool = candidates.length;
  const { labels, tasks } = taskLabels(rows, vectors, dimensions, random);
  const { success: scores, logCost } = outcomeMatrices(rows, candidates, labels, tasks);
  const success = columnMeans(scores);
  centre(scores, success);
  centre(logCost, columnMeans(logCost));

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
  const { forest, outOfBag } = growForest(inputs, targets, { ...FOREST, trees }, random);
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
  return {
    expert: {
      success: Float32Array.from(success),
      ...fitFamiliarity(vectors, labels, tasks, readingLength(dimensions)),
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
