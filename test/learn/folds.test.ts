import { expect, test } from 'vitest';
import { allRows, dealFolds, foldsOf } from '../../src/learn/folds.ts';
import { matrix } from '../../src/learn/linear-algebra.ts';
import { Random } from '../../src/learn/random.ts';
import { softMeans } from '../../src/learn/task-means.ts';

const MANY = 200_000;

test.each([2, 3, 7, 100])('each of %i rows is judged once, by rows that it is not among', (count) => {
  const folds = dealFolds(count, new Random(1));
  const judged: number[] = [];
  for (const { shown, heldOut } of foldsOf(allRows(count), folds)) {
    expect([...shown, ...heldOut].sort((a, b) => a - b)).toEqual([...allRows(count)]);
    judged.push(...heldOut);
  }
  expect(judged.sort((a, b) => a - b)).toEqual([...allRows(count)]);
});

test(`${MANY} rows are not too many for the stack`, () => {
  const values = matrix(MANY, 1);
  values.data.fill(1, 0, MANY / 2);
  const posteriors = matrix(MANY, 1);
  posteriors.data.fill(1);
  const labels = new Int32Array(MANY);
  const folds = dealFolds(MANY, new Random(1));
  const means = softMeans(values, labels, 1, posteriors, folds, allRows(MANY));
  expect(means.data.every((mean) => Math.abs(mean - 0.5) < 0.01)).toBe(true);
});

test('rows are dealt at random: what comes in turn in a table is not in one fold', () => {
  const folds = dealFolds(1000, new Random(1));
  const inTurn = [...folds].filter((fold, row) => fold === row % 5).length;
  expect(inTurn).toBeGreaterThan(150);
  expect(inTurn).toBeLessThan(250);
});
