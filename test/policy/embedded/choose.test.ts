import { expect, test } from 'vitest';
import { chooseByFloor, chooseByLambda } from '../../../src/policy/embedded/choose.ts';

const options = { success: [0.9, 0.9, 0.5, 0.7], costUsd: [0.02, 0.01, 0.001, 0.002] };

test.each([[[0, 1]], [[1, 0]]])('of equals the cheaper is chosen, whichever comes first: %j', (pool) => {
  expect(pool[chooseByLambda(pool, options, 0, 0.02)]).toBe(1);
});

test('cost counts as a share of the reference, times lambda', () => {
  const pool = [1, 3];
  // 0.2 of success against 0.008 of 0.02 USD.
  expect(pool[chooseByLambda(pool, options, 0.49, 0.02)]).toBe(1);
  expect(pool[chooseByLambda(pool, options, 0.51, 0.02)]).toBe(3);
});

test('a floor takes the cheapest that reaches it, else the strongest', () => {
  const pool = [0, 1, 2, 3];
  expect(chooseByFloor(pool, options, 0.6)).toEqual({ chosen: 3, reached: true });
  expect(chooseByFloor(pool, options, 0.8)).toEqual({ chosen: 1, reached: true });
  expect(chooseByFloor([2, 3], options, 0.8)).toEqual({ chosen: 1, reached: false });
});
