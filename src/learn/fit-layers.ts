/**
 * The layers that a prompt's expectations are made of: means by task, and a forest on what they leave. Fitted on all
 * rows for use, and once without each fold to learn how far to believe them: an average that holds a row among others
 * moves against it when the row itself is compared with them, so nothing that saw a row may judge it.
 */
import { forestInputs, inputCount } from '../policy/embedded/expert.ts';
import { readForest } from '../policy/embedded/forest.ts';
import { addByTask, addComponents, towardsBasis } from '../policy/embedded/layers.ts';
import type { ForestWeights } from '../policy/embedded/weights.ts';
import { allRows, foldsOf } from './folds.ts';
import { growForest } from './grow-forest.ts';
import { type Matrix, matrix, rowOf } from './linear-algebra.ts';
import type { Random } from './random.ts';
import { softMeans, taskMeans } from './task-means.ts';

/** What is known of the rows before any layer is fitted. */
export interface LayerRows {
  /** Embedded prompts. */
  vectors: readonly Float32Array[];
  dimensions: number;
  labels: Int32Array;
  tasks: number;
  /** Rows × tasks, by recognisers that had not seen the row. */
  posteriors: Matrix;
  folds: Int32Array;
  /** Rows × candidates, centred by candidate. */
  scores: Matrix;
  /** Rows × candidates, centred by candidate. */
  logCost: Matrix;
  /** Tasks × structure. */
  taskStructure: Float32Array;
  relevance: Float64Array;
  /** Components × candidates. */
  successBasis: Float32Array;
  /** How many these are. */
  successComponents: number;
  costBasis: Float32Array;
}

export interface Layers {
  taskSuccess: Matrix;
  taskLogCost: Matrix;
  forest: ForestWeights;
}

/** What layers say of rows, rows × candidates. */
export interface LayerForecast {
  task: Matrix;
  wording: Matrix;
  /** Beyond the candidate's mean. */
  logCost: Matrix;
}

/** The split of a tree looks at cost too, but success is what matters. */
const COST_WEIGHT = 0.4;

export function fitLayers(data: LayerRows, inside: Int32Array, trees: number, random: Random): Layers {
  const { scores, logCost, labels, tasks, posteriors, folds, successBasis, costBasis, relevance } = data;
  const pool = scores.columns;
  const success = softMeans(scores, labels, tasks, posteriors, folds, inside);
  const cost = softMeans(logCost, labels, tasks, posteriors, folds, inside);
  const into = towardsBasis(successBasis, relevance);
  const reader = inputReader(data, into);
  const inputs = Array.from({ length: reader.width }, () => new Float32Array(inside.length));
  const targets = matrix(inside.length, data.successComponents + costBasis.length / pool);
  inside.forEach((row, i) => {
    const line = reader.read(row, rowOf(success, row));
    for (let k = 0; k < inputs.length; k++) inputs[k]![i] = line[k]!;
    const target = rowOf(targets, i);
    for (let c = 0; c < targets.columns; c++) {
      target[c] =
        c < data.successComponents
          ? alongBasis(into, c, rowOf(scores, row), rowOf(success, row))
          : alongBasis(costBasis, c - data.successComponents, rowOf(logCost, row), rowOf(cost, row));
    }
  });
  const weightOfCost = balance(targets, data.successComponents);
  const forest = growForest(inputs, targets, trees, random);
  for (let c = data.successComponents; c < targets.columns; c++) forest.scale[c]! /= weightOfCost;
  return {
    taskSuccess: taskMeans(scores, labels, tasks, inside),
    taskLogCost: taskMeans(logCost, labels, tasks, inside),
    forest,
  };
}

/** Every row by layers that were fitted without its fold. */
export function crossFit(data: LayerRows, trees: number, random: Random): LayerForecast {
  const { rows, columns } = data.scores;
  const forecast = {
    task: matrix(rows, columns),
    wording: matrix(rows, columns),
    logCost: matrix(rows, columns),
  };
  for (const { shown, heldOut } of foldsOf(allRows(rows), data.folds)) {
    readLayers(data, fitLayers(data, shown, trees, random), heldOut, forecast);
  }
  return forecast;
}

function readLayers(data: LayerRows, layers: Layers, rows: Int32Array, out: LayerForecast): void {
  const { posteriors, successBasis, successComponents } = data;
  const { taskSuccess, taskLogCost, forest } = layers;
  const components = new Float64Array(forest.components);
  const reader = inputReader(data, towardsBasis(successBasis, data.relevance));
  for (const row of rows) {
    const task = rowOf(out.task, row);
    const wording = rowOf(out.wording, row);
    const logCost = rowOf(out.logCost, row);
    const posterior = rowOf(posteriors, row);
    addByTask(taskSuccess.data, posterior, task);
    addByTask(taskLogCost.data, posterior, logCost);
    readForest(forest, reader.read(row, task), components);
    addComponents(components, successComponents, data, wording, logCost);
  }
}

/** The forest's inputs of a row, in one buffer. */
function inputReader(
  data: LayerRows,
  into: Float32Array,
): {
  width: number;
  read(row: number, taskSuccess: Float64Array): Float32Array;
} {
  const { dimensions, successBasis, vectors, posteriors, taskStructure } = data;
  const line = new Float32Array(inputCount(dimensions, successBasis.length / data.scores.columns));
  return {
    width: line.length,
    read(row, taskSuccess) {
      forestInputs(dimensions, vectors[row]!, rowOf(posteriors, row), taskStructure, into, taskSuccess, line);
      return line;
    },
  };
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
