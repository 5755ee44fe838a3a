/**
 * A table as an environment: what a policy meets when it calls candidates on a logged prompt and a verifier
 * of known accuracy judges the answers. Verdicts depend on seed, row and model only, never on the order of
 * calls, so two policies that call the same model see the same verdict.
 */
import { STOP } from '../policy/embedded/lookahead.ts';
import type { SequencePlanner } from '../policy/embedded/sequence.ts';

/** A table with a predictor's expectations, row-major: `[row * models + model]`. */
export interface Forecasts {
  rows: number;
  ids: readonly string[];
  models: readonly string[];
  /** Real outcomes: score 0..1 and cost in USD; NaN where the model was not measured on the row. */
  score: Float64Array;
  cost: Float64Array;
  /** Expected success and cost in USD, from a predictor that was not trained on the row. */
  success: Float64Array;
  expectedCost: Float64Array;
  /** The task each row was recognised as, counted through the experts; -1: none. */
  task: Int32Array;
  /** Mean cost of a call of each model in USD, from training. */
  meanCost: Float64Array;
}

/** Uniform in [0, 1) from a text: FNV-1a, then the finaliser of MurmurHash3 for the low bits' sake. */
export function hashUniform(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/**
 * Whether the verifier passes an answer. A score between 0 and 1 is the chance that the answer counts as
 * right, so an answer of score s passes with probability v s + (1 - v)(1 - s).
 */
export function passes(score: number, accuracy: number, uniform: number): boolean {
  return uniform < accuracy * score + (1 - accuracy) * (1 - score);
}

export function verdictNoise(seed: number, id: string, model: string): number {
  return hashUniform(`${seed}|${id}|${model}`);
}

/** One row played to its end. */
export interface Play {
  /** Positions of the candidates called, in order. */
  calls: number[];
  /** Position of the candidate whose answer is returned. */
  answer: number;
  /** Cost of all calls in USD. */
  cost: number;
}

export interface PlayOptions {
  lambda: number;
  /** Probability that a verdict is right; `undefined`: there is no verifier, one call is made. */
  verifier: number | undefined;
  maxCalls: number;
  seed: number;
}

/** Models that were measured on a row: those that can be called in a replay of it. */
export function measured(data: Pick<Forecasts, 'models' | 'score'>, row: number): number[] {
  const count = data.models.length;
  const found: number[] = [];
  for (let j = 0; j < count; j++) if (!Number.isNaN(data.score[row * count + j]!)) found.push(j);
  return found;
}

/** Mean cost in USD of the dearest model of a pool, by default of those measured on the row: what lambda is relative to. */
export function referenceCost(
  data: Forecasts,
  row: number,
  pool: readonly number[] = measured(data, row),
): number {
  let most = 0;
  for (const j of pool) most = Math.max(most, data.meanCost[j]!);
  return most > 0 ? most : 1;
}

/**
 * Plays one row. What the policy is told before its first call is the forecast alone; later it is told
 * verdicts, and never a score or a real cost.
 */
export function playRow(data: Forecasts, row: number, planner: SequencePlanner, options: PlayOptions): Play {
  const { lambda, verifier, maxCalls, seed } = options;
  const base = row * data.models.length;
  const pool = measured(data, row);
  const scale = lambda / referenceCost(data, row, pool);
  const success = Float64Array.from(pool, (j) => data.success[base + j]!);
  const charge = Float64Array.from(pool, (j) => scale * data.expectedCost[base + j]!);
  const sequence = planner.begin(
    {
      models: pool.map((j) => data.models[j]!),
      success,
      charge,
      verifierAccuracy: verifier,
      task: data.task[row]!,
    },
    maxCalls,
  );
  const calls: number[] = [];
  let cost = 0;
  for (let action = sequence.next().action; action !== STOP; action = sequence.next().action) {
    const model = pool[action]!;
    calls.push(model);
    cost += data.cost[base + model]!;
    if (verifier === undefined) return { calls, answer: model, cost };
    const noise = verdictNoise(seed, data.ids[row]!, data.models[model]!);
    sequence.observe(action, passes(data.score[base + model]!, verifier, noise));
  }
  return { calls, answer: pool[sequence.answer()]!, cost };
}
