/**
 * Learning from a bandit log: a policy is corrected by what came of its own choices.
 *
 * Only the chosen candidate's outcome is known, so the others keep what the policy expected of them, and the
 * chosen one's surprise counts by the inverse of its propensity, clipped: the doubly robust pseudo-outcome
 * (Dudik, Langford and Li 2011). Its mean, by candidate and kind of prompt, shrunk towards none, is the
 * correction. How strongly it is shrunk, and how finely kinds are told apart, is chosen on rows left out;
 * where no correction foresees those better, there is none.
 */
import type { Candidate } from '../catalog/candidate.ts';
import { kindOf, type TrafficWeights } from '../policy/embedded/traffic.ts';
import type { PolicyWeights } from '../policy/embedded/weights.ts';
import type { BanditRow } from './bandit-log.ts';
import { hashUniform } from './environment.ts';
import { cluster } from './fit-tasks.ts';
import { forecastLog, type RowForecast } from './log-forecast.ts';
import { Random } from './random.ts';
import { chooseCorrection, correction, type Kinds, type Surprise } from './surprises.ts';

/** Share of all prompts that no training looks at, so that promotion can be judged on them. */
const HELD_OUT = 0.5;
/** Importance weights beyond this are cut: a little bias for much less noise. */
const MOST_WEIGHT = 10;
/** Numbers of kinds that are tried. */
const KINDS = [1, 2, 4, 8, 16, 32];
/** Rows that a kind of prompts needs, on average. */
const ROWS_PER_KIND = 20;
/** One call may cost many times what was expected; beyond this it says no more about the mean. */
const MOST_COST_RATIO = 5;
/** Verdicts of a verifier hardly better than a coin would count for next to nothing. */
const LEAST_VERDICT_WORTH = 0.1;

/**
 * Whether a row belongs to those that judge promotions: by its prompt alone, so that it always does, and a
 * prompt that is asked again and again is never on both sides.
 */
export function isHeldOut({ features }: BanditRow): boolean {
  return hashUniform(`held out|${features.words}|${features.structure.join()}`) < HELD_OUT;
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
  const forecasts = [...forecastLog(base, usable, catalog)];
  const surprises = usable.map((row, i) => surpriseOf(row, forecasts[i]!, candidates));
  const vectors = forecasts.map(({ vector }) => vector);
  const { dimensions } = base.embedding;
  const ways = KINDS.filter((kinds) => kinds === 1 || kinds * ROWS_PER_KIND <= usable.length).map((kinds) =>
    tellApart(vectors, dimensions, kinds, random),
  );
  const { kinds, shrinkage, explained } = chooseCorrection(surprises, ways, candidates.length, random);
  const way = ways[kinds]!;
  const success = correction(surprises, way, candidates.length, shrinkage, 'success');
  const cost = correction(surprises, way, candidates.length, shrinkage, 'cost');
  const layer: TrafficWeights = {
    rows: usable.length,
    candidates,
    centres: way.centres,
    success: Float32Array.from(success),
    costRatio: Float32Array.from(cost, (change) => Math.max(1 / MOST_COST_RATIO, 1 + change)),
  };
  let change = 0;
  for (const kind of way.of) {
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

function surpriseOf(
  row: BanditRow,
  { success, costUsd }: RowForecast,
  candidates: readonly string[],
): Surprise {
  const { model, propensity } = row.candidates[row.action]!;
  const expectedUsd = costUsd[row.action]!;
  const ratio = row.firstCostUsd === undefined || expectedUsd <= 0 ? 1 : row.firstCostUsd / expectedUsd;
  return {
    candidate: candidates.indexOf(model),
    weight: Math.min(1 / propensity, MOST_WEIGHT) * verdictWorth(row) ** 2,
    success: trueScore(row) - success[row.action]!,
    cost: Math.min(MOST_COST_RATIO, ratio) - 1,
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

/** Kinds of the prompts that came by, by their words; a single kind has no centre. */
function tellApart(
  vectors: readonly Float32Array[],
  dimensions: number,
  kinds: number,
  random: Random,
): Kinds & { centres: Float32Array } {
  const centres = new Float32Array(kinds === 1 ? 0 : kinds * dimensions);
  if (kinds > 1) {
    const labels = cluster(vectors, dimensions, kinds, random);
    vectors.forEach((vector, i) => {
      for (let d = 0; d < dimensions; d++) centres[labels[i]! * dimensions + d]! += vector[d]!;
    });
  }
  for (let from = 0; from < centres.length; from += dimensions) {
    const centre = centres.subarray(from, from + dimensions);
    const length = Math.hypot(...centre) || 1;
    for (let d = 0; d < dimensions; d++) centre[d]! /= length;
  }
  const of = Int32Array.from(vectors, (vector) => kindOf(centres, dimensions, vector));
  return { centres, count: centres.length / dimensions + 1, of };
}
