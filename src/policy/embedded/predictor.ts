/**
 * Expected success and cost of every candidate for a prompt: the experts, as far as the prompt is familiar to
 * them; beyond that the candidates' standing, so that an unfamiliar prompt follows the ranking of all and its length.
 */
import type { PromptView } from '../prompt-view.ts';
import { AbilityLine } from './ability-line.ts';
import { type Bearing, PromptEmbedder } from './embedding.ts';
import { Expert } from './expert.ts';
import { Background } from './familiarity.ts';
import { logit, type Standings, standingsOf, usualAnswerTokens, usualCostUsd } from './standing.ts';
import type { PolicyWeights } from './weights.ts';

export interface Prediction {
  /** One for each candidate of the weights, 0..1. */
  success: Float64Array;
  /** In USD at the prices of training. */
  costUsd: Float64Array;
  /** How much the training says about this prompt, 0..1. */
  familiarity: number;
  /** What is expected of candidates by their ability alone. */
  line: AbilityLine;
  /** What a call costs here over what the candidate's prices and the prompt's length say. */
  costRatio: number;
  /** Of the prompt, and of a usual answer to one as long. */
  inputTokens: number;
  outputTokens: number;
  /** The likeliest task, counted through the experts' tasks; -1 where the prompt is like none. */
  task: number;
}

/** How little familiarity outweighs what is usual for any prompt. */
const FOREIGN_WEIGHT = 0.05;
/** Logits of difficulty for a point of hardness: 0.25 between the prompts of a table, 0.7 within its tasks (`test/bench/prompt-hardness.ts`). */
const HARDNESS_SLOPE = 0.3;

/** Expectations for the candidates of a policy. One prompt at a time: not shared between threads. */
export class Predictor {
  readonly weights: PolicyWeights;
  /** Position of a candidate in a prediction. */
  readonly index: ReadonlyMap<string, number>;
  private readonly embedder: PromptEmbedder;
  private readonly experts: Expert[];
  private readonly background: Background;
  private readonly mass: Float64Array;
  private readonly reach: Float64Array;
  private own: Standings | undefined;
  private readonly prediction: Prediction;

  constructor(weights: PolicyWeights) {
    this.weights = weights;
    this.index = new Map(weights.candidates.map(({ id }, i) => [id, i]));
    this.embedder = new PromptEmbedder(weights.embedding);
    this.experts = weights.experts.map((expert) => new Expert(expert, weights.embedding.dimensions));
    this.background = new Background(weights.background);
    const count = weights.candidates.length;
    this.mass = new Float64Array(count);
    this.reach = new Float64Array(count);
    this.prediction = {
      success: new Float64Array(count),
      costUsd: new Float64Array(count),
      familiarity: 0,
      line: new AbilityLine(),
      costRatio: 1,
      inputTokens: 0,
      outputTokens: 0,
      task: -1,
    };
  }

  /** The vector of the last prompt, see `embed`. */
  get vector(): Float32Array {
    return this.embedder.vector;
  }

  /** Of the last prompt. */
  get bearing(): Bearing {
    return this.embedder.bearing;
  }

  /** Reads a prompt into `vector` and `bearing`. */
  embed(view: PromptView): void {
    this.embedder.embed(view);
  }

  /** The result holds until the next call. */
  predict(view: PromptView): Prediction {
    this.embed(view);
    return this.predictVector(this.embedder.vector, this.embedder.bearing);
  }

  /**
   * As `predict`, for a prompt that is already embedded.
   * @param standings of the candidates, with what a catalog adds
   */
  predictVector(vector: Float32Array, bearing: Bearing, standings: Standings = this.standings()): Prediction {
    const { weights, experts, mass, reach, prediction } = this;
    const { success, costUsd, line } = prediction;
    const { measured } = standings;
    success.fill(0);
    costUsd.fill(0);
    mass.fill(0);
    reach.fill(0);
    line.clear();
    prediction.familiarity = 0;
    prediction.inputTokens = bearing.inputTokens;
    prediction.outputTokens = usualAnswerTokens(bearing.inputTokens);
    const usual = (at: number): number =>
      usualCostUsd(measured[at]!, prediction.inputTokens, prediction.outputTokens);
    let ratioOfAll = 0;
    let trusts = 0;
    prediction.task = -1;
    let firstTask = 0;
    const fromBackground = this.background.distance(vector);
    for (const expert of experts) {
      const trust = expert.familiarity(vector, fromBackground);
      if (trust > 0) expert.predict(vector);
      if (trust > prediction.familiarity) {
        prediction.familiarity = trust;
        prediction.task = firstTask + likeliest(expert.tasks);
      }
      firstTask += expert.tasks.length;
      if (trust === 0) continue;
      const { candidates, success: means, relevance, voice = 1 } = expert.weights;
      const share = trust * voice;
      for (let j = 0; j < candidates.length; j++) {
        const at = candidates[j]!;
        const own = means[j]! + trust * (expert.success[j]! - means[j]!);
        const ownCost = (1 + trust * (expert.costRatio[j]! - 1)) * weights.candidates[at]!.meanCostUsd;
        success[at]! += share * own;
        costUsd[at]! += share * ownCost;
        mass[at]! += share;
        if (trust > reach[at]!) reach[at] = trust;
        line.add(share * relevance[j]!, measured[at]!, logit(own));
        ratioOfAll += share * relevance[j]! * (ownCost > 0 ? ownCost / usual(at) : 1);
      }
      trusts += share;
    }
    if (prediction.familiarity < 1) {
      const weight = FOREIGN_WEIGHT * (1 - prediction.familiarity);
      line.addPrior(weight, standings.difficulty + this.beyondUsual(bearing.hardness()));
      ratioOfAll += weight * standings.costRatio;
      trusts += weight;
    }
    line.fit();
    prediction.costRatio = ratioOfAll / trusts;
    for (let i = 0; i < mass.length; i++) {
      const foreign = 1 - reach[i]!;
      if (foreign > 0) {
        success[i]! += foreign * line.successAt(measured[i]!.ability);
        costUsd[i]! += foreign * usual(i) * prediction.costRatio;
      }
      success[i]! /= mass[i]! + foreign;
      costUsd[i]! /= mass[i]! + foreign;
    }
    return prediction;
  }

  /** Below all that training has seen nothing says how far to follow the rules' own scale, so it is taken as it is. */
  private beyondUsual(hardness: number): number {
    const { usualHardness, leastHardness } = this.weights.background;
    const within = Math.max(hardness, leastHardness);
    return HARDNESS_SLOPE * (within - usualHardness) + (Math.min(hardness, leastHardness) - leastHardness);
  }

  private standings(): Standings {
    this.own ??= standingsOf(this.weights, new Map(), []);
    return this.own;
  }
}

function likeliest(shares: Float64Array): number {
  let best = 0;
  for (let t = 1; t < shares.length; t++) if (shares[t]! > shares[best]!) best = t;
  return best;
}
