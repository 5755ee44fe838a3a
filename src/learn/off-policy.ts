/**
 * Off-policy evaluation: what a policy would have earned on logged requests, though another one decided.
 * With w = 1 / propensity where the policy would have done what the log did, else 0:
 *
 *   inverse propensity    mean of w r                                     (Horvitz and Thompson 1952)
 *   clipped               sum of w' r / sum of w', w' = min(w, sqrt n)    (Ionides 2008; Swaminathan and Joachims 2015)
 *   doubly robust         mean of q(choice) + w (r - q(logged))           (Dudik, Langford and Li 2011)
 *
 * q is the reward that a predictor expects. The first and the last are unbiased where the propensities are
 * true, however wrong the predictor; a good one makes the last far less noisy.
 */
import { normalQuantile } from '../policy/embedded/copula.ts';
import { Random } from './random.ts';

/** One logged request, with what is expected of every candidate. Candidates are positions. */
export interface LoggedChoice {
  action: number;
  /** What came of the action. */
  reward: number;
  /** Probability of each candidate to be chosen; sums to 1. */
  propensity: ArrayLike<number>;
  /** Expected reward of each candidate, by a predictor that was not trained on this row. */
  expected: ArrayLike<number>;
  /** What the reward would have been at the worst and at the best outcome of the action. */
  range: readonly [worst: number, best: number];
}

export interface Estimated {
  value: number;
  low: number;
  high: number;
  /** Standard error. */
  error: number;
}

const DEFAULT_CONFIDENCE = 0.95;

export interface OffPolicyOptions {
  /** Probability that the interval holds the true value. Default 0.95. */
  confidence?: number;
  /** Of the bootstrap. */
  seed?: number;
  /** Bootstrap samples. Default 1000, and more where `confidence` is above 0.95, up to 20,000. */
  draws?: number;
}

export interface OffPolicyValue {
  inversePropensity: Estimated;
  clipped: Estimated;
  doublyRobust: Estimated;
  /** Rows evaluated, and those of them on which the log did what the policy would have done. */
  rows: number;
  matched: number;
  /** (sum of w)^2 / sum of w^2 (Kish 1965): as many even rows as the weighted ones are worth. */
  effectiveRows: number;
}

/**
 * The value of a policy on rows that all support its choice.
 * @param choices its choice on each row
 * @throws RangeError for a choice that the log could not have made: nothing can be said about it
 */
export function evaluateOffPolicy(
  rows: readonly LoggedChoice[],
  choices: ArrayLike<number>,
  options: OffPolicyOptions = {},
): OffPolicyValue {
  const parts = rows.map((row, i) => partsOf(row, choices[i]!, Math.sqrt(rows.length)));
  const weights = parts.map(({ weight }) => weight);
  const ones = new Float64Array(rows.length).fill(1);
  return {
    inversePropensity: ratio(
      Float64Array.from(parts, (part) => part.inversePropensity),
      ones,
      options,
    ),
    clipped: ratio(
      Float64Array.from(parts, ({ clippedWeight }, i) => clippedWeight * rows[i]!.reward),
      Float64Array.from(parts, ({ clippedWeight }) => clippedWeight),
      options,
    ),
    doublyRobust: ratio(
      Float64Array.from(parts, (part) => part.doublyRobust),
      ones,
      options,
    ),
    rows: rows.length,
    matched: weights.filter((weight) => weight > 0).length,
    effectiveRows: effectiveRows(weights),
  };
}

/** Doubly robust contributions of the rows, one each; their mean is the policy's value. */
export function doublyRobust(rows: readonly LoggedChoice[], choices: ArrayLike<number>): Float64Array {
  return Float64Array.from(
    rows,
    (row, i) => partsOf(row, choices[i]!, Number.POSITIVE_INFINITY).doublyRobust,
  );
}

/**
 * What policy `after` earns beyond policy `before`, doubly robust.
 *
 * Where nearly every outcome is the same, a log without a single failure of a candidate says little of how
 * often it fails, and no resampling of the log can know. So the interval is the wider of two: that of the
 * bootstrap, and that of the rows with a few outcomes more that nobody saw, as many good ones as bad ones, for
 * each policy (Agresti and Coull 1998). Without them a policy that is no better was found better in one of five
 * logs whose answers are right 19 times in 20.
 */
export function differenceInterval(
  rows: readonly LoggedChoice[],
  before: ArrayLike<number>,
  after: ArrayLike<number>,
  options: OffPolicyOptions = {},
): Estimated {
  const earned = doublyRobust(rows, before);
  const values = doublyRobust(rows, after).map((value, i) => value - earned[i]!);
  const seen = meanInterval(values, options);
  const z = normalQuantile((1 + (options.confidence ?? DEFAULT_CONFIDENCE)) / 2);
  const pairs = Math.max(1, Math.round(z ** 2 / 2));
  const counted = [...values];
  countUnseen(counted, rows, after, before, pairs);
  countUnseen(counted, rows, before, after, -pairs);
  const { value, error } = ratioOf(Float64Array.from(counted), new Float64Array(counted.length).fill(1));
  // Their sum is spread over the rows that there are.
  const scale = counted.length / Math.max(1, rows.length);
  return {
    ...seen,
    low: Math.min(seen.low, scale * (value - z * error)),
    high: Math.max(seen.high, scale * (value + z * error)),
  };
}

