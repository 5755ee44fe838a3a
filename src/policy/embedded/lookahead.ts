/**
 * What is worth calling next, by looking ahead over all that may follow: call, see a verdict that may be
 * wrong, stop or call another. The value of a state is the expected success of the answer that will be
 * returned, less the charge for the calls that will be made. Only the most promising candidates are
 * followed to the end, so the time is bounded whatever the size of the pool.
 */
import type { Belief, Judged } from './belief.ts';
import { expected, expectedSquare, judge, mean, observe } from './belief.ts';

export const STOP = -1;
/** Answers that may be in hand when another call is weighed. */
const MOST_ANSWERS = 3;

export interface Outlook {
  belief: Belief;
  /** lambda times the relative cost of calling each candidate. */
  charge: Float64Array;
  /** Probability that a verdict is right. */
  accuracy: number;
  /** Candidates to consider. */
  pool: readonly number[];
  /** Candidates followed to the end from the first state on, and from the states after it. */
  width: readonly [number, number];
}

export interface Plan {
  /** Candidate to call, or STOP. */
  action: number;
  value: number;
  /** Value of stopping now: the success expected of the best answer in hand, 0 where there is none. */
  stop: number;
  /** Value of calling each candidate; `-Infinity` for those that were not followed. */
  call: Float64Array;
}

/** @param judged answers in hand; their candidates are not called again */
export function plan(
  outlook: Outlook,
  weight: Float64Array,
  judged: readonly Judged[],
  callsLeft: number,
): Plan {
  const call = new Float64Array(outlook.belief.models).fill(Number.NEGATIVE_INFINITY);
  const search = new Search(outlook);
  const { action, value, stop } = search.from(outlook.pool, weight, judged, callsLeft, 0, call);
  return { action, value, stop, call };
}

class Search {
  private readonly outlook: Outlook;
  /** By candidate and verdict; the same wherever the verdict is given. */
  private readonly verdicts: (Judged | undefined)[];
  private readonly scratch: { weight: Float64Array; call: Float64Array; held: Float64Array[] }[] = [];
  /** What each answer in hand is expected to score. */
  private readonly sums = new Float64Array(MOST_ANSWERS);

  constructor(outlook: Outlook) {
    this.outlook = outlook;
    this.verdicts = new Array(outlook.belief.models * 2);
  }

  private judged(model: number, pass: boolean): Judged {
    const at = model * 2 + (pass ? 1 : 0);
    let answer = this.verdicts[at];
    if (!answer) {
      answer = judge(this.outlook.belief, model, pass, this.outlook.accuracy);
      this.verdicts[at] = answer;
    }
    return answer;
  }

  private level(depth: number) {
    let level = this.scratch[depth];
    if (!level) {
      const { cases, models } = this.outlook.belief;
      level = {
        weight: new Float64Array(cases),
        call: new Float64Array(models),
        held: Array.from({ length: MOST_ANSWERS }, () => new Float64Array(cases)),
      };
      this.scratch[depth] = level;
    }
    return level;
  }

  /** Fills `call` with the value of calling each candidate of the pool. */
  from(
    pool: readonly number[],
    weight: Float64Array,
    judged: readonly Judged[],
    callsLeft: number,
    depth: number,
    call: Float64Array,
  ): { action: number; value: number; stop: number } {
    const { belief, charge, accuracy, width } = this.outlook;
    let stop = 0;
    for (const answer of judged) stop = Math.max(stop, mean(weight, answer.right));
    if (callsLeft > 0) this.lastCall(pool, weight, judged, depth, call);
    let open = pool;
    if (callsLeft > 1) {
      // One more stays in sight than is followed, since the one called next is not called again.
      const inSight = best(call, pool, width[0] + 1);
      open = inSight.slice(0, width[depth === 0 ? 0 : 1]);
      if (depth === 0) call.fill(Number.NEGATIVE_INFINITY);
      const below = this.level(depth);
      for (const j of open) {
        let value = -charge[j]!;
        for (let pass = 0; pass < 2; pass++) {
          const probability = observe(belief, weight, j, pass === 1, accuracy, below.weight);
          if (probability < 1e-9) continue;
          const then = [...judged, this.judged(j, pass === 1)];
          below.call.fill(Number.NEGATIVE_INFINITY);
          const next = this.from(inSight, below.weight, then, callsLeft - 1, depth + 1, below.call);
          value += probability * next.value;
        }
        call[j] = value;
      }
    }
    let action = STOP;
    let value = judged.length === 0 ? Number.NEGATIVE_INFINITY : stop;
    if (callsLeft > 0) {
      for (const j of open) {
        if (call[j]! > value) {
          value = call[j]!;
          action = j;
        }
      }
    }
    return { action, value, stop };
  }

  /**
   * Value of calling each candidate when no other call may follow. With an answer in hand, the verdict on
   * the new one decides which of the two is returned.
   */
  private lastCall(
    pool: readonly number[],
    weight: Float64Array,
    judged: readonly Judged[],
    depth: number,
    out: Float64Array,
  ): void {
    const { belief, charge, accuracy: v } = this.outlook;
    const { success, cases } = belief;
    const { held } = this.level(depth);
    const answers = judged.length;
    for (let a = 0; a < answers; a++) {
      const { right } = judged[a]!;
      const product = held[a]!;
      let sum = 0;
      for (let s = 0; s < cases; s++) {
        const x = weight[s]! * right[s]!;
        product[s] = x;
        sum += x;
      }
      this.sums[a] = sum;
    }
    for (const j of pool) {
      if (isJudged(judged, j)) {
        out[j] = Number.NEGATIVE_INFINITY;
        continue;
      }
      const own = expected(belief, weight, j);
      const square = answers === 0 ? own : expectedSquare(belief, weight, j);
      let pass = answers === 0 ? own : (1 - v) * own + (2 * v - 1) * square;
      let fail = own - pass;
      for (let a = 0; a < answers; a++) {
        const both = mean(held[a]!, success, j * cases);
        pass = Math.max(pass, (1 - v) * this.sums[a]! + (2 * v - 1) * both);
        fail = Math.max(fail, v * this.sums[a]! - (2 * v - 1) * both);
      }
      out[j] = pass + fail - charge[j]!;
    }
  }
}

function isJudged(judged: readonly Judged[], model: number): boolean {
  for (const answer of judged) if (answer.model === model) return true;
  return false;
}

function best(values: Float64Array, pool: readonly number[], count: number): number[] {
  return pool
    .filter((j) => values[j]! > Number.NEGATIVE_INFINITY)
    .sort((a, b) => values[b]! - values[a]! || a - b)
    .slice(0, count);
}
