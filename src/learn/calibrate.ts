/**
 * New candidates from few labelled rows, without retraining the rest. The rows get an expert of their own,
 * over the policy's own features. Where they are like what the policy was trained on, each new candidate also
 * joins the expert for those prompts, as a mix of the candidates that are there, and both are heard.
 */
import type { Candidate } from '../catalog/candidate.ts';
import { tokenPriceUsd } from '../catalog/price.ts';
import { PromptEmbedder, readingLength } from '../policy/embedded/embedding.ts';
import { Expert } from '../policy/embedded/expert.ts';
import { Background } from '../policy/embedded/familiarity.ts';
import { FeatureReader, STRUCTURE_COUNT } from '../policy/embedded/features.ts';
import type { Spread } from '../policy/embedded/spread.ts';
import type { CandidateWeights, PolicyWeights } from '../policy/embedded/weights.ts';
import { standardise } from './fit-embedding.ts';
import { joinExpert } from './join-expert.ts';
import { matrix, rowOf } from './linear-algebra.ts';
import { Random } from './random.ts';
import { type OutcomeTable, requireLearnable, type TableRow } from './table.ts';
import { candidateOf, costRatioOn } from './train.ts';
import { noWords, trainExpert } from './train-expert.ts';

/** Mean familiarity from which the rows count as prompts of the kind an expert knows. */
const LIKE_TRAINING = 0.75;
/** How much what the few rows say by themselves counts beside the expert whose kind of prompts they are. */
const FEW_ROWS_VOICE = 0.4;

/**
 * A policy that also knows the candidates of a table.
 * @param catalog prices of the new candidates where the table's costs are not those of today
 * @throws XrouterError `invalid_file` where the table holds nothing to learn from
 */
export function calibratePolicy(
  policy: PolicyWeights,
  table: OutcomeTable,
  catalog: readonly Candidate[] = [],
): PolicyWeights {
  requireLearnable(table, { models: 1 });
  const weights = withStructureOf(table.rows, policy);
  const embedder = new PromptEmbedder(weights.embedding);
  const vectors = table.rows.map((row) => {
    embedder.embed(row.view);
    return Float32Array.from(embedder.vector);
  });
  const background = new Background(weights.background);
  const fromBackground = vectors.map((vector) => background.distance(vector));
  const { dimensions } = weights.embedding;
  const known = new Map(weights.candidates.map(({ id }, i) => [id, i]));
  const added = table.models.filter((id) => !known.has(id));
  const candidates = [
    ...weights.candidates,
    ...added.map((id) => repriced(candidateOf(id, table.rows), catalog)),
  ];
  const position = new Map(candidates.map(({ id }, i) => [id, i]));

  const familiar = weights.experts.map((expert) =>
    meanFamiliarity(new Expert(expert, dimensions), vectors, fromBackground),
  );
  const nearest = familiar.indexOf(Math.max(...familiar));
  const experts = [...weights.experts];
  const joining = table.models.filter((id) => !experts[nearest]?.candidates.includes(position.get(id)!));
  const alike = familiar[nearest]! >= LIKE_TRAINING && joining.length > 0;
  if (alike) {
    const group = { rows: table.rows, vectors, joining, candidates, position };
    experts[nearest] = joinExpert(experts[nearest]!, dimensions, group);
  }
  const readings = vectors.map((vector) => vector.subarray(0, readingLength(dimensions)));
  const { expert } = trainExpert(
    {
      rows: table.rows,
      vectors: readings,
      words: noWords(table.rows.length),
      dimensions,
      background: weights.background,
      candidates: table.models,
    },
    new Random(weights.seed),
  );
  experts.push({
    candidates: Int32Array.from(table.models, (id) => position.get(id)!),
    ...expert,
    costScale: expert.costScale.map((scale, j) => {
      const id = table.models[j]!;
      // Elsewhere a candidate that is known may have cost more or less a call.
      return known.has(id) ? scale * costRatioOn(table.rows, candidates[position.get(id)!]!) : scale;
    }),
    ...(alike && { voice: FEW_ROWS_VOICE }),
    wordScoresFrom: -1,
  });
  return { ...weights, rows: weights.rows + table.rows.length, candidates, experts };
}

/**
 * What was the same in all prompts of training (images, say) counts for nothing in a prompt's numbers. What of it
 * varies in these rows is let in. It changes nothing for the experts that are there: no tree of theirs asks for it,
 * no discriminant weighs it, and their distances go on without it.
 */
function withStructureOf(rows: readonly TableRow[], weights: PolicyWeights): PolicyWeights {
  const { embedding, background, experts } = weights;
  const reader = new FeatureReader();
  const structure = matrix(rows.length, STRUCTURE_COUNT);
  rows.forEach(({ view }, i) => {
    rowOf(structure, i).set(reader.read(view).structure);
  });
  const here = standardise(structure);
  const isNew = (s: number): boolean => embedding.structureScale[s] === 0 && here.structureScale[s]! > 0;
  const without = ({ scale, factors }: Spread): Spread => ({
    scale: scale.map((value, k) => (isNew(k - embedding.dimensions) ? 0 : value)),
    factors,
  });
  return {
    ...weights,
    embedding: {
      ...embedding,
      structureMean: embedding.structureMean.map((mean, s) => (isNew(s) ? here.structureMean[s]! : mean)),
      structureScale: embedding.structureScale.map((scale, s) =>
        isNew(s) ? here.structureScale[s]! : scale,
      ),
    },
    background: { ...background, spread: without(background.spread) },
    experts: experts.map((expert) => ({
      ...expert,
      known: { ...expert.known, spread: without(expert.known.spread) },
    })),
  };
}

function repriced(candidate: CandidateWeights, catalog: readonly Candidate[]): CandidateWeights {
  const { meanInputTokens, meanOutputTokens } = candidate;
  const entry = catalog.find(({ id }) => id === candidate.id);
  if (!entry || meanInputTokens === undefined || meanOutputTokens === undefined) return candidate;
  const today = tokenPriceUsd(entry, meanInputTokens, meanOutputTokens);
  return today === undefined ? candidate : { ...candidate, meanCostUsd: today };
}

function meanFamiliarity(
  expert: Expert,
  vectors: readonly Float32Array[],
  fromBackground: readonly number[],
): number {
  let sum = 0;
  vectors.forEach((vector, i) => {
    sum += expert.familiarity(vector, fromBackground[i]!);
  });
  return sum / vectors.length;
}
