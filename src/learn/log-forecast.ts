/** What a policy expects of logged requests, and what it would have done first. */
import type { Candidate } from '../catalog/candidate.ts';
import { XrouterError } from '../errors.ts';
import { chooseByFloor, chooseByLambda } from '../policy/embedded/choose.ts';
import { embed, promptTokens } from '../policy/embedded/embedding.ts';
import { PoolPredictor } from '../policy/embedded/pool.ts';
import { Predictor } from '../policy/embedded/predictor.ts';
import { MOST_CALLS, type SequencePlanner, sequencePlanner } from '../policy/embedded/sequence.ts';
import { readFeatures } from '../policy/embedded/stored-features.ts';
import type { PolicyWeights } from '../policy/embedded/weights.ts';
import type { BanditRow } from './bandit-log.ts';

export interface RowForecast {
  /** Expected success and cost in USD of each of the row's candidates. */
  success: Float64Array;
  costUsd: Float64Array;
  /** Mean cost of the dearest candidate, what lambda is relative to; 0 where no price is known. */
  referenceUsd: number;
  /** Position of the candidate it would have called first. */
  choice: number;
  /** The prompt in the policy's own embedding. */
  vector: Float32Array;
}

/**
 * @param catalog prices of today, and candidates that the policy has never measured
 * @throws XrouterError `unknown_model` for a candidate neither in the policy nor in the catalog, `invalid_file`
 *   for features of another version, or a policy that reads own embeddings
 */
export function* forecastLog(
  weights: PolicyWeights,
  rows: Iterable<BanditRow>,
  catalog: readonly Candidate[] = [],
): Generator<RowForecast> {
  if (weights.embedding.own) {
    throw new XrouterError(
      'invalid_file',
      `The policy "${weights.name}" reads embeddings of your own, which a log does not keep.`,
      { hint: 'Train it on outcome tables; see `xrouter collect`.' },
    );
  }
  const predictor = new Predictor(weights);
  const planner = sequencePlanner(weights);
  const pools = new Map<string, PoolPredictor>();
  for (const row of rows) {
    const ids = row.candidates.map(({ model }) => model);
    const key = ids.join('\n');
    let pool = pools.get(key);
    if (!pool) {
      pool = new PoolPredictor(predictor, ids, catalog);
      pools.set(key, pool);
    }
    const { vector } = predictor;
    const features = readFeatures(row.features);
    embed(weights.embedding, features, vector);
    const { success, costUsd } = pool.predictVector(vector, {
      inputTokens: promptTokens(features),
      hardness: () => row.features.hardness,
    });
    const forecast = {
      success: Float64Array.from(success),
      costUsd: pool.rankingCosts(costUsd),
      referenceUsd: pool.referenceUsd,
      vector: Float32Array.from(vector),
    };
    yield { ...forecast, choice: firstCall(forecast, ids, row, planner) };
  }
}

function firstCall(
  { success, costUsd, referenceUsd }: Omit<RowForecast, 'choice'>,
  models: readonly string[],
  { lambda, minSuccess, verifierAccuracy }: BanditRow,
  planner: SequencePlanner,
): number {
  const members = models.map((_, position) => position);
  if (minSuccess !== undefined) return chooseByFloor(members, { success, costUsd }, minSuccess).chosen;
  if (verifierAccuracy === undefined) {
    return chooseByLambda(members, { success, costUsd }, lambda, referenceUsd);
  }
  const scale = referenceUsd > 0 ? lambda / referenceUsd : 0;
  const charge = costUsd.map((usd) => usd * scale);
  return planner.begin({ models, success, charge, verifierAccuracy }, MOST_CALLS).next().action;
}
