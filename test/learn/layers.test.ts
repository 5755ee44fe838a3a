/** The layers of the predictor, each on data made so that the right answer is known. Seeds are in the names. */
import { describe, expect, test } from 'vitest';
import { fitCalibration } from '../../src/learn/calibration.ts';
import { crossFit, type LayerRows } from '../../src/learn/fit-layers.ts';
import { fitTrust } from '../../src/learn/fit-trust.ts';
import { type Matrix, matrix, rowOf } from '../../src/learn/linear-algebra.ts';
import { smearing } from '../../src/learn/outcome-matrix.ts';
import { Random } from '../../src/learn/random.ts';
import type { TableRow } from '../../src/learn/table.ts';
import { STRUCTURE_COUNT } from '../../src/policy/embedded/features.ts';
import { addWording } from '../../src/policy/embedded/layers.ts';

const SEED = 7;

describe('wording on top of mean and task', () => {
  const relevance = [0.25, 0.25, 0.25, 0.25];

  test('a harder prompt costs the middling most, and leaves the certain nearly as they were', () => {
    const expected = Float64Array.of(0.98, 0.6, 0.4, 0.02);
    addWording(Float64Array.of(-0.2, -0.2, -0.2, -0.2), relevance, [1, 0], expected);
    expect(expected[0]! + expected[1]! + expected[2]! + expected[3]!).toBeCloseTo(2 - 0.8, 1);
    expect(0.98 - expected[0]!).toBeLessThan(0.15);
    expect(0.6 - expected[1]!).toBeGreaterThan(0.25);
    expect(0.02 - expected[3]!).toBeLessThan(0.02);
    expect([...expected]).toEqual([...expected].sort((a, b) => b - a));
  });

  test('with full trust in single candidates it is the plain sum', () => {
    const wording = Float64Array.of(0.1, -0.05, 0.02, 0);
    const expected = Float64Array.of(0.5, 0.6, 0.4, 0.3);
    addWording(wording, relevance, [1, 1], expected);
    [0.6, 0.55, 0.42, 0.3].forEach((value, j) => {
      expect(expected[j]).toBeCloseTo(value, 9);
    });
  });

  test('stays within 0 and 1 however hard the level pulls', () => {
    for (const level of [-5, 5]) {
      const expected = Float64Array.of(0.999, 0.5, 0.001, 0.2);
      addWording(new Float64Array(4).fill(level), relevance, [2, 0], expected);
      for (const value of expected) {
        expect(value).toBeGreaterThan(-0.01);
        expect(value).toBeLessThan(1.01);
      }
    }
  });
});

describe(`trust, seed ${SEED}`, () => {
  const rows = 600;
  const pool = 4;
  const mean = Float64Array.of(0.7, 0.6, 0.5, 0.4);
  const relevance = new Float64Array(pool).fill(1 / pool);

  /** Outcomes whose differences follow `said` so far as `truth` says. */
  function world(truth: number): { scores: Matrix; wording: Matrix } {
    const random = new Random(SEED);
    const scores = matrix(rows, pool);
    const wording = matrix(rows, pool);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < pool; j++) {
        const said = 0.3 * (random.next() - 0.5);
        wording.data[i * pool + j] = said;
        const chance = mean[j]! + truth * said;
        scores.data[i * pool + j] = (random.next() < chance ? 1 : 0) - mean[j]!;
      }
    }
    return { scores, wording };
  }

  test('differences that show in outcomes are believed, those that do not are not', () => {
    const task = matrix(rows, pool);
    const real = world(1);
    expect(fitTrust(real.scores, task, real.wording, relevance, mean).wording[1]).toBeGreaterThan(0.5);
    const empty = world(0);
    expect(fitTrust(empty.scores, task, empty.wording, relevance, mean).wording[1]).toBeLessThan(0.15);
  });
});

/** Correlation of what crossed layers say with outcomes that are coin tosses, few rows a task. */
function correlationWithChance(seed: number): { task: number; wording: number } {
  // Few rows a task: a mean that held the row would move with it, one that was compared with it against it.
  const random = new Random(seed);
  const rows = 400;
  const tasks = 40;
  const pool = 3;
  const dimensions = 8;
  const labels = Int32Array.from({ length: rows }, (_, i) => i % tasks);
  const posteriors = matrix(rows, tasks);
  const scores = matrix(rows, pool);
  const logCost = matrix(rows, pool);
  labels.forEach((task, i) => {
    posteriors.data[i * tasks + task] = 1;
    for (let j = 0; j < pool; j++) scores.data[i * pool + j] = (random.next() < 0.5 ? 1 : 0) - 0.5;
  });
  const data: LayerRows = {
    vectors: Array.from({ length: rows }, () =>
      Float32Array.from({ length: dimensions + STRUCTURE_COUNT + 1 }, () => random.next()),
    ),
    dimensions,
    labels,
    tasks,
    posteriors,
    folds: Int32Array.from({ length: rows }, (_, i) => Math.floor(i / tasks) % 5),
    scores,
    logCost,
    taskStructure: new Float32Array(tasks * STRUCTURE_COUNT),
    relevance: new Float64Array(pool).fill(1 / pool),
    successBasis: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
    successComponents: 3,
    costBasis: Float32Array.of(1, 0, 0),
  };
  const { task, wording } = crossFit(data, 15, random);
  const correlation = (said: Matrix): number => {
    let product = 0;
    let a = 0;
    let b = 0;
    for (let at = 0; at < said.data.length; at++) {
      product += said.data[at]! * scores.data[at]!;
      a += said.data[at]! ** 2;
      b += scores.data[at]! ** 2;
    }
    return product / Math.sqrt(Math.max(a * b, 1e-12));
  };
  return { task: correlation(task), wording: correlation(wording) };
}

