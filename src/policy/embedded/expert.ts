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
import { addForest } from './forest.ts';
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
  /** Inputs of the forest, see `forestInputs`. */
  readonly inputs: Float32Array;
  private readonly dimensions: number;
  private readonly components: Float64Array;
  private readonly taskComponents: number;
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
    this.taskComponents = weights.successBasis.length / candidates;
    this.inputs = new Float32Array(inputCount(dimensions, this.taskComponents));
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
    const candidates = success.length;
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
    if (weights.forest.trees > 0) addForest(weights.forest, this.inputs, components);
    const { wording, raw } = this;
    wording.fill(0);
    for (let c = 0; c < components.length; c++) {
      const value = components[c]!;
      const cost = c >= weights.successComponents;
      const basis = cost ? weights.costBasis : weights.successBasis;
      const target = cost ? costRatio : wording;
      const base = (cost ? c - weights.successComponents : c) * candidates;
      for (let j = 0; j < candidates; j++) target[j]! += value * basis[base + j]!;
    }
    raw.set(weights.success);
    addTrusted(success, weights.relevance, weights.taskTrust, raw);
    addWording(wording, weights.relevance, weights.wordingTrust, raw);
    for (let j = 0; j < candidates; j++) {
      success[j] = shortOfCertain(interpolate(weights.calibrationFrom, weights.calibrationTo, raw[j]!));
      costRatio[j] = Math.exp(costRatio[j]!) * weights.costScale[j]!;
    }
  }
}

/** Below it a task cannot matter. */
const LEAST_SHARE = 0.001;

/**
 * Adds what each task says, as far as the prompt may belong to it.
 * @param byTask tasks × numbers in `out`
 * @param shares how likely each task is
 */
export function addByTask(
  byTask: Float32Array | Float64Array,
  shares: Float64Array,
  out: Float64Array,
): void {
  for (let t = 0; t < shares.length; t++) {
    const share = shares[t]!;
    if (share < LEAST_SHARE) continue;
    const base = t * out.length;
    for (let j = 0; j < out.length; j++) out[j]! += share * byTask[base + j]!;
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

/** How far a layer is believed: for what all candidates share, and for what sets them apart. */
export type Trust = readonly [level: number, apart: number];

/** Adds a layer, its level (the mean weighted by relevance) and the differences from it each as far as believed. */
export function addTrusted(
  layer: Float64Array,
  relevance: ArrayLike<number>,
  trust: ArrayLike<number>,
  out: Float64Array,
): void {
  let level = 0;
  for (let j = 0; j < layer.length; j++) level += relevance[j]! * layer[j]!;
  const apart = trust[1]!;
  const shared = level * (trust[0]! - apart);
  for (let j = 0; j < layer.length; j++) out[j]! += apart * layer[j]! + shared;
}

/**
 * The components of deviations d are basis' (relevance * d), with the relevance scaled to a mean of one: the
 * basis leads back from them, and is orthonormal in that weighting.
 */
export function towardsBasis(basis: Float32Array, relevance: ArrayLike<number>): Float32Array {
  let members = 0;
  for (let j = 0; j < relevance.length; j++) if (relevance[j]! > 0) members++;
  return basis.map((value, at) => value * relevance[at % relevance.length]! * members);
}

/** Nearer to certain a shift of the logit would move nothing any more. */
const LEAST_CHANCE = 0.01;
const LARGEST_SHIFT = 4;

function withinOdds(share: number): number {
  return Math.max(LEAST_CHANCE, Math.min(1 - LEAST_CHANCE, share));
}

/**
 * Moves all candidates on the logit by what brings their mean (weighted by relevance) to where the wording's level
 * says, then adds as much as is believed of what the wording says of single candidates beyond that.
 * @param out expected success by mean and task; what is expected with the wording comes out
 */
export function addWording(
  wording: Float64Array,
  relevance: ArrayLike<number>,
  trust: ArrayLike<number>,
  out: Float64Array,
): void {
  const shift = logitShift(wording, relevance, trust[0]!, out);
  const odds = Math.exp(shift);
  const apart = trust[1]!;
  for (let j = 0; j < out.length; j++) {
    const before = out[j]!;
    const held = withinOdds(before);
    const moved = (held * odds) / (1 - held + held * odds) - held;
    out[j] = before + moved + apart * (wording[j]! - moved);
  }
}

/** Newton's steps on the mean, which rises with the shift; a few bring it close enough. */
function logitShift(
  wording: Float64Array,
  relevance: ArrayLike<number>,
  levelTrust: number,
  before: Float64Array,
): number {
  let wanted = 0;
  for (let j = 0; j < wording.length; j++) wanted += relevance[j]! * wording[j]!;
  wanted *= levelTrust;
  let shift = 0;
  for (let step = 0; step < 4; step++) {
    const odds = Math.exp(shift);
    let reached = 0;
    let slope = 0;
    for (let j = 0; j < before.length; j++) {
      const share = relevance[j]!;
      if (share === 0) continue;
      const held = withinOdds(before[j]!);
      const moved = (held * odds) / (1 - held + held * odds);
      reached += share * (moved - held);
      slope += share * moved * (1 - moved);
    }
    const next = shift + (wanted - reached) / Math.max(slope, 0.01);
    shift = Math.max(-LARGEST_SHIFT, Math.min(LARGEST_SHIFT, next));
  }
  return shift;
}

/** Linear discriminants of the words and structure of a prompt, one for each task. */
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
