/** Fits the embedding to the user's own vectors: their mean and leading principal directions. */
import { XrouterError } from '../errors.ts';
import { centreUnit } from '../policy/embedded/embedding.ts';
import { FeatureReader, STRUCTURE_COUNT } from '../policy/embedded/features.ts';
import type { EmbeddingWeights } from '../policy/embedded/weights.ts';
import type { PromptView } from '../policy/prompt-view.ts';
import { dimensionsFor, standardise } from './fit-embedding.ts';
import { leadingDirections, type PromptMatrix } from './leading-directions.ts';
import { type Matrix, matrix, multiply, rowOf } from './linear-algebra.ts';
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
  const directions = leadingDirections(centredMatrix(vectors, mean), dimensions, random);

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
    own: { ...(model !== undefined && { model }), mean, projection: transposed(directions) },
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

/** Rows are centred as they come by: a copy of all would take twice the memory of the vectors. */
function centredMatrix(vectors: readonly Float32Array[], mean: Float32Array): PromptMatrix {
  const inputs = mean.length;
  const row = matrix(1, inputs);
  return {
    inputs,
    times(basis) {
      const out = matrix(vectors.length, basis.columns);
      vectors.forEach((vector, i) => {
        centreUnit(vector, mean, row.data);
        rowOf(out, i).set(multiply(row, basis).data);
      });
      return out;
    },
    transposedTimes(projected) {
      const out = matrix(inputs, projected.columns);
      vectors.forEach((vector, i) => {
        centreUnit(vector, mean, row.data);
        const source = rowOf(projected, i);
        for (let k = 0; k < inputs; k++) {
          const value = row.data[k]!;
          const base = k * out.columns;
          for (let w = 0; w < out.columns; w++) out.data[base + w]! += value * source[w]!;
        }
      });
      return out;
    },
  };
}

function transposed(m: Matrix): Float32Array {
  const out = new Float32Array(m.data.length);
  for (let i = 0; i < m.rows; i++)
    for (let j = 0; j < m.columns; j++) out[j * m.rows + i] = m.data[i * m.columns + j]!;
  return out;
}
