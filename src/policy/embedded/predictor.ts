/** Expected success and cost of every candidate for a prompt: the experts, mixed by how familiar the prompt is to each. */
import type { PromptView } from '../prompt-view.ts';
import { PromptEmbedder } from './embedding.ts';
import { Expert } from './expert.ts';
import type { PolicyWeights } from './weights.ts';

export interface Prediction {
  /** One for each candidate of the weights, 0..1. */
  success: Float64Array;
  /** In USD at the prices of training. */
  costUsd: Float64Array;
  /** How much the training says about this prompt, 0..1. */
  familiarity: number;
  /** As a logit: a candidate of ability a succeeds with probability sigmoid(a - difficulty). */
  difficulty: number;
  /** What a call costs here over what it costs on average. */
  costRatio: number;
  /** The likeliest task, counted through the experts' tasks; -1 where the prompt is like none. */
  task: number;
}

export class Predictor {
  readonly weights: PolicyWeights;
  /** Position of a candidate in a prediction. */
  readonly index: ReadonlyMap<string, number>;
  private readonly embedder: PromptEmbedder;
  private readonly experts: Expert[];
  private readonly mass: Float64Array;
  private readonly prediction: Prediction;

  constructor(weights: PolicyWeights) {
    this.weights = weights;
    this.index = new Map(weights.candidates.map(({ id }, i) => [id, i]));
    this.embedder = new PromptEmbedder(weights.embedding);
    this.experts = weights.experts.map((expert) => new Expert(expert, weights.embedding.dimensions));
    const count = weights.candidates.length;
    this.mass = new Float64Array(count);
    this.prediction = {
      success: new Float64Array(count),
      costUsd: new Float64Array(count),
      familiarity: 0,
      difficulty: 0,
      costRatio: 1,
      task: -1,
    };
  }

  /** The vector of the last prompt: words, then structure. */
  get vector(): Float32Array {
    return this.embedder.vector;
  }

  /** Reads a prompt into `vector`. */
  embed(view: PromptView): void {
    this.embedder.embed(view);
  }

  /** The result holds until the next call. */
  predict(view: PromptView): Prediction {
    this.embed(view);
    return this.predictVector(this.embedder.vector);
  }

  /** As `predict`, for a prompt that is already embedded. */
  predictVector(vector: Float32Array): Prediction {
    const { weights, experts, mass, prediction } = this;
    const { success, costUsd } = prediction;
    success.fill(0);
    costUsd.fill(0);
    mass.fill(0);
    prediction.familiarity = 0;
    let difficulty = 0;
    let ratioOfAll = 0;
    let trusts = 0;
    prediction.task = -1;
    let firstTask = 0;
    for (const expert of experts) {
      const trust = expert.familiarity(vector);
      const share = trust + 1e-3;
      if (trust > 0) expert.predict(vector);
      if (trust > prediction.familiarity) {
        prediction.familiarity = trust;
        prediction.task = firstTask + likeliest(expert.tasks);
      }
      firstTask += expert.tasks.length;
      const { candidates, success: means, relevance } = expert.weights;
      for (let j = 0; j < candidates.length; j++) {
        const at = candidates[j]!;
        const own = trust > 0 ? means[j]! + trust * (expert.success[j]! - means[j]!) : means[j]!;
        const ratio = trust > 0 ? 1 + trust * (expert.costRatio[j]! - 1) : 1;
        success[at]! += share * own;
        costUsd[at]! += share * ratio * weights.candidates[at]!.meanCostUsd;
        mass[at]! += share;
        difficulty += share * relevance[j]! * (weights.candidates[at]!.ability - logit(own));
        ratioOfAll += share * relevance[j]! * ratio;
      }
      trusts += share;
    }
    for (let i = 0; i < mass.length; i++) {
      if (mass[i]! > 0) {
        success[i]! /= mass[i]!;
        costUsd[i]! /= mass[i]!;
      }
    }
    prediction.difficulty = difficulty / trusts;
    prediction.costRatio = ratioOfAll / trusts;
    return prediction;
  }
}

function logit(share: number): number {
  const held = Math.max(0.02, Math.min(0.98, share));
  return Math.log(held / (1 - held));
}

function likeliest(shares: Float64Array): number {
  let best = 0;
  for (let t = 1; t < shares.length; t++) if (shares[t]! > shares[best]!) best = t;
  return best;
}
