/**
 * Fits the embedding to the user's own vectors: their mean and leading principal directions, by the subspace
 * iteration of `fit-embedding.ts`.
 */
import { XrouterError } from '../errors.ts';
import { centreUnit } from '../policy/embedded/embedding.ts';
import { FeatureReader, STRUCTURE_COUNT } from '../policy/embedded/features.ts';
import type { EmbeddingWeights } from '../policy/embedded/weights.ts';
import type { PromptView } from '../policy/prompt-view.ts';
import { dimensionsFor, ITERATIONS, OVERSAMPLING, standardise } from './fit-embedding.ts';
import {
  eigenSymmetric,
  gram,
  type Matrix,
  matrix,
  multiply,
  orthonormalise,
  rowOf,
} from './linear-algebra.ts';
import type { Random } from './random.ts';
import type { OutcomeTable } from './table.ts';

/** @throws XrouterError `invalid_file` where prompts came without their vector, or with those of different models */
export function fitOwnEmbedding(tables: readonly OutcomeTable[], random: Random): EmbeddingWeights {
  const views = tables.flatMap(({ rows }) => rows.map(({ view }) => view));
  const [model, ...others] = new Set(tables.map(({ embeddings }) => embeddings));
  if (others.length > 0) throw refusal(`Tables have vectors of ${[model, ...others].join(' and ')}`);
  const vectors = vectorsOf(views);
  const inputs = vectors[0]!.length;
  const mean = meanOf(vectors);
  const dimensions = Math.min(inputs, dimensionsFor(vectors.length));
  const directions = leadingDirections(vectors, mean, dimensions, random);

  const reader = new FeatureReader();
  const structure = matrix(views.length, STRUCTURE_COUNT);
  views.forEach((view, i) => {
    rowOf(structure, i).set(reader.read(view).structure);
  });
  return {
    dimensions,
    idf: new Float32Array(0),
    scale: new Float32Array(0),
    vectors: new Int8Array(0),
    scores: 0,
    scoreVectors: new Int8Array(0),
    scoreScale: new Float32Array(0),
    ...standardise(structure),
    own: { ...(model !== undefined && { model }), mean, projection: Float32Array.from(directions.data) },
  };
}

/** Those of the prompts that have words. */
function vectorsOf(views: readonly PromptView[]): Float32Array[] {
  const worded = views.filter(({ text }) => text !== '');
  const vectors = worded.flatMap(({ embedding }) => embedding ?? []);
  const lengths = new Set(vectors.map(({ length }) => length));
  if (vectors.length === worded.length && lengths.size === 1) return vectors;
  throw refusal(
    lengths.size > 1
      ? `Some prompts have vectors of ${[...lengths].join(', others of ')} numbers`
      : `${worded.length - vectors.length} of ${worded.length} prompts came without their vector`,
  );
}

function refusal(reason: string): XrouterError {
  return new XrouterError('invalid_file', `${reason}; nothing can be learned from them together.`, {
    hint: 'Embed all tables with the same embeddings, see `embedTables`.',
  });
}

function meanOf(vectors: readonly Float32Array[]): Float32Array {
  const inputs = vectors[0]!.length;
  const none = new Float32Array(inputs);
  const unit = new Float64Array(inputs);
  const mean = new Float64Array(inputs);
  for (const vector of vectors) {
    centreUnit(vector, none, unit);
    for (let k = 0; k < inputs; k++) mean[k]! += unit[k]! / vectors.length;
  }
  return Float32Array.from(mean);
}

/** Dimensions × inputs. Rows are centred as they come by: a copy of all would take twice the memory of the vectors. */
function leadingDirections(
  vectors: readonly Float32Array[],
  mean: Float32Array,
  dimensions: number,
  random: Random,
): Matrix {
  const inputs = mean.length;
  const width = Math.min(inputs, dimensions + OVERSAMPLING);
  let basis = matrix(inputs, width);
  for (let i = 0; i < basis.data.length; i++) basis.data[i] = random.next() - 0.5;
  const row = matrix(1, inputs);
  const project = (): Matrix => {
    const out = matrix(vectors.length, width);
    vectors.forEach((vector, i) => {
      centreUnit(vector, mean, row.data);
      rowOf(out, i).set(multiply(row, basis).data);
    });
    return out;
  };
  let projected = project();
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const back = matrix(inputs, width);
    vectors.forEach((vector, i) => {
      centreUnit(vector, mean, row.data);
      const source = rowOf(projected, i);
      for (let k = 0; k < inputs; k++) {
        const value = row.data[k]!;
        const base = k * width;
        for (let w = 0; w < width; w++) back.data[base + w]! += value * source[w]!;
      }
    });
    orthonormalise(back);
    basis = back;
    projected = project();
  }
  const turn = eigenSymmetric(gram(projected)).vectors;
  const out = matrix(dimensions, inputs);
  for (let d = 0; d < dimensions; d++) {
    const direction = rowOf(turn, d);
    for (let k = 0; k < inputs; k++) {
      let sum = 0;
      for (let w = 0; w < width; w++) sum += basis.data[k * width + w]! * direction[w]!;
      out.data[d * inputs + k] = sum;
    }
  }
  return out;
}
