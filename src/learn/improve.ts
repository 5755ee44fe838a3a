/**
 * Learning from a bandit log: a policy is corrected by what came of its own choices.
 *
 * Only the chosen candidate's outcome is known, so the others keep what the policy expected of them, and the
 * chosen one's surprise counts by the inverse of its propensity, clipped: the doubly robust pseudo-outcome
 * (Dudik, Langford and Li 2011). Its mean, over all prompts, over a kind of prompt, and over a kind for one
 * candidate, each shrunk towards none, is the correction. How strongly is chosen on rows left out; where no
 * correction foresees those better, there is none.
 */
import type { Candidate } from '../catalog/candidate.ts';
import { kindOf, type TrafficWeights } from '../policy/embedded/traffic.ts';
import type { PolicyWeights } from '../policy/embedded/weights.ts';
import type { BanditRow } from './bandit-log.ts';
import { hashUniform } from './environment.ts';
import { cluster } from './fit-tasks.ts';
import { forecastLog } from './log-forecast.ts';
import { effectiveRows } from './off-policy.ts';
import { Random } from './random.ts';

/** Share of all prompts that no training looks at, so that promotion can be judged on them. */
const HELD_OUT = 0.5;
/** Importance weights beyond this are cut: a little bias for much less noise. */
const MOST_WEIGHT = 10;
const MOST_KINDS = 24;
/** Rows that a kind of prompts needs at least, on average. */
const ROWS_PER_KIND = 40;
/** Rows' worth of belief in the policy as it is, tried in this order; the last leaves it as it is. */
const SHRINKAGES = [5, 20, 80, 320, Number.POSITIVE_INFINITY];
const FOLDS = 5;
/** One call may cost many times what was expected; beyond this it says no more about the mean. */
const MOST_COST_RATIO = 5;
/** Verdicts of a verifier hardly better than a coin would count for next to nothing. */
const LEAST_VERDICT_WORTH = 0.1;

/**
 * Whether a row belongs to those that judge promotions: by its prompt alone, so that it always does, and a
 * prompt that is asked again and again is never on both sides.
 */
export function isHeldOut({ features }: BanditRow): boolean {
  return hashUniform(`held out|${features.words}`) < HELD_OUT;
}

export interface Improvement {
  weights: PolicyWeights;
  /** Rows learned from. */
  rows: number;
  /** Rows' worth of belief in the policy as it was; infinite: nothing was learned. */
  shrinkage: number;
  /** Share of the squared surprise on rows left out that the correction foresees. */
  explained: number;
  /** Mean absolute change of expected success over the rows and their candidates. */
  meanChange: number;
}

/**
 * @param rows of the log; those held out are not looked at
 * @param catalog prices of today, and candidates that the policy has never measured
 * @throws XrouterError as `forecastLog`
 */
export function improvePolicy(
  base: PolicyWeights,
  rows: readonly BanditRow[],
  { catalog = [], seed = 1 }: { catalog?: readonly Candidate[]; seed?: number } = {},
): Improvement {
  const usable = rows.filter(
    (row) => row.firstScore !== undefined && verdictWorth(row) > LEAST_VERDICT_WORTH && !isHeldOut(row),
  );
  const candidates = [...new Set(usable.flatMap((row) => row.candidates.map(({ model }) => model)))].sort();
  const random = new Random(seed);
  const { dimensions } = base.embedding;
  const forecasts = [...forecastLog(base, usable, catalog)];
  const centres = kindsOf(
    forecasts.map(({ vector }) => vector),
    dimensions,
    random,
  );
  const surprises = usable.map((row, i): Surprise => {
    const { success, costUsd, vector } = forecasts[i]!;
    const { model, propensity } = row.candidates[row.action]!;
    const expectedUsd = costUsd[row.action]!;
    return {
      kind: kindOf(centres, dimensions, vector),
      candidate: candidates.indexOf(model),
      weight: Math.min(1 / propensity, MOST_WEIGHT) * verdictWorth(row) ** 2,
      success: trueScore(row) - success[row.action]!,
      cost:
        row.firstCostUsd === undefined || expectedUsd <= 0
          ? 0
          : Math.min(MOST_COST_RATIO, row.firstCostUsd / expectedUsd) - 1,
    };
  });
  const kinds = centres.length / dimensions + 1;
  const size = { kinds, candidates: candidates.length };
  const { shrinkage, explained } = chooseShrinkage(surprises, size, random);
  const success = correction(surprises, size, shrinkage, (surprise) => surprise.success);
  const cost = correction(surprises, size, shrinkage, (surprise) => surprise.cost);
  const layer: TrafficWeights = {
    rows: usable.length,
    candidates,
    centres,
    success: Float32Array.from(success),
    costRatio: Float32Array.from(cost, (change) => Math.max(1 / MOST_COST_RATIO, 1 + change)),
  };
  let change = 0;
  for (const { kind } of surprises) {
    for (let j = 0; j < candidates.length; j++) change += Math.abs(success[kind * candidates.length + j]!);
  }
  return {
    weights: { ...base, traffic: [...(base.traffic ?? []), layer] },
    rows: usable.length,
    shrinkage,
    explained,
    meanChange: change / Math.max(1, surprises.length * candidates.length),
  };
}

