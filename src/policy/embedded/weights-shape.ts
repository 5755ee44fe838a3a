/**
 * Whether the arrays of a policy file are as long as its counts say. A checksum finds what an accident did to a file;
 * this, what a mistaken or hostile program wrote: a count that no array bears out would fill the memory.
 */
import { HASH_BUCKETS, STRUCTURE_COUNT } from './features.ts';
import type { EmbeddingWeights, ExpertWeights, PolicyWeights } from './weights.ts';

export function fitsTogether({ embedding, candidates, experts, sequence }: PolicyWeights): boolean {
  if (candidates.length === 0 || experts.length === 0 || !embeddingFits(embedding)) return false;
  const priced = candidates.every(({ id, meanCostUsd }) => typeof id === 'string' && meanCostUsd >= 0);
  if (!priced || !experts.every((expert) => expertFits(expert, candidates.length))) return false;
  if (!sequence) return true;
  const { traits, loadings, fallback } = sequence.copula;
  return fallback.length === traits && Object.values(loadings).every(({ length }) => length === traits);
}

function embeddingFits(embedding: EmbeddingWeights): boolean {
  const { dimensions, idf, vectors, scores, scoreVectors, structureMean, structureScale, own } = embedding;
  if (structureMean.length !== STRUCTURE_COUNT || structureScale.length !== STRUCTURE_COUNT) return false;
  if (own) return own.projection.length === dimensions * own.mean.length;
  return (
    idf.length === HASH_BUCKETS &&
    vectors.length === HASH_BUCKETS * dimensions &&
    scoreVectors.length === HASH_BUCKETS * scores
  );
}

function expertFits(expert: ExpertWeights, known: number): boolean {
  const { candidates, success, costScale, taskBias, taskSuccess, forest } = expert;
  const count = candidates.length;
  return (
    candidates.every((candidate) => candidate >= 0 && candidate < known) &&
    success.length === count &&
    costScale.length === count &&
    taskSuccess.length === taskBias.length * count &&
    expert.successBasis.length === expert.successComponents * count &&
    expert.calibrationFrom.length === expert.calibrationTo.length &&
    forest.roots.length === forest.trees &&
    forest.scale.length === forest.components &&
    forest.threshold.length === forest.feature.length &&
    forest.next.length === forest.feature.length
  );
}
