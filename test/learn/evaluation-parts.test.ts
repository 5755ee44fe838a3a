/** The parts of an evaluation, each on data whose answer is known beforehand. */
import { describe, expect, it } from 'vitest';
import { operationOf, outcomeMatrix } from '../../src/learn/evaluation/bench.ts';
import { heldOutFolds } from '../../src/learn/evaluation/held-out.ts';
import { CHANGES, reworded } from '../../src/learn/evaluation/noise.ts';
import { reliability } from '../../src/learn/evaluation/reliability.ts';
import { meanAndError, resample } from '../../src/learn/evaluation/resample.ts';
import { type Fold, rowFolds, simpleRouters } from '../../src/learn/evaluation/simple-routers.ts';
import { Random } from '../../src/learn/random.ts';
import type { TableRow } from '../../src/learn/table.ts';
import { viewPrompt } from '../../src/policy/prompt-view.ts';
import { smallTable } from './small-table.ts';
import { world } from './world.ts';

function rowsOf(lines: ReturnType<typeof smallTable>): TableRow[] {
  return lines.map(({ id, task, prompt, outcomes }) => ({
    id,
    task,
    view: viewPrompt({ messages: [{ role: 'user', content: prompt }] }),
    outcomes: new Map(
      Object.entries(outcomes).map(([model, { score, cost }]) => [model, { score, costUsd: cost }]),
    ),
  }));
}

describe('reliability', () => {
  it('of a forecast that is right by construction: every tenth within its interval, floors kept', () => {
    const data = world(3000, 11, 0);
    const { tenths, floors, worst } = reliability(data);
    for (const { expected, reached, error } of tenths) {
      expect(Math.abs(reached - expected)).toBeLessThan(4 * error! + 1e-9);
    }
    expect(worst).toBeLessThan(3);
    for (const { floor, rows, reached, error } of floors) {
      if (rows > 50) expect(reached!).toBeGreaterThan(floor - 3 * error!);
    }
  });

  it('of a forecast that promises ten points too much: found, in points', () => {
    const data = world(3000, 12, 0);
    const boast = { ...data, success: data.success.map((p) => Math.min(1, p + 0.1)) };
    const { worst, tenths } = reliability(boast);
    expect(worst).toBeGreaterThan(8);
    expect(worst).toBeLessThan(16);
    const middle = tenths.find(({ from }) => from === 0.5)!;
    expect(Math.abs(middle.reached - middle.expected)).toBeGreaterThan(3 * middle.error!);
  });

  it('of a tenth with the pairs of one row alone: no interval, since nobody knows how far others lie', () => {
    const [success, score] = [Float64Array.of(0.55, 0.52, 0.31, 0.35), Float64Array.of(1, 1, 0, 1)];
    const shape = { rows: 2, models: ['a', 'b'], expectedCost: Float64Array.of(1, 2, 1, 2) };
    for (const { pairs, error } of reliability({ ...shape, success, score }).tenths) {
      expect({ pairs, error }).toEqual({ pairs: 2, error: undefined });
    }
  });
});

describe('the simple routers', () => {
  it('decide a row by the outcomes of the others, never by its own', () => {
    const lines = smallTable(40, 8);
    const models = Object.keys(lines[0]!.outcomes);
    const folds = rowFolds(40, 4, 1);
    /** What row 0 pays at each lambda, which says whom it asked, when the scores of some rows are turned round. */
    const paid = (turned: (row: number) => boolean) => {
      const matrix = outcomeMatrix(rowsOf(lines), models);
      matrix.score.forEach((score, at) => {
        if (turned(Math.floor(at / models.length))) matrix.score[at] = 1 - score;
      });
      const { knn, clusters } = simpleRouters(rowsOf(lines), matrix, folds, 1);
      return [knn, clusters].map((operations) => operations.map(({ cost }) => cost[0]));
    };
    const before = paid(() => false);
    expect(paid((row) => row === 0)).toEqual(before);
    expect(paid((row) => row !== 0)[0]).not.toEqual(before[0]);
  });

  it('folds share nothing and leave nothing out', () => {
    const folds = rowFolds(53, 10, 4);
    const tested = folds.flatMap(({ test }) => [...test]).sort((a, b) => a - b);
    expect(tested).toEqual(Array.from({ length: 53 }, (_, i) => i));
    for (const { train, test } of folds) {
      expect(train.length + test.length).toBe(53);
      expect([...train].some((row) => test.includes(row))).toBe(false);
    }
  });
});