/** 1 for a score that is right, 0 for the verdicts of a coin. */
function verdictWorth({ firstJudged, verifierAccuracy = 1 }: BanditRow): number {
  return firstJudged ? 2 * verifierAccuracy - 1 : 1;
}

/** Unbiased where verdicts are wrong at a known rate; then outside 0..1. */
function trueScore(row: BanditRow): number {
  const worth = verdictWorth(row);
  return (row.firstScore! - (1 - worth) / 2) / worth;
}

/** What was not expected of one call. */
interface Surprise {
  kind: number;
  candidate: number;
  weight: number;
  success: number;
  /** Real over expected cost, less 1. */
  cost: number;
}

interface Size {
  kinds: number;
  candidates: number;
}

/** Centres of the kinds of prompts that came by. */
function kindsOf(vectors: readonly Float32Array[], dimensions: number, random: Random): Float32Array {
  const kinds = Math.min(MOST_KINDS, Math.floor(vectors.length / ROWS_PER_KIND));
  if (kinds === 0) return new Float32Array(0);
  const labels = cluster(vectors, dimensions, kinds, random);
  const centres = new Float32Array(kinds * dimensions);
  vectors.forEach((vector, i) => {
    for (let d = 0; d < dimensions; d++) centres[labels[i]! * dimensions + d]! += vector[d]!;
  });
  for (let kind = 0; kind < kinds; kind++) {
    const centre = centres.subarray(kind * dimensions, (kind + 1) * dimensions);
    const length = Math.hypot(...centre) || 1;
    for (let d = 0; d < dimensions; d++) centre[d]! /= length;
  }
  return centres;
}

/** Kinds × candidates: the sum of three shrunk means, each of what the ones before it leave. */
function correction(
  surprises: readonly Surprise[],
  { kinds, candidates }: Size,
  shrinkage: number,
  read: (surprise: Surprise) => number,
): Float64Array {
  const left = Float64Array.from(surprises, read);
  const out = new Float64Array(kinds * candidates);
  const levels: [(surprise: Surprise) => number, (kind: number, candidate: number) => number][] = [
    [({ candidate }) => candidate, (_, candidate) => candidate],
    [({ kind }) => kind, (kind) => kind],
    [
      ({ kind, candidate }) => kind * candidates + candidate,
      (kind, candidate) => kind * candidates + candidate,
    ],
  ];
  for (const [groupOf, groupAt] of levels) {
    const means = shrunkMeans(surprises, left, groupOf, shrinkage);
    surprises.forEach((surprise, i) => {
      left[i]! -= means.get(groupOf(surprise)) ?? 0;
    });
    for (let kind = 0; kind < kinds; kind++) {
      for (let j = 0; j < candidates; j++) out[kind * candidates + j]! += means.get(groupAt(kind, j)) ?? 0;
    }
  }
  return out;
}

function shrunkMeans(
  surprises: readonly Surprise[],
  values: Float64Array,
  groupOf: (surprise: Surprise) => number,
  shrinkage: number,
): Map<number, number> {
  const groups = new Map<number, { weights: number[]; sum: number }>();
  surprises.forEach((surprise, i) => {
    const key = groupOf(surprise);
    const group = groups.get(key) ?? { weights: [], sum: 0 };
    group.weights.push(surprise.weight);
    group.sum += surprise.weight * values[i]!;
    groups.set(key, group);
  });
  const means = new Map<number, number>();
  for (const [key, { weights, sum }] of groups) {
    const rows = effectiveRows(weights);
    const total = weights.reduce((all, weight) => all + weight, 0);
    means.set(key, ((sum / total) * rows) / (rows + shrinkage));
  }
  return means;
}

function chooseShrinkage(
  surprises: readonly Surprise[],
  size: Size,
  random: Random,
): { shrinkage: number; explained: number } {
  const order = random.order(surprises.length);
  const foldOf = new Int32Array(surprises.length);
  order.forEach((row, position) => {
    foldOf[row] = position % FOLDS;
  });
  const loss = (shrinkage: number): number => {
    let sum = 0;
    for (let fold = 0; fold < FOLDS; fold++) {
      const shown = surprises.filter((_, i) => foldOf[i] !== fold);
      const fitted = correction(shown, size, shrinkage, (surprise) => surprise.success);
      surprises.forEach(({ kind, candidate, weight, success }, i) => {
        if (foldOf[i] !== fold) return;
        sum += weight * (success - fitted[kind * size.candidates + candidate]!) ** 2;
      });
    }
    return sum;
  };
  const asItIs = loss(Number.POSITIVE_INFINITY);
  let best = { shrinkage: Number.POSITIVE_INFINITY, loss: asItIs };
  for (const shrinkage of SHRINKAGES) {
    const now = loss(shrinkage);
    if (now < best.loss) best = { shrinkage, loss: now };
  }
  return { shrinkage: best.shrinkage, explained: asItIs > 0 ? 1 - best.loss / asItIs : 0 };
}
