import { expect, test } from 'vitest';
import { Random } from '../../src/learn/random.ts';
import { chooseCorrection, type Surprise } from '../../src/learn/surprises.ts';

const ROWS = 300;
const SEEDS = 60;

/** In how many of the seeds something is learned. @param effect by how much the first candidate is better than expected */
function learned(effect: number): number {
  let found = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = new Random(seed);
    const surprises = Array.from({ length: ROWS }, (_, i): Surprise => {
      const right = random.next() < 0.5 + (i % 3 === 0 ? effect : 0);
      return { candidate: i % 3, weight: 1, success: (right ? 1 : 0) - 0.5, cost: 0 };
    });
    const ways = [1, 2].map((count) => ({
      count,
      of: Int32Array.from({ length: ROWS }, () => random.below(count)),
    }));
    if (Number.isFinite(chooseCorrection(surprises, ways, 3, random).shrinkage)) found++;
  }
  return found;
}

test('what holds beyond its noise on rows left out is learned, and chance hardly ever', () => {
  expect(learned(0.3)).toBe(SEEDS);
  expect(learned(0)).toBeLessThan(SEEDS / 4);
});