describe('intervals', () => {
  /** Two models about as good, of which one costs nothing; the router asks each for half of the rows. */
  function rivals(rows: number) {
    const random = new Random(4);
    const score = Float64Array.from({ length: 2 * rows }, () => Number(random.next() < 0.6));
    score[1] = 1;
    const cost = Float64Array.from({ length: 2 * rows }, (_, at) => at % 2);
    const matrix = { rows, models: ['free', 'paid'], score, cost };
    const paidOnly = operationOf(matrix, 0, () => 1);
    const freeOnly = operationOf(matrix, 1, () => 0);
    return { matrix, operations: [paidOnly, freeOnly] };
  }

  it('a router that always matches the best does so in every draw, though the best costs nothing in some', () => {
    const { matrix, operations } = rivals(60);
    const { figures } = resample(matrix, [{ id: 'all', name: 'all', operations }], { seed: 1, draws: 200 });
    const { value, low, high } = figures[0]!.costMatch!;
    expect(value).toBeLessThanOrEqual(1);
    expect([low, high]).toEqual([expect.any(Number), 1]);
  });

  it('of one row there is none; of two that agree there is one of no width', () => {
    expect(meanAndError([3])).toEqual({ mean: 3 });
    expect(meanAndError([3, 3])).toEqual({ mean: 3, error: 0 });
  });
});

describe('tasks never seen', () => {
  it('known tasks are learned from just as many rows as unknown ones, however uneven the tasks are', () => {
    const rows = rowsOf(smallTable(90, 3)).map((row, i) => ({
      ...row,
      task: i < 12 ? `small-${i % 3}` : 'large',
    }));
    const { same, other } = heldOutFolds(rows, 5);
    const sizes = (folds: readonly Fold[]) => folds.map(({ train, test }) => [train.length, test.length]);
    expect(sizes(other).map(([train]) => train)).toContain(12);
    expect(sizes(same)).toEqual(sizes(other));
    for (const folds of [same, other]) {
      expect(folds.flatMap(({ test }) => [...test]).sort((a, b) => a - b)).toEqual([...rows.keys()]);
      for (const { train, test } of folds) expect(train.some((row) => test.includes(row))).toBe(false);
    }
  });
});

describe('prompt noise', () => {
  const text = 'Compute the largest eigenvalue of this matrix, then explain carefully: [[1, 22], [3, 4]].';
  const letters = (value: string) => [...value.toLowerCase().replace(/\s/g, '')].sort().join('');

  it('changes the wording, by seed, and nothing that matters', () => {
    for (const [kind, change] of Object.entries(CHANGES)) {
      const changed = Array.from({ length: 20 }, (_, seed) => change(text, new Random(seed)));
      expect(changed.filter((other) => other !== text).length, kind).toBeGreaterThan(15);
      expect(change(text, new Random(5)), kind).toBe(change(text, new Random(5)));
      for (const other of changed) {
        if (kind === 'polite opening') expect(other.endsWith(text)).toBe(true);
        else if (kind === 'added remark') expect(other).toContain(text);
        else expect(letters(other), kind).toBe(letters(text));
        expect(other.match(/\d+/g)).toEqual(text.match(/\d+/g));
      }
    }
  });

  it('leaves the tools alone that are listed after a question', () => {
    const tools = '\n\n[tools]\n[{"name": "eigenvalues", "description": "Computes eigenvalues of a matrix"}]';
    for (const [kind, change] of Object.entries(CHANGES)) {
      for (let seed = 0; seed < 20; seed++) {
        const other = reworded(text + tools, change, new Random(seed));
        expect(other, kind).toBe(change(text, new Random(seed)) + tools);
      }
    }
  });

  it('leaves short and astral texts whole', () => {
    for (const change of Object.values(CHANGES)) {
      for (const other of ['', 'Hi', '𝒳𝒴𝒵𝒲𝒱 ≥ 2', '数学の問題を解いてください']) {
        expect(change(other, new Random(1)).isWellFormed()).toBe(true);
      }
    }
  });
});
