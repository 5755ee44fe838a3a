import { describe, expect, it } from 'vitest';
import { fitCopula } from '../../src/learn/copula-fit.ts';
import { expected, judge, mean, observe } from '../../src/policy/embedded/belief.ts';
import { emptyBelief, fillBelief, normalPoints } from '../../src/policy/embedded/copula.ts';
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
