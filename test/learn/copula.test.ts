import { describe, expect, it } from 'vitest';
import { decisiveness, fitCopula, fitTaskLoadings } from '../../src/learn/copula-fit.ts';
import { passes } from '../../src/learn/environment.ts';
import { Random } from '../../src/learn/random.ts';
import { expected, judge, mean, observe } from '../../src/policy/embedded/belief.ts';
import { emptyBelief, fillBelief, normalPoints } from '../../src/policy/embedded/copula.ts';
import { plan } from '../../src/policy/embedded/lookahead.ts';
import { world } from './world.ts';

function belief(success: number[], loading: number) {
  const out = emptyBelief(success.length);
  fillBelief(out, success, new Float64Array(success.length).fill(loading), normalPoints(1), 1);
  return out;
}

describe('what a verdict says about the other candidates', () => {
  it('before a verdict everyone succeeds as the predictor expects', () => {
    const success = [0.1, 0.35, 0.6, 0.9];
    for (const loading of [0, 1, 2]) {
      const b = belief(success, loading);
      success.forEach((p, j) => {
        expect(Math.abs(expected(b, b.weight, j) - p)).toBeLessThan(0.02);
      });
    }
  });

  it('a failure lowers the others where they load on the same trait, and only there', () => {
    for (const [loading, falls] of [
      [0, false],
      [1.5, true],
    ] as const) {
      const b = belief([0.7, 0.6], loading);
      const before = expected(b, b.weight, 1);
      const weight = Float64Array.from(b.weight);
      observe(b, weight, 0, false, 0.9, weight);
      if (falls) expect(expected(b, weight, 1)).toBeLessThan(before - 0.1);
      else expect(expected(b, weight, 1)).toBeCloseTo(before, 9);
    }
  });

  it('the judged answer itself follows Bayes exactly when nothing is shared', () => {
    const b = belief([0.7], 0);
    const p = expected(b, b.weight, 0);
    const weight = Float64Array.from(b.weight);
    observe(b, weight, 0, false, 0.9, weight);
    const { right } = judge(b, 0, false, 0.9);
    expect(mean(weight, right)).toBeCloseTo((p * 0.1) / (p * 0.1 + (1 - p) * 0.9), 9);
  });

  it('a verdict of a coin teaches nothing', () => {
    const b = belief([0.7, 0.4], 1.5);
    const weight = Float64Array.from(b.weight);
    expect(observe(b, weight, 0, true, 0.5, weight)).toBeCloseTo(0.5, 12);
    for (const [s, w] of weight.entries()) expect(w).toBeCloseTo(b.weight[s]!, 12);
  });

  it('the fit finds how much is shared', () => {
    const strength = (shared: number) => {
      const fit = fitCopula(world(250, 21, shared), 3);
      let sum = 0;
      for (let j = 0; j < 5; j++) {
        sum += Math.hypot(...fit.loadings.subarray(j * fit.traits, (j + 1) * fit.traits)) / 5;
      }
      return sum;
    };
    expect(strength(0)).toBeLessThan(0.7);
    expect(strength(2)).toBeGreaterThan(1.3);
  }, 40_000);
});

describe('scores between right and wrong', () => {
  const half = { ...belief([0.5, 0.4], 0), decisive: 0.5 };

  it('a verdict on an answer that is always half right says nothing about it', () => {
    for (const pass of [true, false]) {
      expect(mean(half.weight, judge(half, 0, pass, 0.9).right)).toBeCloseTo(0.5, 3);
    }
  });

  it('what a verdict is believed to say is what a replay shows', () => {
    const random = new Random(5);
    const scores = [1, 1, 0, 0, 0.5, 0.3, 0.01];
    const total = scores.reduce((sum, s) => sum + s, 0);
    const decisive = scores.reduce((sum, s) => sum + s * s, 0) / total;
    const b = { ...belief([total / scores.length], 0), decisive };
    const seen = { pass: [0, 0], fail: [0, 0] };
    for (let i = 0; i < 40_000; i++) {
      const score = scores[random.below(scores.length)]!;
      const tally = passes(score, 0.8, random.next()) ? seen.pass : seen.fail;
      tally[0]! += score;
      tally[1]!++;
    }
    expect(mean(b.weight, judge(b, 0, true, 0.8).right)).toBeCloseTo(seen.pass[0]! / seen.pass[1]!, 1.7);
    expect(mean(b.weight, judge(b, 0, false, 0.8).right)).toBeCloseTo(seen.fail[0]! / seen.fail[1]!, 1.7);
  });

  it('an answer is never believed to be more than right', () => {
    const b = { ...belief([0.9, 0.6], 2), decisive: 0.3 };
    for (const pass of [true, false]) {
      const { right } = judge(b, 0, pass, 0.9);
      for (const p of right) expect(p).toBeLessThanOrEqual(1);
    }
  });

  it('another call is worth less where answers are half right', () => {
    const gain = (decisive: number) => {
      const b = { ...belief([0.5, 0.5], 0), decisive };
      const outlook = { belief: b, charge: new Float64Array(2), accuracy: 0.9, pool: [0, 1] };
      return plan({ ...outlook, width: [2, 2] }, b.weight, [], 2).value - 0.5;
    };
    expect(gain(1)).toBeGreaterThan(0.1);
    expect(gain(0.5)).toBeCloseTo(0, 3);
  });

  it('the fit measures it task by task', () => {
    const data = world(60, 8);
    const task = data.task.map((_, row) => (row < 30 ? 0 : 1));
    const score = data.score.map((s, at) => (at < 150 ? s : 0.4));
    const rows = { ...data, task, score };
    const fit = { traits: 1, sharpness: 1, loadings: new Float64Array(5).fill(1) };
    const [tasks] = fitTaskLoadings(rows, fit, 1);
    expect(decisiveness(data, data.task.keys())).toBe(1);
    expect(tasks!.decisive![0]).toBeGreaterThan(0.9);
    expect(tasks!.decisive![1]).toBeLessThan(0.5);
  });
});

it("a task with few successes is as decisive as all tasks, as far as its own don't outweigh them", () => {
  const half = { ...world(20, 1), score: new Float64Array(100).fill(0.5) };
  expect(decisiveness(half, [0])).toBe(0.5);
  // Five successes of the prior, all decisive, and 2.5 seen ones, half of them.
  expect(decisiveness(half, [0], 1)).toBeCloseTo((5 + 1.25) / (5 + 2.5), 12);
});
