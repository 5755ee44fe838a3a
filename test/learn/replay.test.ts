import { describe, expect, it } from 'vitest';
import { copulaOf, fitCopula } from '../../src/learn/copula-fit.ts';
import { type Forecasts, passes, playRow } from '../../src/learn/environment.ts';
import { frontierScore } from '../../src/learn/frontier.ts';
import { Random } from '../../src/learn/random.ts';
import { operations, replay } from '../../src/learn/replay.ts';
import { SequencePlanner } from '../../src/policy/embedded/sequence.ts';
import { world } from './world.ts';

const data = world(150, 11);
const planner = new SequencePlanner({ copula: copulaOf(fitCopula(world(600, 12), 1), data.models) });
const LAMBDAS = [0, 0.1, 0.3, 1, 3, 10, 30, 100];

function play(on: Forecasts, verifier: number | undefined, maxCalls = 3, lambdas = [0, 0.3, 3]) {
  return [...replay(on, planner, { lambdas, verifier, maxCalls, seed: 2 })];
}

/** The same prompts with the outcomes of other rows. */
function shuffled(seed: number): Forecasts {
  const order = new Random(seed).order(data.rows);
  const score = new Float64Array(data.score.length);
  for (let i = 0; i < data.rows; i++) {
    for (let j = 0; j < 5; j++) score[i * 5 + j] = data.score[order[i]! * 5 + j]!;
  }
  return { ...data, score };
}

describe('replaying a table', () => {
  it('the first call does not depend on outcomes', () => {
    const before = play(data, 0.9).map(({ calls }) => calls[0]);
    for (const seed of [1, 2]) expect(play(shuffled(seed), 0.9).map(({ calls }) => calls[0])).toEqual(before);
  });

  it('later calls depend on outcomes through verdicts only', () => {
    // All answers score 1: the sequences are those of a verifier whose noise alone speaks.
    const right = { ...data, score: data.score.map(() => 1) };
    const wrong = { ...data, score: data.score.map(() => 0) };
    // A verifier that is a coin says the same of both.
    expect(play(right, 0.5)).toEqual(play(wrong, 0.5));
    expect(play(right, 0.9)).not.toEqual(play(wrong, 0.9));
    // Real cost never steers.
    const dear = { ...data, cost: data.cost.map((cost) => cost * 7) };
    expect(play(dear, 0.9).map(({ calls }) => calls)).toEqual(play(data, 0.9).map(({ calls }) => calls));
  });

  it('every call is paid, none is repeated, and the answer is one of them', () => {
    for (const { id, calls, answer, cost } of play(data, 0.8)) {
      const row = data.ids.indexOf(id);
      const paid = calls.reduce((sum, model) => sum + data.cost[row * 5 + data.models.indexOf(model)]!, 0);
      expect(cost).toBeCloseTo(paid, 12);
      expect(calls).toContain(answer);
      expect(new Set(calls).size).toBe(calls.length);
      expect(calls.length).toBeLessThanOrEqual(3);
    }
  });

  it('makes one call without a verifier, with one call allowed, and with a verifier that is a coin', () => {
    for (const lines of [play(data, undefined), play(data, 0.9, 1), play(data, 0.5)]) {
      expect(lines.every(({ calls }) => calls.length === 1)).toBe(true);
    }
  });

  it('a verdict is the same whatever was called before it', () => {
    const one = playRow(data, 0, planner, { lambda: 0, verifier: 0.8, maxCalls: 3, seed: 5 });
    const again = playRow(data, 0, planner, { lambda: 0, verifier: 0.8, maxCalls: 3, seed: 5 });
    expect(again).toEqual(one);
  });

  it('a verifier of accuracy v passes right answers v of the time and wrong ones 1 - v', () => {
    const random = new Random(3);
    let right = 0;
    let wrong = 0;
    for (let i = 0; i < 20_000; i++) {
      if (passes(1, 0.8, random.next())) right++;
      if (passes(0, 0.8, random.next())) wrong++;
    }
    expect(right / 20_000).toBeCloseTo(0.8, 1.5);
    expect(wrong / 20_000).toBeCloseTo(0.2, 1.5);
  });

  it('cost never rises when lambda rises', () => {
    for (const verifier of [undefined, 0.7, 0.9, 1]) {
      const costs = operations(data, planner, { lambdas: LAMBDAS, verifier, maxCalls: 3, seed: 2 }).map(
        ({ cost }) => cost.reduce((sum, x) => sum + x, 0),
      );
      for (let i = 1; i < costs.length; i++) expect(costs[i]!).toBeLessThanOrEqual(costs[i - 1]! * 1.001);
    }
  });

  it('gains more the better the verifier, and most over one-shot', () => {
    const gain = (verifier: number | undefined) =>
      frontierScore(data, operations(data, planner, { lambdas: LAMBDAS, verifier, maxCalls: 3, seed: 2 }))
        .gain;
    const gains = [gain(undefined), gain(0.7), gain(0.8), gain(0.9), gain(1)];
    expect(gains[3]!).toBeGreaterThan(gains[0]! + 3);
    expect(gains[4]!).toBeGreaterThan(gains[1]!);
  });
});
