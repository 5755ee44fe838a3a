import { describe, expect, test } from 'vitest';
import { type Belief, observe } from '../../../src/policy/embedded/belief.ts';
import { STOP } from '../../../src/policy/embedded/lookahead.ts';
import { MOST_CALLS, SequencePlanner } from '../../../src/policy/embedded/sequence.ts';

const copula = { traits: 1, sharpness: 1, loadings: {}, fallback: [1.5] };
const start = (success: number[], charge: number[]) => ({
  models: success.map((_, j) => `model-${j}`),
  success,
  charge: Float64Array.from(charge),
  verifierAccuracy: 0.9,
});

describe('a sequence', () => {
  const planner = new SequencePlanner({ copula });

  test('does not call again what gave no answer, but has paid for it', () => {
    const sequence = planner.begin(start([0.9, 0.3], [0, 0]), 2);
    expect(sequence.next().action).toBe(0);
    sequence.fail(0);
    expect(sequence.next().action).toBe(1);
    sequence.fail(1);
    expect(sequence.next()).toMatchObject({ action: STOP });
    expect(sequence.answer()).toBe(STOP);
  });

  test('counts a call without an answer among the calls: with none left it stops', () => {
    const sequence = planner.begin(start([0.6, 0.6, 0.6], [0, 0, 0]), 2);
    sequence.observe(0, false);
    expect(sequence.next().action).not.toBe(STOP);
    sequence.fail(1);
    expect(sequence.next().action).toBe(STOP);
    expect(sequence.answer()).toBe(0);
  });

  test('weighs no more than a dozen candidates, the best ones, so that time is bounded whatever the pool', () => {
    const success = Array.from({ length: 40 }, (_, j) => (j + 1) / 50);
    const alone = { ...start(success, new Array(40).fill(0)), verifierAccuracy: undefined };
    const { set } = planner.begin(alone, MOST_CALLS).next();
    expect([...set.actions]).toEqual(Array.from({ length: 12 }, (_, k) => 39 - k));
  });
});

test('a verdict says less where answers are half right, in the tasks where they are', () => {
  const doubt = (decisive: number, task: number) => {
    const tasks = [
      {
        first: 0,
        count: 2,
        models: ['model-0'],
        loadings: Float32Array.of(1.5, 1.5),
        decisive: Float32Array.of(1, decisive),
      },
    ];
    const planner = new SequencePlanner({ copula: { ...copula, tasks } });
    const sequence = planner.begin({ ...start([0.5, 0.5], [0, 0]), task }, MOST_CALLS);
    sequence.observe(0, true);
    return sequence.success(0);
  };
  expect(doubt(1, 1)).toBeCloseTo(doubt(0.5, 0), 12);
  expect(doubt(0.5, 1)).toBeLessThan(doubt(0.5, 0) - 0.05);
});

test('a verdict that nobody foresaw teaches nothing', () => {
  const belief: Belief = {
    cases: 2,
    models: 1,
    success: Float64Array.of(1, 1),
    weight: Float64Array.of(0.25, 0.75),
  };
  const weight = Float64Array.from(belief.weight);
  expect(observe(belief, belief.weight, 0, false, 1, weight)).toBe(0);
  expect([...weight]).toEqual([0.25, 0.75]);
});
