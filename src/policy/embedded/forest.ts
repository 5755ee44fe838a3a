/** Reading a forest of trees with several values a leaf. */
import type { ForestWeights } from './weights.ts';

export const LEAF = 255;

/** Writes the trees' mean values for one input, one for each component; zeros without a tree. */
export function readForest(forest: ForestWeights, input: Float32Array, out: Float64Array): void {
  const { trees, components, roots, feature, threshold, next, values, scale } = forest;
  out.fill(0);
  for (let tree = 0; tree < trees; tree++) {
    let node = roots[tree]!;
    let tested = feature[node]!;
    while (tested !== LEAF) {
      node = next[node]! + (input[tested]! <= threshold[node]! ? 0 : 1);
      tested = feature[node]!;
    }
    const base = next[node]! * components;
    for (let c = 0; c < components; c++) out[c]! += values[base + c]!;
  }
  for (let c = 0; c < components; c++) out[c]! *= scale[c]! / Math.max(1, trees);
}
