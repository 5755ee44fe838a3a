import { expect, test } from 'vitest';
import { Scales } from '../../../src/policy/embedded/scales.ts';

const OPEN = { mean: 0, deviation: 1000 };
const FIXED = { mean: 0, deviation: 0.001 };

test('candidates that two scales share say how far these are apart', () => {
  const scales = new Scales();
  for (const [who, ability] of [2, 0, -1].entries()) {
    if (who < 2) scales.add(who, 'hard', FIXED, ability, 0.1);
    if (who > 0) scales.add(who, 'easy', OPEN, ability + 3, 0.1);
  }
  const { ability, hardness } = scales.solve(3);
  expect(hardness.get('easy')).toBeCloseTo(-3, 3);
  // Seen on the easy scale alone, where its score is higher than the second one's on the hard one.
  expect([...ability]).toEqual([2, 0, -1].map((value) => expect.closeTo(value, 3)));
});

test('a hardness believed beforehand moves as far as the scores outweigh it', () => {
  const solved = (deviation: number) => {
    const scales = new Scales();
    scales.add(0, 'known', FIXED, 1, 0.5);
    scales.add(0, 'other', { mean: 0, deviation }, 3, 0.5);
    return scales.solve(1).hardness.get('other')!;
  };
  expect(solved(0.001)).toBeCloseTo(0, 3);
  expect(solved(1000)).toBeCloseTo(-2, 3);
  // The difference of two scores has the variance 0.5, as has the prior.
  expect(solved(Math.SQRT1_2)).toBeCloseTo(-1, 3);
});
