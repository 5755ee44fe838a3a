/** How far figures would move on other rows of the same kind: rows drawn with replacement, everything computed anew. */
import {
  accuracyAt,
  type FrontierPoint,
  gainOver,
  hull,
  type Operation,
  type OutcomeMatrix,
  operatingPoints,
  reference,
  scorePoints,
  singlesReference,
} from '../frontier.ts';
import { Random } from '../random.ts';
import type { BandPoint, CostMatch, Estimate, RouterFigures } from './report.ts';

export interface NamedRouter {
  id: string;
  name: string;
  operations: readonly Operation[];
}

export interface ResampleOptions {
  seed: number;
  draws: number;
  /** Shares of the best single's cost at which the first router's accuracy is wanted. */
  budgets?: readonly number[];
}

export interface Resampled {
  figures: RouterFigures[];
  /** Accuracy of the first router at each budget that it can meet. */
  band: BandPoint[];
  /** Gain of one router less that of another, by their positions, on the same draws. */
  difference(of: number, less: number): Estimate;
}

/** Scores routers by the definitions of `frontier.ts`, with 95 % percentile intervals. */
export function resample(
  table: OutcomeMatrix,
  routers: readonly NamedRouter[],
  { seed, draws, budgets = [] }: ResampleOptions,
): Resampled {
  const ref = reference(table);
  const scores = routers.map((router) => scorePoints(ref, table.models, operatingPoints(router.operations)));
  const bestCost = ref.singles[ref.best]!.cost;
  const gains = routers.map(() => new Float64Array(draws));
  const matches = routers.map(() => new Float64Array(draws));
  const accuracies = budgets.map(() => new Float64Array(draws));
  const random = new Random(seed);
  const weights = new Float64Array(table.rows);
  for (let draw = 0; draw < draws; draw++) {
    weights.fill(0);
    for (let i = 0; i < table.rows; i++) weights[random.below(table.rows)]!++;
    const drawn = singlesReference(table, weights);
    routers.forEach((router, at) => {
      const frontier = hull(operatingPoints(router.operations, weights));
      const { gain, costMatchUsd = Number.POSITIVE_INFINITY } = gainOver(drawn, frontier);
      gains[at]![draw] = gain;
      const spent = drawn.singles[drawn.best]!.cost;
      // In a draw the best may be a model that costs nothing: to match it for nothing is to match it at its cost.
      matches[at]![draw] = costMatchUsd === spent ? 1 : costMatchUsd / spent;
      if (at === 0) drawBand(frontier, draw);
    });
  }

  function drawBand(frontier: FrontierPoint[], draw: number): void {
    budgets.forEach((budget, at) => {
      accuracies[at]![draw] = accuracyAt(frontier, budget * bestCost) ?? Number.NaN;
    });
  }

  const figures = routers.map(({ id, name }, at): RouterFigures => {
    const { gain, ofOracle, maxAccuracy, costMatch, points } = scores[at]!;
    return {
      id,
      name,
      gain: { value: gain, ...interval(gains[at]!) },
      ...(Number.isFinite(ofOracle) ? { ofOracle } : {}),
      maxAccuracy,
      ...(costMatch === undefined ? {} : { costMatch: matchOf(costMatch, matches[at]!) }),
      points,
    };
  });
  const [first] = routers;
  const frontier = first ? hull(operatingPoints(first.operations)) : [];
  const band = budgets.flatMap((budget, at): BandPoint[] => {
    const value = accuracyAt(frontier, budget * bestCost);
    const known = accuracies[at]!.filter((accuracy) => !Number.isNaN(accuracy));
    return value === undefined || known.length < draws / 2 ? [] : [{ budget, value, ...interval(known) }];
  });
  return {
    figures,
    band,
    difference(of, less) {
      const value = scores[of]!.gain - scores[less]!.gain;
      return { value, ...interval(gains[of]!.map((gain, draw) => gain - gains[less]![draw]!)) };
    },
  };
}

/** Percentiles 2.5 and 97.5. */
export function interval(values: Float64Array): { low: number; high: number } {
  const sorted = values.toSorted();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return { low: at(0.025), high: at(0.975) };
}

function matchOf(value: number, draws: Float64Array): CostMatch {
  const { low, high } = interval(draws);
  return { value, low: Math.min(low, value), ...(Number.isFinite(high) ? { high } : {}) };
}

/** Mean of one number a row, with the interval that goes with its standard error. */
export function meanEstimate(values: ArrayLike<number>): Estimate {
  const { mean, error = 0 } = meanAndError(values);
  return { value: mean, low: mean - 1.96 * error, high: mean + 1.96 * error };
}

/** Mean with its standard error, of which a single value says nothing. */
export function meanAndError(values: ArrayLike<number>): { mean: number; error?: number } {
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += values[i]! / values.length;
  let square = 0;
  for (let i = 0; i < values.length; i++) square += (values[i]! - mean) ** 2;
  if (values.length < 2) return { mean };
  return { mean, error: Math.sqrt(square / (values.length - 1) / values.length) };
}
