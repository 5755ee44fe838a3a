/** A prompt as numbers: its TF-IDF vector in the leading directions of the training prompts, and its structure. */
import type { PromptView } from '../prompt-view.ts';
import { FeatureReader, type PromptFeatures, STRUCTURE_COUNT } from './features.ts';
import type { EmbeddingWeights } from './weights.ts';

/** Structure further out than this many standard deviations says no more. */
const STRUCTURE_LIMIT = 4;

/**
 * Writes the unit vector of the words, then standardised structure, then the words' own task scores.
 * Returns the share of the prompt's TF-IDF length that the training prompts' directions explain, 0..1.
 */
export function embed(weights: EmbeddingWeights, features: PromptFeatures, out: Float32Array): number {
  const { dimensions, idf, scale, vectors, structureMean, structureScale, scores } = weights;
  const { buckets, occurrences, count, structure } = features;
  out.fill(0, 0, dimensions);
  let full = 0;
  for (let i = 0; i < count; i++) {
    const bucket = buckets[i]!;
    const weight = idf[bucket]!;
    if (weight === 0) continue;
    const times = occurrences[i]!;
    full += times * weight * weight;
    const factor = Math.sqrt(times) * scale[bucket]!;
    const base = bucket * dimensions;
    for (let d = 0; d < dimensions; d++) out[d]! += factor * vectors[base + d]!;
  }
  let norm = 0;
  for (let d = 0; d < dimensions; d++) norm += out[d]! * out[d]!;
  if (norm > 0) {
    const unit = 1 / Math.sqrt(norm);
    for (let d = 0; d < dimensions; d++) out[d]! *= unit;
  }
  for (let s = 0; s < STRUCTURE_COUNT; s++) {
    const value = (structure[s]! - structureMean[s]!) * structureScale[s]!;
    out[dimensions + s] = Math.max(-STRUCTURE_LIMIT, Math.min(STRUCTURE_LIMIT, value));
  }
  if (scores > 0) addWordScores(weights, features, full, out);
  return full > 0 ? Math.sqrt(norm / full) : 0;
}

function addWordScores(
  { dimensions, scores, scoreScale, scoreVectors }: EmbeddingWeights,
  { buckets, occurrences, count }: PromptFeatures,
  full: number,
  out: Float32Array,
): void {
  const from = dimensions + STRUCTURE_COUNT;
  out.fill(0, from, from + scores);
  if (full === 0) return;
  const unit = 1 / Math.sqrt(full);
  for (let i = 0; i < count; i++) {
    const bucket = buckets[i]!;
    const factor = scoreScale[bucket]!;
    if (factor === 0) continue;
    const weight = Math.sqrt(occurrences[i]!) * factor * unit;
    const base = bucket * scores;
    for (let s = 0; s < scores; s++) out[from + s]! += weight * scoreVectors[base + s]!;
  }
}

/** Numbers in a prompt's vector. */
export function vectorLength({ dimensions, scores }: EmbeddingWeights): number {
  return dimensions + STRUCTURE_COUNT + scores;
}

/** Reads and embeds prompts into one buffer: `vector` holds until the next prompt. */
export class PromptEmbedder {
  readonly vector: Float32Array;
  private readonly reader = new FeatureReader();
  private readonly weights: EmbeddingWeights;

  constructor(weights: EmbeddingWeights) {
    this.weights = weights;
    this.vector = new Float32Array(vectorLength(weights));
  }

  embed(view: PromptView): number {
    return embed(this.weights, this.reader.read(view), this.vector);
  }
}
