/**
 * Extremely randomised trees (Geurts, Ernst and Wehenkel 2006) with several targets: a split is judged by how
 * much of all targets together it explains, so candidates with few rows profit from those with many.
 */
import { LEAF } from '../policy/embedded/forest.ts';
import type { ForestWeights } from '../policy/embedded/weights.ts';
import type { Matrix } from './linear-algebra.ts';
import type { Random } from './random.ts';

/** Fewest rows in a leaf. */
const LEAF_ROWS = 8;
/** Share of the inputs tried at a split. */
const INPUT_SHARE = 0.3;
/** Share of the rows each tree is grown on. */
const ROW_SHARE = 0.75;

/** @param inputs one Float32Array for each input, over all rows */
export function growForest(
  inputs: readonly Float32Array[],
  targets: Matrix,
  trees: number,
  random: Random,
): ForestWeights {
  const { rows, columns: components } = targets;
  if (rows === 0) return pack(0, components, new Int32Array(0), [], [], [], []);
  const feature: number[] = [];
  const threshold: number[] = [];
  const next: number[] = [];
  const leaves: Float64Array[] = [];
  const roots = new Int32Array(trees);
  const tried = Math.max(1, Math.round(inputs.length * INPUT_SHARE));
  const taken = Math.max(2, Math.round(rows * ROW_SHARE));
  const leftSum = new Float64Array(components);
  const total = new Float64Array(components);

  const grow = (sample: Int32Array): void => {
    // Nodes are filled from a list of work; children are placed side by side when their parent splits.
    const work: { node: number; from: number; to: number }[] = [];
    const place = (): number => {
      feature.push(LEAF);
      threshold.push(0);
      next.push(0);
      return feature.length - 1;
    };
    work.push({ node: place(), from: 0, to: sample.length });
    for (let job = work.pop(); job; job = work.pop()) {
      const { node, from, to } = job;
      const size = to - from;
      total.fill(0);
      for (let i = from; i < to; i++) {
        const base = sample[i]! * components;
        for (let c = 0; c < components; c++) total[c]! += targets.data[base + c]!;
      }
      let best = -1;
      let bestCut = 0;
      let most = 1e-12;
      if (size >= 2 * LEAF_ROWS) {
        let none = 0;
        for (let c = 0; c < components; c++) none += total[c]! ** 2 / size;
        for (let trial = 0; trial < tried; trial++) {
          const candidate = random.below(inputs.length);
          const column = inputs[candidate]!;
          let low = Number.POSITIVE_INFINITY;
          let high = Number.NEGATIVE_INFINITY;
          for (let i = from; i < to; i++) {
            const value = column[sample[i]!]!;
            if (value < low) low = value;
            if (value > high) high = value;
          }
          if (!(high > low)) continue;
          const cut = Math.fround(low + random.next() * (high - low));
          leftSum.fill(0);
          let left = 0;
          for (let i = from; i < to; i++) {
            const row = sample[i]!;
            if (column[row]! > cut) continue;
            left++;
            const base = row * components;
            for (let c = 0; c < components; c++) leftSum[c]! += targets.data[base + c]!;
          }
          const right = size - left;
          if (left < LEAF_ROWS || right < LEAF_ROWS) continue;
          let explained = -none;
          for (let c = 0; c < components; c++) {
            const other = total[c]! - leftSum[c]!;
            explained += leftSum[c]! ** 2 / left + other ** 2 / right;
          }
          if (explained > most) {
            most = explained;
            best = candidate;
            bestCut = cut;
          }
        }
      }
      if (best < 0) {
        next[node] = leaves.length;
        leaves.push(total.map((sum) => sum / size));
        continue;
      }
      const column = inputs[best]!;
      let middle = from;
      for (let i = from; i < to; i++) {
        if (column[sample[i]!]! > bestCut) continue;
        const held = sample[i]!;
        sample[i] = sample[middle]!;
        sample[middle++] = held;
      }
      feature[node] = best;
      threshold[node] = bestCut;
      const first = place();
      const second = place();
      next[node] = first;
      work.push({ node: first, from, to: middle }, { node: second, from: middle, to });
    }
  };

  for (let tree = 0; tree < trees; tree++) {
    roots[tree] = feature.length;
    grow(random.order(rows).slice(0, taken));
  }
  return pack(trees, components, roots, feature, threshold, next, leaves);
}

function pack(
  trees: number,
  components: number,
  roots: Int32Array,
  feature: number[],
  threshold: number[],
  next: number[],
  leaves: Float64Array[],
): ForestWeights {
  const scale = new Float32Array(components);
  for (const leaf of leaves) {
    for (let c = 0; c < components; c++) scale[c] = Math.max(scale[c]!, Math.abs(leaf[c]!) / 127);
  }
  const values = new Int8Array(leaves.length * components);
  leaves.forEach((leaf, at) => {
    for (let c = 0; c < components; c++) {
      values[at * components + c] = scale[c]! > 0 ? Math.round(leaf[c]! / scale[c]!) : 0;
    }
  });
  return {
    trees,
    components,
    roots,
    feature: Uint8Array.from(feature),
    threshold: Float32Array.from(threshold),
    next: Int32Array.from(next),
    values,
    scale,
  };
}