/**
 * Appends the outcomes that nobody saw of what one policy would do and the other would not; those that were
 * seen make room, so that all of them count as much as the seen ones did.
 * @param pairs negative for the policy whose outcomes are subtracted
 */
function countUnseen(
  values: number[],
  rows: readonly LoggedChoice[],
  choices: ArrayLike<number>,
  others: ArrayLike<number>,
  pairs: number,
): void {
  const seen = [...rows.keys()].filter((i) => choices[i] === rows[i]!.action && choices[i] !== others[i]);
  const share = seen.length / (seen.length + 2 * Math.abs(pairs));
  let weights = 0;
  let worst = 0;
  let best = 0;
  for (const i of seen) {
    const { action, reward, range, propensity, expected } = rows[i]!;
    const weight = Math.sign(pairs) / propensity[action]!;
    values[i]! -= (1 - share) * weight * (reward - expected[action]!);
    weights += weight;
    worst += (range[0] - expected[action]!) / seen.length;
    best += (range[1] - expected[action]!) / seen.length;
  }
  if (seen.length === 0) return;
  const weight = (share * weights) / seen.length;
  for (let k = 0; k < Math.abs(pairs); k++) values.push(weight * worst, weight * best);
}

function partsOf({ action, reward, propensity, expected }: LoggedChoice, choice: number, clip: number) {
  if (!(propensity[choice]! > 0)) {
    throw new RangeError(`The log could not have chosen candidate ${choice}: its propensity was 0.`);
  }
  const weight = action === choice ? 1 / propensity[action]! : 0;
  return {
    weight,
    clippedWeight: Math.min(weight, clip),
    inversePropensity: weight * reward,
    doublyRobust: expected[choice]! + weight * (reward - expected[action]!),
  };
}

export function effectiveRows(weights: readonly number[]): number {
  let sum = 0;
  let squares = 0;
  for (const weight of weights) {
    sum += weight;
    squares += weight * weight;
  }
  return squares === 0 ? 0 : (sum * sum) / squares;
}

/** Mean of values with its interval, see `ratio`. */
export function meanInterval(values: Float64Array, options: OffPolicyOptions = {}): Estimated {
  return ratio(values, new Float64Array(values.length).fill(1), options);
}

/**
 * Sum of tops over sum of bottoms, with a bootstrap-t interval (Efron and Tibshirani 1993, 12.5): importance
 * weights are skewed, and percentiles of the plain bootstrap are then too short on the side that matters.
 */
function ratio(
  tops: Float64Array,
  bottoms: Float64Array,
  { confidence = DEFAULT_CONFIDENCE, seed = 1, draws = drawsFor(confidence) }: OffPolicyOptions,
): Estimated {
  const rows = tops.length;
  const whole = ratioOf(tops, bottoms);
  if (rows < 2 || !(whole.error > 0)) {
    return { value: whole.value, low: whole.value, high: whole.value, error: whole.error };
  }
  const random = new Random(seed);
  const top = new Float64Array(rows);
  const bottom = new Float64Array(rows);
  const deviations: number[] = [];
  for (let draw = 0; draw < draws; draw++) {
    for (let i = 0; i < rows; i++) {
      const from = random.below(rows);
      top[i] = tops[from]!;
      bottom[i] = bottoms[from]!;
    }
    const { value, error } = ratioOf(top, bottom);
    // A sample without any match has no spread to measure itself by.
    if (error > 0) deviations.push((value - whole.value) / error);
  }
  deviations.sort((a, b) => a - b);
  const at = (p: number) =>
    deviations[Math.min(deviations.length - 1, Math.max(0, Math.round(p * deviations.length)))] ?? 0;
  return {
    value: whole.value,
    low: whole.value - at((1 + confidence) / 2) * whole.error,
    high: whole.value - at((1 - confidence) / 2) * whole.error,
    error: whole.error,
  };
}

/** As many beyond either end of the interval as 1000 samples have at 95 %, while that is a matter of seconds. */
function drawsFor(confidence: number): number {
  return Math.min(20_000, Math.max(1000, Math.ceil(50 / (1 - confidence))));
}

/** Standard error by the delta method. */
function ratioOf(tops: Float64Array, bottoms: Float64Array): { value: number; error: number } {
  const rows = tops.length;
  let top = 0;
  let bottom = 0;
  for (let i = 0; i < rows; i++) {
    top += tops[i]!;
    bottom += bottoms[i]!;
  }
  if (bottom === 0) return { value: Number.NaN, error: Number.NaN };
  const value = top / bottom;
  let squares = 0;
  for (let i = 0; i < rows; i++) squares += (tops[i]! - value * bottoms[i]!) ** 2;
  return { value, error: Math.sqrt((squares * rows) / Math.max(1, rows - 1)) / bottom };
}
