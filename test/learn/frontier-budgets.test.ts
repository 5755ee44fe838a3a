import { expect, test } from 'vitest';
import { frontierScore, type OutcomeMatrix } from '../../src/learn/frontier.ts';

/** Two models, of which the cheaper costs half of the better one. */
const table: OutcomeMatrix = {
  rows: 4,
  models: ['cheap', 'good'],
  score: Float64Array.of(1, 1, 0, 1, 0, 1, 1, 0),
  cost: Float64Array.of(1, 2, 1, 2, 1, 2, 1, 2),
};

test('budgets that no model meets are left out of the gain, and a router that misses one gains nothing there', () => {
  const always = (cost: number, score: number) => [
    { lambda: 0, cost: new Float64Array(4).fill(cost), score: new Float64Array(4).fill(score) },
  ];
  // The mixing line rises from 0.5 at half the best one's cost to 0.75 at all of it: six budgets of the ten.
  const mixed = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75].reduce((sum, value) => sum + value, 0);
  expect(frontierScore(table, always(1, 1)).gain).toBeCloseTo((100 * (6 - mixed)) / 6, 9);
  expect(frontierScore(table, always(2, 1)).gain).toBeCloseTo((100 * (1 - mixed)) / 6, 9);
});
