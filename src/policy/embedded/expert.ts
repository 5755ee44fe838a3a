/**
 * One pool's predictor. Four layers, each only as strong as the rows behind it:
 *
 *   the candidate's mean                             always
 *   + the mean of the recognised task minus it       a soft mix over the tasks the prompt may belong to
 *   + how hard the prompt is for its task            one number for all candidates, on the logit (Rasch 1960): it
 *                                                    moves a coin toss further than what is certain either way
 *   + whom its wording favours beyond that           as far as rows not learned from bear it out
 *
 * The last two come from one forest on the wording and size of the prompt, over the leading components of the
 * outcome matrix.
 */
import { Familiarity } from './familiarity.ts';
import { STRUCTURE_COUNT } from './features.ts';
import { readForest } from './forest.ts';
import { addByTask, addComponents, addTrusted, addWording, LEAST_SHARE, towardsBasis } from './layers.ts';
import type { ExpertWeights } from './weights.ts';

/** Success outside these bounds would be certainty, which no table and no log supports. */
const LEAST_SUCCESS = 0.002;
const MOST_SUCCESS = 0.998;

export function shortOfCertain(success: number): number {
  return Math.max(LEAST_SUCCESS, Math.min(MOST_SUCCESS, success));
}

export class Expert {
  readonly weights: ExpertWeights;
  /** Of the last prompt, one for each candidate of the expert. */
  readonly success: Float64Array;
  /** Of the last prompt: cost over the candidate's mean cost. */
  readonly costRatio: Float64Array;
  /** Of the last prompt: how likely each task is. */
  readonly tasks: Float64Array;
  private readonly dimensions: number;
  private readonly components: Float64Array;
  /** Of the forest, see `forestInputs`. */
  private readonly inputs: Float32Array;
  private readonly wording: Float64Array;
  private readonly raw: Float64Array;
  /** From deviations of the candidates to components; `successBasis` leads back. */
  private readonly towardsBasis: Float32Array;
  private readonly known: Familiarity;

  constructor(weights: ExpertWeights, dimensions: number) {
    this.weights = weights;
    this.dimensions = dimensions;
    const candidates = weights.candidates.length;
    this.success = new Float64Array(candidates);
    this.costRatio = new Float64Array(candidates);
    this.tasks = new Float64Array(weights.taskBias.length);
    this.inputs = new Float32Array(inputCount(dimensions, weights.successBasis.length / candidates));
    this.components = new Float64Array(weights.forest.components);
    this.wording = new Float64Array(candidates);
    this.raw = new Float64Array(candidates);
    this.towardsBasis = towardsBasis(weights.successBasis, weights.relevance);
    this.known = new Familiarity(weights.known);
  }

  /**
   * How much this expert's training says about a prompt, 0..1.
   * @param fromBackground the prompt's distance there
   */
  familiarity(vector: Float32Array, fromBackground: number): number {
    return this.known.of(vector, fromBackground);
  }

  predict(vector: Float32Array): void {
    const { weights, success, costRatio, tasks, components } = this;
    discriminants(weights.taskWeights, weights.taskBias, vector, tasks);
    const { wordScoresFrom } = weights;
    if (wordScoresFrom >= 0) for (let t = 0; t < tasks.length; t++) tasks[t]! += vector[wordScoresFrom + t]!;
    toShares(tasks);
    success.fill(0);
    costRatio.fill(0);
    addByTask(weights.taskSuccess, tasks, success);
    addByTask(weights.taskLogCost, tasks, costRatio);
    forestInputs(
      this.dimensions,
      vector,
      tasks,
      weights.taskStructure,
      this.towardsBasis,
      success,
      this.inputs,
    );
    readForest(weights.forest, this.inputs, components);
    const { wording, raw } = this;
    wording.fill(0);
    addComponents(components, weights.successComponents, weights, wording, costRatio);
    raw.set(weights.success);
    addTrusted(success, weights.relevance, weights.taskTrust, raw);
    addWording(wording, weights.relevance, weights.wordingTrust, raw);
    for (let j = 0; j < success.length; j++) {
      success[j] = shortOfCertain(interpolate(weights.calibrationFrom, weights.calibrationTo, raw[j]!));
      costRatio[j] = Math.exp(costRatio[j]!) * weights.costScale[j]!;
    }
  }
}

export function inputCount(dimensions: number, taskComponents: number): number {
  return dimensions + 2 * STRUCTURE_COUNT + taskComponents;
}

/** Words, structure, structure beyond the task's usual, and what the task says in the outcome components. */
export function forestInputs(
  dimensions: number,
  vector: Float32Array,
  tasks: Float64Array,
  taskStructure: Float32Array,
  basis: Float32Array,
  taskSuccess: Float64Array,
  out: Float32Array,
): void {
  const width = dimensions + STRUCTURE_COUNT;
  for (let i = 0; i < width; i++) out[i] = vector[i]!;
  for (let s = 0; s < STRUCTURE_COUNT; s++) out[width + s] = vector[dimensions + s]!;
  for (let t = 0; t < tasks.length; t++) {
    const share = tasks[t]!;
    if (share < LEAST_SHARE) continue;
    const base = t * STRUCTURE_COUNT;
    for (let s = 0; s < STRUCTURE_COUNT; s++) out[width + s]! -= share * taskStructure[base + s]!;
  }
  const candidates = taskSuccess.length;
  const start = width + STRUCTURE_COUNT;
  for (let c = 0; start + c < out.length; c++) {
    let sum = 0;
    for (let j = 0; j < candidates; j++) sum += basis[c * candidates + j]! * taskSuccess[j]!;
    out[start + c] = sum;
  }
}

/** Linear discriminants of a prompt's reading, one for each task. */
export function discriminants(
  weights: Float32Array,
  bias: Float32Array,
  vector: Float32Array,
  out: Float64Array,
): void {
  const width = bias.length === 0 ? 0 : weights.length / bias.length;
  for (let t = 0; t < bias.length; t++) {
    let sum = bias[t]!;
    const base = t * width;
    for (let i = 0; i < width; i++) sum += weights[base + i]! * vector[i]!;
    out[t] = sum;
  }
}

/** Softmax in place. Below e^-12 of the likeliest a task cannot matter, and most tasks are below it. */
function toShares(scores: Float64Array): void {
  let most = Number.NEGATIVE_INFINITY;
  for (let t = 0; t < scores.length; t++) if (scores[t]! > most) most = scores[t]!;
  let total = 0;
  for (let t = 0; t < scores.length; t++) {
    const share = scores[t]! - most < -12 ? 0 : Math.exp(scores[t]! - most);
    scores[t] = share;
    total += share;
  }
  for (let t = 0; t < scores.length; t++) scores[t]! /= total;
}

/** Piecewise linear through the points, flat beyond the ends. */
export function interpolate(from: Float32Array, to: Float32Array, value: number): number {
  const last = from.length - 1;
  if (last < 0) return value;
  if (value <= from[0]!) return to[0]!;
  if (value >= from[last]!) return to[last]!;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (from[middle]! <= value) low = middle;
    else high = middle;
  }
  const span = from[high]! - from[low]!;
  return span <= 0 ? to[high]! : to[low]! + ((to[high]! - to[low]!) * (value - from[low]!)) / span;
}