test('no layer that saw a row judges it: over seeds 1 to 10, coin tosses are neither predicted nor contradicted', () => {
  const runs = Array.from({ length: 10 }, (_, k) => correlationWithChance(k + 1));
  for (const layer of ['task', 'wording'] as const) {
    const mean = runs.reduce((sum, run) => sum + run[layer], 0) / runs.length;
    // 12,000 tosses: three standard errors are 0.03.
    expect(Math.abs(mean), layer).toBeLessThan(0.04);
  }
});

describe('calibration', () => {
  test('follows what no smooth curve over the whole range could', () => {
    const random = new Random(1);
    const expected = matrix(4000, 2);
    const centred = matrix(4000, 2);
    const bump = (share: number) => (Math.abs(share - 0.5) < 0.1 ? 0.15 : 0);
    for (let at = 0; at < expected.data.length; at++) {
      const share = random.next();
      expected.data[at] = share;
      centred.data[at] = (random.next() < share + bump(share) ? 1 : 0) - 0.5;
    }
    const { from, to } = fitCalibration(expected, centred, [0.5, 0.5]);
    const middle = from.indexOf(0.5);
    expect(to[middle]!).toBeGreaterThan(0.6);
    expect(to[middle / 2]!).toBeLessThan(0.32);
  });

  test(`brings what was too sure of itself back to what happens, and keeps every order, seed ${SEED}`, () => {
    const random = new Random(SEED);
    const expected = matrix(4000, 2);
    const centred = matrix(4000, 2);
    for (let at = 0; at < expected.data.length; at++) {
      const truth = 0.25 + 0.5 * random.next();
      expected.data[at] = Math.min(1, Math.max(0, 0.5 + (truth - 0.5) * 2));
      centred.data[at] = (random.next() < truth ? 1 : 0) - 0.5;
    }
    const calibration = fitCalibration(expected, centred, [0.5, 0.5]);
    const out = calibration.apply({ ...expected, rows: 1, columns: 3, data: Float64Array.of(0.1, 0.5, 0.9) });
    [0.3, 0.5, 0.7].forEach((truth, k) => {
      expect(Math.abs(out.data[k]! - truth)).toBeLessThan(0.05);
    });
    for (let k = 1; k < calibration.to.length; k++) {
      expect(calibration.to[k]! > calibration.to[k - 1]! || calibration.to[k] === 1).toBe(true);
    }
  });

  test('with all outcomes equal it stays finite', () => {
    const expected = { ...matrix(50, 2), data: new Float64Array(100).fill(0.5) };
    const { to } = fitCalibration(expected, matrix(50, 2), [1, 1]);
    expect([...to].every((value) => value >= 0 && value <= 1)).toBe(true);
  });
});

test('expected cost is the mean of what was paid, by task, although costs have long tails', () => {
  const paid = [1, 1, 1, 9, 2, 2, 2, 2];
  const labels = Int32Array.of(0, 0, 0, 0, 1, 1, 1, 1);
  const outcomeRow = (costUsd: number) => ({ outcomes: new Map([['m', { score: 1, costUsd }]]) });
  const many = Array.from({ length: 50 }, () => paid).flat();
  const rows = many.map(outcomeRow) as unknown as TableRow[];
  const expectedLog = matrix(rows.length, 1);
  const all = Int32Array.from(many, (_, i) => labels[i % 8]!);
  // As the predictor says it: the mean of the logs.
  all.forEach((task, i) => {
    rowOf(expectedLog, i)[0] = task === 0 ? Math.log(9) / 4 : Math.log(2);
  });
  const { scale, byTask } = smearing(rows, ['m'], expectedLog, all, 2);
  const mean = 2.5;
  const expected = [0, 1].map((t) => Math.exp(expectedLog.data[t * 4]! + byTask[t]!) * scale[0]! * mean);
  expect(expected[0]).toBeGreaterThan(2.9);
  expect(expected[1]).toBeLessThan(2.1);
});

test('what the wording says of single candidates is believed where it shows, and not where it is chance', () => {
  const rows = 400;
  const believed = (seed: number, share: number): number => {
    const random = new Random(seed);
    const zero = matrix(rows, 2);
    const wording = matrix(rows, 2);
    const scores = matrix(rows, 2);
    for (let i = 0; i < rows; i++) {
      const favours = random.next() - 0.5;
      wording.data.set([favours, -favours], i * 2);
      for (let j = 0; j < 2; j++) {
        const chance = 0.5 + share * wording.data[i * 2 + j]!;
        scores.data[i * 2 + j] = (random.next() < chance ? 1 : 0) - 0.5;
      }
    }
    const mean = Float64Array.of(0.5, 0.5);
    return fitTrust(scores, zero, wording, Float64Array.of(0.5, 0.5), mean).wording[1];
  };
  const seeds = Array.from({ length: 20 }, (_, k) => k + 1);
  expect(seeds.filter((seed) => believed(seed, 0) > 0).length).toBeLessThan(4);
  for (const seed of seeds) expect(Math.abs(believed(seed, 1) - 1)).toBeLessThan(0.4);
});
