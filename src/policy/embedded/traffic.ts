/**
 * What one's own traffic taught beyond the tables: for each kind of prompt that came by, how much more or less
 * often each candidate succeeded than was expected, and how much more or less it cost.
 */
import { shortOfCertain } from './expert.ts';

/** One round of learning; a policy may have had several. */
export interface TrafficWeights {
  /** Logged requests it was learned from. */
  rows: number;
  /** Candidate ids. */
  candidates: string[];
  /** Kinds of prompts: kinds × dimensions of the embedding, unit length. */
  centres: Float32Array;
  /** (Kinds + 1) × candidates, the last for prompts like none of them: added to expected success. */
  success: Float32Array;
  /** The same shape: times expected cost. */
  costRatio: Float32Array;
}

/** Kind of a prompt: the centre nearest by cosine, or `kinds` where none points its way. */
export function kindOf(centres: Float32Array, dimensions: number, vector: Float32Array): number {
  const kinds = dimensions === 0 ? 0 : centres.length / dimensions;
  let nearest = kinds;
  let most = 0;
  for (let kind = 0; kind < kinds; kind++) {
    let sum = 0;
    for (let d = 0, at = kind * dimensions; d < dimensions; d++) sum += centres[at++]! * vector[d]!;
    if (sum > most) {
      most = sum;
      nearest = kind;
    }
  }
  return nearest;
}

/** Brings a prediction for the candidates `ids` up to what the traffic taught, in place. */
export function applyTraffic(
  layers: readonly TrafficWeights[],
  dimensions: number,
  vector: Float32Array,
  ids: readonly string[],
  prediction: { success: Float64Array; costUsd: Float64Array },
): void {
  const { success, costUsd } = prediction;
  for (const layer of layers) {
    const base = kindOf(layer.centres, dimensions, vector) * layer.candidates.length;
    for (let i = 0; i < ids.length; i++) {
      const column = layer.candidates.indexOf(ids[i]!);
      if (column < 0) continue;
      success[i] = shortOfCertain(success[i]! + layer.success[base + column]!);
      costUsd[i]! *= layer.costRatio[base + column]!;
    }
  }
}
