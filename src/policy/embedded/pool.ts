/**
 * Predictions for the pool in hand rather than for the candidates of training: today's prices, and candidates
 * that the policy has never measured, which enter by their published benchmarks and price.
 */
import type { Candidate } from '../../catalog/candidate.ts';
import { tokenPriceUsd } from '../../catalog/price.ts';
import { XrouterError } from '../../errors.ts';
import type { PromptView } from '../prompt-view.ts';
import type { Bearing } from './embedding.ts';
import type { Predictor } from './predictor.ts';
import { type Standings, standingsOf, typicalUsd, usualCostUsd } from './standing.ts';
import { applyTraffic } from './traffic.ts';

export interface PoolPrediction {
  /** One for each member of the pool, in its order. */
  success: Float64Array;
  costUsd: Float64Array;
  /** How much the training says about this prompt, 0..1. */
  familiarity: number;
  /** The likeliest task, as in `Prediction`. */
  task: number;
}

interface Member {
  id: string;
  /** Position in the weights; -1 for a candidate that was never measured. */
  known: number;
  /** Position among those never measured. */
  described: number;
  /** Today's price over the price of training; 1 where today's is unknown. */
  priceRatio: number;
  /** Mean cost of a call, in USD; `undefined` where no price is known. */
  meanCostUsd: number | undefined;
}

/** Expectations for a pool, at the prices of a catalog where one is given. One prompt at a time, as its predictor. */
export class PoolPredictor {
  readonly ids: readonly string[];
  /** Mean cost of the dearest member, what lambda is relative to. */
  readonly referenceUsd: number;
  private readonly predictor: Predictor;
  private readonly members: Member[];
  private readonly standings: Standings;
  private readonly prediction: PoolPrediction;

  /**
   * @param ids the pool; default: every candidate of the policy, or of the catalog where one is given
   * @param catalog prices and benchmarks; decides the price of candidates it names
   * @throws XrouterError `unknown_model` for an id neither in the policy nor in the catalog
   */
  constructor(predictor: Predictor, ids?: readonly string[], catalog: readonly Candidate[] = []) {
    this.predictor = predictor;
    const { candidates } = predictor.weights;
    const byId = new Map(catalog.map((candidate) => [candidate.id, candidate]));
    this.ids = ids ?? (catalog.length > 0 ? catalog : candidates).map(({ id }) => id);
    const described: Candidate[] = [];
    this.members = this.ids.map((id) => memberOf(id, predictor, byId.get(id), described));
    this.standings = standingsOf(predictor.weights, byId, described);
    this.referenceUsd = Math.max(...this.members.map((member) => member.meanCostUsd ?? 0));
    const size = this.members.length;
    this.prediction = {
      success: new Float64Array(size),
      costUsd: new Float64Array(size),
      familiarity: 0,
      task: -1,
    };
  }

  /** Whether the cost of a member is known. */
  priced(position: number): boolean {
    return this.members[position]!.meanCostUsd !== undefined;
  }

  /** Mean cost of a call of a member, in USD; 0 where no price is known. */
  meanCostUsd(position: number): number {
    return this.members[position]!.meanCostUsd ?? 0;
  }

  /** Costs to rank by: an unknown price counts like the dearest known one, since it must not win by being unknown. */
  rankingCosts(costUsd: Float64Array): Float64Array {
    const dearest = costUsd.reduce((most, usd) => Math.max(most, usd), this.referenceUsd);
    return costUsd.map((usd, i) => (this.priced(i) ? usd : dearest));
  }

  /** The result holds until the next call. */
  predict(view: PromptView): PoolPrediction {
    this.predictor.embed(view);
    return this.predictVector(this.predictor.vector, this.predictor.bearing);
  }

  /** As `predict`, for a prompt that is already embedded. */
  predictVector(vector: Float32Array, bearing: Bearing): PoolPrediction {
    const { members, prediction, predictor, standings } = this;
    const all = predictor.predictVector(vector, bearing, standings);
    prediction.familiarity = all.familiarity;
    prediction.task = all.task;
    for (let i = 0; i < members.length; i++) {
      const member = members[i]!;
      if (member.known >= 0) {
        prediction.success[i] = all.success[member.known]!;
        prediction.costUsd[i] = all.costUsd[member.known]! * member.priceRatio;
      } else {
        const standing = standings.described[member.described]!;
        prediction.success[i] = all.line.successAt(standing.ability);
        prediction.costUsd[i] = usualCostUsd(standing, all.inputTokens, all.outputTokens) * all.costRatio;
      }
    }
    const { traffic, embedding } = predictor.weights;
    if (traffic) applyTraffic(traffic, embedding.dimensions, vector, this.ids, prediction);
    return prediction;
  }
}

function memberOf(
  id: string,
  predictor: Predictor,
  candidate: Candidate | undefined,
  described: Candidate[],
): Member {
  const known = predictor.index.get(id) ?? -1;
  const { candidates } = predictor.weights;
  if (known >= 0) {
    const { meanCostUsd, meanInputTokens, meanOutputTokens } = candidates[known]!;
    const today =
      candidate && meanInputTokens !== undefined && meanOutputTokens !== undefined
        ? tokenPriceUsd(candidate, meanInputTokens, meanOutputTokens)
        : undefined;
    const priceRatio = today !== undefined && meanCostUsd > 0 ? today / meanCostUsd : 1;
    // No ratio leads from what was free in training to what it costs today.
    const costUsd = meanCostUsd === 0 && today ? undefined : meanCostUsd * priceRatio;
    return { id, known, described: -1, priceRatio, meanCostUsd: costUsd };
  }
  if (!candidate) {
    throw new XrouterError('unknown_model', `The policy has never measured "${id}".`, {
      hint: 'Give its price and benchmarks in a pool file (--catalog), or calibrate the policy with it.',
    });
  }
  const at = described.push(candidate) - 1;
  return { id, known, described: at, priceRatio: 1, meanCostUsd: typicalUsd(candidate) };
}
