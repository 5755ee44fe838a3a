/**
 * What is believed about one prompt: a weighted set of cases, each of which says how likely every candidate
 * is to succeed, independently of the others once the case is given. A verdict makes the cases that foresaw
 * it heavier, and so it changes what is expected of every other candidate too: where a strong model failed,
 * a weak one will probably fail.
 */
export interface Belief {
  /** Cases. */
  cases: number;
  /** Candidates. */
  models: number;
  /** Success probability, candidate-major: `[model * cases + case]`. */
  success: Float64Array;
  /** Weight of each case; sums to 1. */
  weight: Float64Array;
  /**
   * Share of the success expected that comes from answers that are wholly right; 1 where scores are 0 or 1.
   * A half right answer passes about as often as it fails, so a verdict says less about it.
   */
  decisive?: number;
}

/** An answer that was judged: how likely it is right in each case, its verdict taken into account. */
export interface Judged {
  model: number;
  right: Float64Array;
}

/** Weighted mean of a candidate's success over the cases, or of any row of numbers that starts at `offset`. */
export function mean(weight: Float64Array, values: Float64Array, offset = 0): number {
  let sum = 0;
  for (let s = 0; s < weight.length; s++) sum += weight[s]! * values[offset + s]!;
  return sum;
}

/** Success expected of a candidate that was not called yet. */
export function expected(belief: Belief, weight: Float64Array, model: number): number {
  return mean(weight, belief.success, model * belief.cases);
}

/** Mean squared score expected of a candidate that was not called yet. */
export function expectedSquare(belief: Belief, weight: Float64Array, model: number): number {
  const { cases, success, decisive = 1 } = belief;
  let sum = 0;
  for (let s = 0, k = model * cases; s < cases; s++, k++) {
    sum += weight[s]! * success[k]! * Math.max(decisive, success[k]!);
  }
  return sum;
}

/**
 * Weights after a verdict on a candidate's answer, by Bayes' rule.
 * @param accuracy probability that a verdict is right, whether the answer is or is not
 * @param out where the new weights go; may be `weight` itself
 * @returns probability that this verdict was going to be given
 */
export function observe(
  belief: Belief,
  weight: Float64Array,
  model: number,
  pass: boolean,
  accuracy: number,
  out: Float64Array,
): number {
  const { cases, success } = belief;
  const slope = pass ? 2 * accuracy - 1 : 1 - 2 * accuracy;
  const base = pass ? 1 - accuracy : accuracy;
  let total = 0;
  for (let s = 0, k = model * cases; s < cases; s++, k++) {
    const w = weight[s]! * (base + slope * success[k]!);
    out[s] = w;
    total += w;
  }
  // A verdict that nobody foresaw teaches nothing.
  if (total <= 0) out.set(weight);
  else for (let s = 0; s < cases; s++) out[s]! /= total;
  return total;
}

/** Of the answers in hand the one most likely right, the earlier of equals; `undefined` where there is none. */
export function bestAnswer(judged: readonly Judged[], weight: Float64Array): number | undefined {
  let best: number | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const { model, right } of judged) {
    const success = mean(weight, right);
    if (success > most) {
      most = success;
      best = model;
    }
  }
  return best;
}

/** How likely the judged answer itself is right, in each case. */
export function judge(belief: Belief, model: number, pass: boolean, accuracy: number): Judged {
  const { cases, success } = belief;
  const right = new Float64Array(cases);
  const { decisive = 1 } = belief;
  const slope = pass ? 2 * accuracy - 1 : 1 - 2 * accuracy;
  const base = pass ? 1 - accuracy : accuracy;
  for (let s = 0, k = model * cases; s < cases; s++, k++) {
    const p = success[k]!;
    // E[score; verdict] over P(verdict); E[score^2] is decisive times E[score], and never below its square.
    const all = base + slope * p;
    right[s] = all > 0 ? (p * (base + slope * Math.max(decisive, p))) / all : p;
  }
  return { model, right };
}
