import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resample } from '../../src/learn/evaluation/resample.ts';
import {
  accuracyAt,
  costFor,
  frontierScore,
  hull,
  type Operation,
  type OutcomeMatrix,
} from '../../src/learn/frontier.ts';
import { Random } from '../../src/learn/random.ts';
import { judged, SCORER } from './scorer.ts';
import { world } from './world.ts';

function randomRouter(seed: number, lambdas: number[]) {
  const data = world(80, seed);
  const random = new Random(seed + 100);
  const lines: object[] = [];
  const routers: Operation[] = lambdas.map((lambda) => {
    const operation = { lambda, cost: new Float64Array(80), score: new Float64Array(80) };
    for (let i = 0; i < 80; i++) {
      const calls = Array.from(random.order(5)).slice(0, 1 + random.below(3));
      const answer = calls[random.below(calls.length)]!;
      for (const j of calls) operation.cost[i]! += data.cost[i * 5 + j]!;
      operation.score[i] = data.score[i * 5 + answer]!;
      const names = calls.map((j) => data.models[j]);
      lines.push({ id: data.ids[i], lambda, calls: names, answer: data.models[answer] });
    }
    return operation;
  });
  return { data, routers, lines };
}

const folder = mkdtempSync(join(tmpdir(), 'frontier-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the frontier', () => {
  it('is the upper-left hull, flat to the right, and undefined below its cheapest point', () => {
    const h = hull([
      { cost: 1, accuracy: 0.2 },
      { cost: 2, accuracy: 0.25 },
      { cost: 3, accuracy: 0.6 },
      { cost: 4, accuracy: 0.5 },
    ]);
    expect(h).toEqual([
      { cost: 1, accuracy: 0.2 },
      { cost: 3, accuracy: 0.6 },
    ]);
    expect(accuracyAt(h, 0.5)).toBeUndefined();
    expect(accuracyAt(h, 2)).toBeCloseTo(0.4, 12);
    expect(accuracyAt(h, 9)).toBe(0.6);
    expect(costFor(h, 0.4)).toBeCloseTo(2, 12);
    expect(costFor(h, 0.7)).toBeUndefined();
  });

  it('a router that always calls one single model gains nothing, and is as good as the mixing line', () => {
    const data = world(200, 3);
    const routers = data.models.map((_, j) => ({
      lambda: j,
      cost: Float64Array.from({ length: 200 }, (_, i) => data.cost[i * 5 + j]!),
      score: Float64Array.from({ length: 200 }, (_, i) => data.score[i * 5 + j]!),
    }));
    expect(frontierScore(data, routers).gain).toBeCloseTo(0, 9);
    expect(frontierScore(data, routers).costMatch).toBeCloseTo(1, 9);
  });

  it('of equally accurate models the cheapest is the best, so that no saving is stated that a fixed model gives', () => {
    const models = ['a-dear', 'b-cheap', 'c-weak'];
    const scores = [
      [1, 1, 0],
      [0.1, 0.3, 0],
      [0.2, 0.2, 0],
      [0.3, 0.1, 1],
    ];
    const prices = [0.02, 0.001, 0.0001];
    const data = {
      rows: scores.length,
      models,
      score: Float64Array.from(scores.flat()),
      cost: Float64Array.from(scores.flatMap(() => prices)),
    };
    const always = (j: number): Operation => ({
      lambda: j,
      cost: new Float64Array(4).fill(prices[j]!),
      score: Float64Array.from(scores, (row) => row[j]!),
    });
    expect(frontierScore(data, [always(1), always(2)])).toMatchObject({
      best: 'b-cheap',
      bestCostUsd: 0.001,
      costMatch: 1,
    });
  });

  // Recorded from the scorer on the same made-up rows; the next test runs it where it is at hand.
  it('agrees with figures recorded from the scorer', () => {
    const { data, routers } = randomRouter(7, [0, 1, 2, 3]);
    const { gain, ofOracle, bestAccuracy, bestCostUsd, oracleAccuracy, maxAccuracy } = frontierScore(
      data,
      routers,
    );
    expect({
      gain,
      ofOracle,
      bestAccuracy,
      bestCostUsd,
      oracleAccuracy,
      maxAccuracy,
    }).toMatchInlineSnapshot(`
      {
        "bestAccuracy": 0.75,
        "bestCostUsd": 0.02049619418694976,
        "gain": -32.06555226096088,
        "maxAccuracy": 0.65,
        "ofOracle": -1.778483917251871,
        "oracleAccuracy": 0.8875,
      }
    `);
  });

  it.runIf(SCORER)('agrees with the scorer that routing is judged by', () => {
    for (const seed of [1, 2, 3]) {
      const { data, routers, lines } = randomRouter(seed, [0, 0.5, 1, 2, 4]);
      const rows = data.ids.map((id, i) => {
        const outcomes = Object.fromEntries(
          data.models.map((model, j) => [
            model,
            { score: data.score[i * 5 + j], cost: data.cost[i * 5 + j] },
          ]),
        );
        return JSON.stringify({ id, outcomes });
      });
      const table = join(folder, 'table.jsonl');
      const decisions = join(folder, 'decisions.jsonl');
      writeFileSync(table, rows.join('\n'));
      writeFileSync(decisions, lines.map((line) => JSON.stringify(line)).join('\n'));
      const theirs = judged(table, decisions);
      const ours = frontierScore(data, routers);
      expect(ours.best).toBe(theirs.best);
      expect(Math.abs(ours.gain - theirs.gain)).toBeLessThan(1e-9);
      expect(Math.abs(ours.ofOracle - theirs.of_oracle)).toBeLessThan(1e-9);
      expect(Math.abs(ours.oracleAccuracy - theirs.oracle_acc)).toBeLessThan(1e-9);
      expect(Math.abs(ours.maxAccuracy - theirs.max_acc)).toBeLessThan(1e-9);
      expect(ours.costMatch === undefined).toBe(theirs.cost_match === null);
      if (ours.costMatch !== undefined)
        expect(Math.abs(ours.costMatch - theirs.cost_match)).toBeLessThan(1e-9);
    }
  });

  it('resampled intervals hold the estimate, are the same by seed, and narrow with more rows', () => {
    const options = { seed: 4, draws: 80 };
    const gainOf = (data: OutcomeMatrix, operations: Operation[]) =>
      resample(data, [{ id: 'one', name: 'one', operations }], options).figures[0]!.gain;
    const few = randomRouter(5, [0, 1, 2]);
    const gain = gainOf(few.data, few.routers);
    expect(gainOf(few.data, few.routers)).toEqual(gain);
    expect(gain.value).toBe(frontierScore(few.data, few.routers).gain);
    expect(gain.low).toBeLessThan(gain.value);
    expect(gain.high).toBeGreaterThan(gain.value - (gain.high - gain.low));
    const width = (rows: number) => {
      const data = world(rows, 9);
      const cost = Float64Array.from({ length: rows }, (_, i) => data.cost[i * 5]!);
      const score = Float64Array.from({ length: rows }, (_, i) => data.score[i * 5 + 4]!);
      const { low, high } = gainOf(data, [{ lambda: 0, cost, score }]);
      return high - low;
    };
    expect(width(1600)).toBeLessThan(width(100));
  });
});
