import { expect, test } from 'vitest';
import { LEAF, readForest } from '../../../src/policy/embedded/forest.ts';
import type { ForestWeights } from '../../../src/policy/embedded/weights.ts';

/** One tree that asks whether the second input is at most 0.5, and one that is a leaf. */
const forest: ForestWeights = {
  trees: 2,
  components: 2,
  roots: Int32Array.of(0, 3),
  feature: Uint8Array.of(1, LEAF, LEAF, LEAF),
  threshold: Float32Array.of(0.5, 0, 0, 0),
  next: Int32Array.of(1, 0, 1, 2),
  values: Int8Array.of(10, -10, 30, -30, 2, 4),
  scale: Float32Array.of(0.5, 0.25),
};

test('an answer is the mean of the trees, what is just at a threshold counted as below it', () => {
  const out = Float64Array.of(99, 99);
  readForest(forest, Float32Array.of(7, 0.5), out);
  expect([...out]).toEqual([(0.5 * (10 + 2)) / 2, (0.25 * (-10 + 4)) / 2]);
  readForest(forest, Float32Array.of(7, 0.75), out);
  expect([...out]).toEqual([(0.5 * (30 + 2)) / 2, (0.25 * (-30 + 4)) / 2]);
});

test('no tree says nothing', () => {
  const out = Float64Array.of(99, 99);
  readForest({ ...forest, trees: 0 }, Float32Array.of(7, 0.5), out);
  expect([...out]).toEqual([0, 0]);
});
