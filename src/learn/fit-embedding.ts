/** Fits the embedding: inverse document frequencies, and the leading directions of the prompts' TF-IDF vectors. */
import { LANES } from '../policy/embedded/embedding.ts';
import { FeatureReader, HASH_BUCKETS, STRUCTURE_COUNT } from '../policy/embedded/features.ts';
import type { EmbeddingWeights } from '../policy/embedded/weights.ts';
import type { PromptView } from '../policy/prompt-view.ts';
import type { SparseRows } from './fit-words.ts';
import { leadingDirections, type PromptMatrix } from './leading-directions.ts';
import { type Matrix, matrix, rowOf } from './linear-algebra.ts';
import type { Random } from './random.ts';

/** More directions cost time at each decision and tell little more about tasks. */
const DIMENSIONS = 64;

/** Directions that so many prompts support. */
export function dimensionsFor(prompts: number): number {
  return Math.max(LANES, Math.min(DIMENSIONS, LANES * Math.floor(prompts / 4 / LANES)));
}

export function fitEmbedding(
  views: readonly PromptView[],
  random: Random,
): { embedding: EmbeddingWeights; words: SparseRows } {
  const reader = new FeatureReader();
  const structure = matrix(views.length, STRUCTURE_COUNT);
  const documents = new Float64Array(HASH_BUCKETS);
  const starts = new Int32Array(views.length + 1);
  let buckets = new Uint16Array(views.length * 256);
  let values = new Float32Array(buckets.length);
  for (let i = 0; i < views.length; i++) {
    const features = reader.read(views[i]!);
    const start = starts[i]!;
    const end = start + features.count;
    if (end > buckets.length) {
      const grown = new Uint16Array(Math.max(end, buckets.length * 2));
      grown.set(buckets);
      buckets = grown;
      const grownValues = new Float32Array(grown.length);
      grownValues.set(values);
      values = grownValues;
    }
    for (let k = 0; k < features.count; k++) {
      buckets[start + k] = features.buckets[k]!;
      values[start + k] = Math.sqrt(features.occurrences[k]!);
      documents[features.buckets[k]!]!++;
    }
    starts[i + 1] = end;
    rowOf(structure, i).set(features.structure);
  }
  const idf = new Float32Array(HASH_BUCKETS);
  for (let b = 0; b < HASH_BUCKETS; b++) {
    // A bucket of one prompt tells nothing about others.
    if (documents[b]! >= 2) idf[b] = Math.log((1 + views.length) / (1 + documents[b]!));
  }
  normaliseRows({ starts, buckets, values }, idf);
  const dimensions = dimensionsFor(views.length);
  const directions = leadingDirections(asMatrix({ starts, buckets, values }), dimensions, random);

  const vectors = new Int8Array(HASH_BUCKETS * dimensions);
  const scale = new Float32Array(HASH_BUCKETS);
  for (let b = 0; b < HASH_BUCKETS; b++) {
    const row = rowOf(directions, b);
    let largest = 0;
    for (const value of row) largest = Math.max(largest, Math.abs(value));
    if (largest === 0) continue;
    for (let d = 0; d < dimensions; d++) vectors[b * dimensions + d] = Math.round((row[d]! / largest) * 127);
    scale[b] = (largest / 127) * idf[b]!;
  }
  return {
    embedding: {
      dimensions,
      idf,
      scale,
      vectors,
      scores: 0,
      scoreVectors: new Int8Array(0),
      scoreScale: new Float32Array(0),
      ...standardise(structure),
    },
    words: { starts, buckets, values },
  };
}

function normaliseRows({ starts, buckets, values }: SparseRows, idf: Float32Array): void {
  for (let i = 0; i + 1 < starts.length; i++) {
    let norm = 0;
    for (let k = starts[i]!; k < starts[i + 1]!; k++) {
      values[k]! *= idf[buckets[k]!]!;
      norm += values[k]! ** 2;
    }
    const unit = norm > 0 ? 1 / Math.sqrt(norm) : 0;
    for (let k = starts[i]!; k < starts[i + 1]!; k++) values[k]! *= unit;
  }
}

function asMatrix(rows: SparseRows): PromptMatrix {
  const count = rows.starts.length - 1;
  return {
    inputs: HASH_BUCKETS,
    times: (basis) => project(rows, basis, count),
    transposedTimes: (projected) => projectBack(rows, projected, count),
  };
}

function project({ starts, buckets, values }: SparseRows, basis: Matrix, count: number): Matrix {
  const out = matrix(count, basis.columns);
  for (let i = 0; i < count; i++) {
    const target = rowOf(out, i);
    for (let k = starts[i]!; k < starts[i + 1]!; k++) {
      const value = values[k]!;
      const base = buckets[k]! * basis.columns;
      for (let w = 0; w < basis.columns; w++) target[w]! += value * basis.data[base + w]!;
    }
  }
  return out;
}

function projectBack({ starts, buckets, values }: SparseRows, projected: Matrix, count: number): Matrix {
  const out = matrix(HASH_BUCKETS, projected.columns);
  for (let i = 0; i < count; i++) {
    const source = rowOf(projected, i);
    for (let k = starts[i]!; k < starts[i + 1]!; k++) {
      const value = values[k]!;
      const base = buckets[k]! * projected.columns;
      for (let w = 0; w < projected.columns; w++) out.data[base + w]! += value * source[w]!;
    }
  }
  return out;
}

export function standardise(structure: Matrix): Pick<EmbeddingWeights, 'structureMean' | 'structureScale'> {
  const mean = new Float64Array(STRUCTURE_COUNT);
  const square = new Float64Array(STRUCTURE_COUNT);
  for (let i = 0; i < structure.rows; i++) {
    const row = rowOf(structure, i);
    for (let s = 0; s < STRUCTURE_COUNT; s++) {
      mean[s]! += row[s]! / structure.rows;
      square[s]! += row[s]! ** 2 / structure.rows;
    }
  }
  const scale = Float32Array.from(mean, (m, s) => {
    const deviation = Math.sqrt(Math.max(0, square[s]! - m * m));
    // A constant feature says nothing here; elsewhere it may take any value and must not weigh then either.
    return deviation > 1e-6 ? 1 / deviation : 0;
  });
  return { structureMean: Float32Array.from(mean), structureScale: scale };
}
