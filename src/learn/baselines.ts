/** The simple routers that a learned policy has to beat: neighbours, clusters, and the hand-made rule of escalation. */
import { type Belief, bestAnswer, judge, observe } from '../policy/embedded/belief.ts';
import { PromptEmbedder } from '../policy/embedded/embedding.ts';
import { plan, STOP } from '../policy/embedded/lookahead.ts';
import type { EmbeddingWeights } from '../policy/embedded/weights.ts';
import { type Forecasts, passes, referenceCost, verdictNoise } from './environment.ts';
import { cluster } from './fit-tasks.ts';
import type { Operation } from './frontier.ts';
import type { Random } from './random.ts';
import type { ReplayOptions } from './replay.ts';
import type { TablePrompt } from './table.ts';

/** Logged prompts with what every model scored on them, `[row * models + model]`. */
export interface Logged {
  vectors: readonly Float32Array[];
  models: number;
  score: Float64Array;
  /** In USD. */
  cost: Float64Array;
}

/** The words of each prompt as a unit vector in the directions of the training. */
export function embedPrompts(embedding: EmbeddingWeights, prompts: readonly TablePrompt[]): Float32Array[] {
  const embedder = new PromptEmbedder(embedding);
  return prompts.map(({ view }) => {
    embedder.embed(view);
    return embedder.vector.slice(0, embedding.dimensions);
  });
}

/** Rows of the k nearest logged prompts by cosine, nearest first. */
export function nearest({ vectors }: Pick<Logged, 'vectors'>, vector: Float32Array, k: number): number[] {
  const similarity = Float32Array.from(vectors, (other) => {
    let sum = 0;
    for (let d = 0; d < vector.length; d++) sum += vector[d]! * other[d]!;
    return sum;
  });
  return Array.from(similarity.keys())
    .sort((a, b) => similarity[b]! - similarity[a]! || a - b)
    .slice(0, k);
}

/** What a simple router expects of each model, rows × models. */
export interface SimpleForecast {
  success: Float64Array;
  /** In USD. */
  costUsd: Float64Array;
}

/** Means of the logged rows listed, put where row `i` belongs. */
function putMeans({ models, score, cost }: Logged, rows: readonly number[], out: SimpleForecast, i: number) {
  for (let j = 0; j < models; j++) {
    let success = 0;
    let costUsd = 0;
    for (const row of rows) {
      success += score[row * models + j]!;
      costUsd += cost[row * models + j]!;
    }
    out.success[i * models + j] = success / rows.length;
    out.costUsd[i * models + j] = costUsd / rows.length;
  }
}

/** Nothing expected yet, of that many pairs of row and model. */
export function blankForecast(cells: number): SimpleForecast {
  return { success: new Float64Array(cells), costUsd: new Float64Array(cells) };
}

/** Success and cost of each model by the means of the k nearest neighbours. */
export function knnForecast(logged: Logged, prompts: readonly Float32Array[], k: number): SimpleForecast {
  const out = blankForecast(prompts.length * logged.models);
  prompts.forEach((vector, i) => {
    putMeans(logged, nearest(logged, vector, k), out, i);
  });
  return out;
}

/** Success and cost of each model by the means of the nearest cluster. */
export function clusterForecast(
  logged: Logged,
  prompts: readonly Float32Array[],
  random: Random,
  clusters: number,
): SimpleForecast {
  const dimensions = logged.vectors[0]!.length;
  const count = Math.min(clusters, logged.vectors.length);
  const labels = cluster(logged.vectors, dimensions, count, random);
  const members = Array.from({ length: count }, (_, c) => [...labels.keys()].filter((i) => labels[i] === c));
  const used = members.filter((rows) => rows.length > 0);
  const centres = used.map((rows) => {
    const centre = new Float32Array(dimensions);
    for (const row of rows) for (let d = 0; d < dimensions; d++) centre[d]! += logged.vectors[row]![d]!;
    const length = Math.hypot(...centre) || 1;
    return centre.map((x) => x / length);
  });
  const out = blankForecast(prompts.length * logged.models);
  prompts.forEach((vector, i) => {
    const [at] = nearest({ vectors: centres }, vector, 1);
    putMeans(logged, used[at!]!, out, i);
  });
  return out;
}

const RULE_NEIGHBOURS = 60;

/**
 * Escalation by hand: the neighbours' mean says who succeeds; after a verdict the neighbours count by how
 * well they explain it; another call is made while what it adds exceeds lambda times the neighbours' mean cost.
 */
export function handMadeRule(
  data: Forecasts,
  logged: Logged,
  prompts: readonly Float32Array[],
  { lambdas, verifier = 1, maxCalls, seed }: ReplayOptions,
): Operation[] {
  const models = data.models.length;
  const out = lambdas.map((lambda) => ({
    lambda,
    cost: new Float64Array(data.rows),
    score: new Float64Array(data.rows),
  }));
  const pool = Array.from(data.models.keys());
  for (let row = 0; row < data.rows; row++) {
    const rows = nearest(logged, prompts[row]!, RULE_NEIGHBOURS);
    const cases = rows.length;
    const success = new Float64Array(models * cases);
    const cost = new Float64Array(models);
    for (const [s, other] of rows.entries()) {
      for (let j = 0; j < models; j++) {
        success[j * cases + s] = logged.score[other * models + j]!;
        cost[j]! += logged.cost[other * models + j]! / cases;
      }
    }
    const weight = new Float64Array(cases).fill(1 / cases);
    const belief: Belief = { cases, models, success, weight };
    const scale = 1 / referenceCost(data, row);
    for (const operation of out) {
      const charge = cost.map((usd) => operation.lambda * usd * scale);
      const outlook = { belief, charge, accuracy: verifier, pool, width: [1, 1] as const };
      const now = Float64Array.from(weight);
      const judged = [];
      for (let left = maxCalls; left > 0; left--) {
        const { action } = plan(outlook, now, judged, 1);
        if (action === STOP) break;
        const score = data.score[row * models + action]!;
        operation.cost[row]! += data.cost[row * models + action]!;
        const pass = passes(score, verifier, verdictNoise(seed, data.ids[row]!, data.models[action]!));
        judged.push(judge(belief, action, pass, verifier));
        observe(belief, now, action, pass, verifier, now);
      }
      const answer = bestAnswer(judged, now);
      if (answer !== undefined) operation.score[row] = data.score[row * models + answer]!;
    }
  }
  return out;
}
