import { expect, test } from 'vitest';
import { growForest } from '../../src/learn/grow-forest.ts';
import { matrix } from '../../src/learn/linear-algebra.ts';
import { Random } from '../../src/learn/random.ts';
import { addForest } from '../../src/policy/embedded/forest.ts';

const SEED = 11;
const ROWS = 600;
const OPTIONS = { trees: 60, leafRows: 8, inputShare: 0.5, rowShare: 0.75 };

/** Two inputs say the target equally well; in other words the first of them says nothing. */
function forests() {
  const random = new Random(SEED);
  const targets = matrix(ROWS, 1);
  const fickle = new Float32Array(2 * ROWS);
  const steady = new Float32Array(2 * ROWS);
  for (let i = 0; i < ROWS; i++) {
    targets.data[i] = random.next() - 0.5;
    fickle[i] = targets.data[i]! + 0.2 * (random.next() - 0.5);
    fickle[ROWS + i] = random.next() - 0.5;
    steady[i] = targets.data[i]! + 0.2 * (random.next() - 0.5);
    steady[ROWS + i] = steady[i]!;
  }
  const grown = (rows: number) =>
    growForest([fickle.subarray(0, rows), steady.subarray(0, rows)], targets, OPTIONS, new Random(SEED));
  return { asTheyAre: grown(ROWS), inOtherWordsToo: grown(2 * ROWS) };
}

function says(forest: ReturnType<typeof growForest>, ...inputs: number[]): number {
  const out = new Float64Array(1);
  addForest(forest, Float32Array.from(inputs), out);
  return out[0]!;
}

test(`a forest that is shown prompts in other words goes by what stays the same in them, seed ${SEED}`, () => {
  const { asTheyAre, inOtherWordsToo } = forests();
  const swayed = (forest: ReturnType<typeof growForest>) => says(forest, 0.4, 0) - says(forest, -0.4, 0);
  expect(swayed(asTheyAre)).toBeGreaterThan(0.1);
  expect(swayed(inOtherWordsToo)).toBeLessThan(0.5 * swayed(asTheyAre));
  expect(says(inOtherWordsToo, 0, 0.4)).toBeGreaterThan(0.2);
  expect(says(inOtherWordsToo, 0, -0.4)).toBeLessThan(-0.2);
});
