/** Trains one pool's predictor (see `policy/embedded/expert.ts`) from the rows on which its candidates were measured. */
import { readingLength } from '../policy/embedded/embedding.ts';
import type { BackgroundWeights } from '../policy/embedded/familiarity.ts';
import { STRUCTURE_COUNT } from '../policy/embedded/features.ts';
import { addByTask, addTrusted, addWording } from '../policy/embedded/layers.ts';
import type { ExpertWeights } from '../policy/embedded/weights.ts';
import { fitCalibration } from './calibration.ts';
import { fitFamiliarity } from './fit-familiarity.ts';
import { crossFit, fitLayers, type LayerRows } from './fit-layers.ts';
import { fitTasks } from './fit-tasks.ts';
import { fitTrust, relevanceOf } from './fit-trust.ts';
import type { SparseRows } from './fit-words.ts';
import { allRows, dealFolds } from './folds.ts';
import { columnMeans, eigenSymmetric, gram, type Matrix, matrix, rowOf } from './linear-algebra.ts';
import { centre, outcomeMatrices, smearing } from './outcome-matrix.ts';
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
  /** What prompts of all experts look like. */
  background: BackgroundWeights;
  /** Candidate ids, in the order of the expert. */
  candidates: readonly string[];
  /** Trees of the forest; default 120. */
  trees?: number | undefined;
}

/** A trained expert, and what it expected of its own rows without having seen them. */
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
  /** Share of the rows whose task it told without having seen them. */
  taskAccuracy: number;
}

/** Leading components of the outcomes that the forest speaks in: success by candidate, and log cost. */
const SUCCESS_COMPONENTS = 8;
const COST_COMPONENTS = 2;
const TREES = 120;

/** For rows whose single words are not used. */
export function noWords(rows: number): SparseRows {
  return { starts: new Int32Array(rows + 1), buckets: new Uint16Array(0), values: new Float32Array(0) };
}

export function trainExpert(
  { rows, vectors, words, dimensions, background, candidates, trees = TREES }: ExpertRows,
  random: Random,
): ExpertFit {
  const count = rows.length;
  const pool = candidates.length;
  const { labels, tasks } = taskLabels(rows, vectors, dimensions, random);
  const { success: scores, logCost } = outcomeMatrices(rows, candidates, labels, tasks);
  const success = columnMeans(scores);
  centre(scores, success);
  centre(logCost, columnMeans(logCost));

  const folds = dealFolds(count, random);
  const fitted = fitTasks(vectors, words, labels, tasks, folds, random);
  const { recogniser, posteriors, accuracy } = fitted;

  const structure = matrix(count, STRUCTURE_COUNT);
  for (let i = 0; i < count; i++)
    rowOf(structure, i).set(vectors[i]!.subarray(dimensions, dimensions + STRUCTURE_COUNT));
  const everything = allRows(count);
  const softSuccess = softMeans(scores, labels, tasks, posteriors, folds, everything);
  const successComponents = Math.min(SUCCESS_COMPONENTS, pool);
  const relevance = relevanceOf(rows, candidates, softSuccess, success);
  const data: LayerRows = {
    vectors,
    dimensions,
    labels,
    tasks,
    posteriors,
    folds,
    scores,
    logCost,
    taskStructure: Float32Array.from(taskMeans(structure, labels, tasks, everything).data),
    relevance,
    successBasis: relevantBasis(scores, relevance, successComponents),
    successComponents,
    costBasis: leadingRows(logCost, Math.min(COST_COMPONENTS, pool)),
  };
  const { task, wording, logCost: cost } = crossFit(data, trees, random);
  const { taskSuccess, taskLogCost, forest } = fitLayers(data, everything, trees, random);
  const trust = fitTrust(scores, task, wording, relevance, success);
  const raw = matrix(count, pool);
  for (let i = 0; i < count; i++) {
    const target = rowOf(raw, i);
    target.set(success);
    addTrusted(rowOf(task, i), relevance, trust.task, target);
    addWording(rowOf(wording, i), relevance, trust.wording, target);
  }
  const calibration = fitCalibration(raw, scores, success);
  const heldOutSuccess = calibration.apply(raw);
  const { scale, byTask } = smearing(rows, candidates, cost, labels, tasks);
  for (let k = 0; k < byTask.length; k++) taskLogCost.data[k]! += byTask[k]!;
  for (let i = 0; i < count; i++) addByTask(byTask, rowOf(posteriors, i), rowOf(cost, i));
  return {
    expert: {
      success: Float32Array.from(success),
      known: fitFamiliarity(vectors, labels, tasks, readingLength(dimensions), folds, background),
      taskWeights: recogniser.weights,
      taskBias: recogniser.bias,
      taskSuccess: Float32Array.from(taskSuccess.data),
      taskLogCost: Float32Array.from(taskLogCost.data),
      taskStructure: data.taskStructure,
      forest,
      successComponents,
      relevance: Float32Array.from(relevance),
      taskTrust: Float32Array.from(trust.task),
      wordingTrust: Float32Array.from(trust.wording),
      successBasis: data.successBasis,
      costBasis: data.costBasis,
      costScale: scale,
      calibrationFrom: calibration.from,
      calibrationTo: calibration.to,
    },
    ...(fitted.words && { taskWords: fitted.words }),
    heldOut: { success: heldOutSuccess, costRatio: costRatios(cost, scale), labels, tasks },
    taskAccuracy: accuracy,
  };
}

/** Leading principal directions of centred scores, weighted by how much each candidate matters; leads back from components. */
function relevantBasis(scores: Matrix, relevance: Float64Array, count: number): Float32Array {
  const pool = scores.columns;
  const weight = relevance.map((share) => Math.sqrt(share * pool));
  const weighted = { ...scores, data: scores.data.map((value, at) => value * weight[at % pool]!) };
  return leadingRows(weighted, count).map((value, at) => value / weight[at % pool]!);
}

/** The leading principal directions of centred rows, as rows one after the other. */
function leadingRows(values: Matrix, count: number): Float32Array {
  const { vectors } = eigenSymmetric(gram(values));
  return Float32Array.from(vectors.data.subarray(0, count * values.columns));
}

function costRatios(expectedLog: Matrix, scale: Float32Array): Matrix {
  const data = expectedLog.data.map((log, i) => Math.exp(log) * scale[i % scale.length]!);
  return { ...expectedLog, data };
}
