/**
 * What a log says beyond what was expected: the surprises of single calls, averaged into corrections that
 * are only as strong as the rows behind them.
 */
import { allRows, dealFolds, foldsOf } from './folds.ts';
import { effectiveRows } from './off-policy.ts';
import type { Random } from './random.ts';

/** What was not expected of one call. */
export interface Surprise {
  /** Position of the candidate. */
  candidate: number;
  /** Importance of the row. */
  weight: number;
  /** Real less expected success. */
  success: number;
  /** Real over expected cost, less 1. */
  cost: number;
}

/** A way to tell kinds of prompts apart. */
export interface Kinds {
  /** How many, one for prompts like none of them included. */
  count: number;
  /** Kind of each row. */
  of: Int32Array;
}

/** Rows' worth of belief in the policy as it is; more than 320 is as good as nothing learned. */
const SHRINKAGES = [320, 80, 20, 5];
/** Shrinkage times rows is at least this: what holds on a handful of rows left out may be chance. */
const LEAST_SHRINKAGE_ROWS = 1000;

export interface ChosenCorrection {
  /** Position in the ways to tell kinds apart. */
  kinds: number;
  /** Infinite: no correction foresees the rows left out better than none does, beyond their noise. */
  shrinkage: number;
  /** Share of the squared surprise on rows left out that the correction foresees. */
  explained: number;
}

/** The way of telling kinds apart, and the shrinkage, that foresee rows left out best. */
export function chooseCorrection(
  surprises: readonly Surprise[],
  ways: readonly Kinds[],
  candidates: number,
  random: Random,
): ChosenCorrection {
  const folds = dealFolds(surprises.length, random);
  const asItIs = Float64Array.from(surprises, ({ weight, success }) => weight * success ** 2);
  let best: ChosenCorrection = { kinds: 0, shrinkage: Number.POSITIVE_INFINITY, explained: 0 };
  let mostGained = 0;
  for (const [way, kinds] of ways.entries()) {
    for (const shrinkage of SHRINKAGES) {
      if (shrinkage * surprises.length < LEAST_SHRINKAGE_ROWS) continue;
      const gained = heldOutLosses(surprises, kinds, candidates, shrinkage, folds);
      for (let i = 0; i < gained.length; i++) gained[i] = asItIs[i]! - gained[i]!;
      const { mean, error } = meanOf(gained);
      if (mean <= error || mean <= mostGained) continue;
      mostGained = mean;
      best = { kinds: way, shrinkage, explained: mean / meanOf(asItIs).mean };
    }
  }
  return best;
}

function heldOutLosses(
  surprises: readonly Surprise[],
  kinds: Kinds,
  candidates: number,
  shrinkage: number,
  folds: Int32Array,
): Float64Array {
  const losses = new Float64Array(surprises.length);
  for (const { shown, heldOut } of foldsOf(allRows(surprises.length), folds)) {
    const part = { count: kinds.count, of: shown.map((i) => kinds.of[i]!) };
    const rows = Array.from(shown, (i) => surprises[i]!);
    const fitted = correction(rows, part, candidates, shrinkage, 'success');
    for (const i of heldOut) {
      const { candidate, weight, success } = surprises[i]!;
      losses[i] = weight * (success - fitted[kinds.of[i]! * candidates + candidate]!) ** 2;
    }
  }
  return losses;
}

/**
 * Kinds × candidates: the sum of three shrunk means, by candidate, by kind and by both, each of what the ones
 * before it leave.
 */
export function correction(
  surprises: readonly Surprise[],
  kinds: Kinds,
  candidates: number,
  shrinkage: number,
  what: 'success' | 'cost',
): Float64Array {
  const out = new Float64Array(kinds.count * candidates);
  if (shrinkage === Number.POSITIVE_INFINITY) return out;
  const left = Float64Array.from(surprises, (surprise) => surprise[what]);
  const levels: ((kind: number, candidate: number) => number)[] = [
    (_, candidate) => candidate,
    (kind) => kind,
    (kind, candidate) => kind * candidates + candidate,
  ];
  for (const groupAt of levels) {
    const groups = Int32Array.from(surprises, ({ candidate }, i) => groupAt(kinds.of[i]!, candidate));
    const means = shrunkMeans(surprises, left, groups, shrinkage);
    for (let i = 0; i < left.length; i++) left[i]! -= means.get(groups[i]!)!;
    for (let kind = 0; kind < kinds.count; kind++) {
      for (let j = 0; j < candidates; j++) out[kind * candidates + j]! += means.get(groupAt(kind, j)) ?? 0;
    }
  }
  return out;
}

function shrunkMeans(
  surprises: readonly Surprise[],
  values: Float64Array,
  groups: Int32Array,
  shrinkage: number,
): Map<number, number> {
  const members = new Map<number, { weights: number[]; total: number; sum: number }>();
  surprises.forEach(({ weight }, i) => {
    const group = members.get(groups[i]!) ?? { weights: [], total: 0, sum: 0 };
    group.weights.push(weight);
    group.total += weight;
    group.sum += weight * values[i]!;
    members.set(groups[i]!, group);
  });
  const means = new Map<number, number>();
  for (const [key, { weights, total, sum }] of members) {
    const rows = effectiveRows(weights);
    means.set(key, ((sum / total) * rows) / (rows + shrinkage));
  }
  return means;
}

function meanOf(values: Float64Array): { mean: number; error: number } {
  const count = Math.max(1, values.length);
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares) / count };
}
