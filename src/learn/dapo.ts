/**
 * DAPO, Decoupled Clip and Dynamic sAmpling Policy Optimization (arXiv 2503.14476), for a policy that calls
 * candidates instead of writing tokens. One decision stands where the paper has one token, one episode (call,
 * verdict, call ..., stop) where it has one output, and a prompt with one lambda and pool where it has one
 * question. Top to bottom: hyperparameters, policy, rollout, advantage, loss, loop. What differs from the paper:
 *
 *   - the advantage is R - mean R, not divided by the group's standard deviation: where all episodes of a
 *     group succeed their rewards differ by cost alone, and dividing by their deviation cancels lambda
 *     (`normalise: true` restores the paper's form)
 *   - the policy starts from the lookahead over the predictor, not from scratch, and learns a correction to it
 *   - some actions are drawn uniformly, with truncated importance weights, since a collapsed policy has only
 *     groups of equal reward and could not recover
 *   - with one call per episode the whole pool is the group, weighted by the policy: no sampling noise
 *   - no overlong penalty: the number of calls is bounded, and each is charged for
 */
import {
  ACTION_FEATURES,
  type ActionSet,
  CORRECTION_SIZE,
  correct,
  HIDDEN,
} from '../policy/embedded/correction.ts';
import { STOP } from '../policy/embedded/lookahead.ts';
import { MOST_CALLS, type SequencePlanner } from '../policy/embedded/sequence.ts';
import type { Forecasts } from './environment.ts';
import { drawGroup, type EpisodeGroup, type GroupState } from './episode-group.ts';
import { Random } from './random.ts';

export interface DapoOptions {
  seed: number;
  /** Updates of the old policy: batches of fresh rollouts. */
  iterations: number;
  /** Groups with a signal in a batch. */
  groups: number;
  /** G: episodes of a group. */
  episodes: number;
  /** Most calls of an episode; 1: one-shot, exact groups. */
  maxCalls: number;
  /** Passes over a batch. */
  epochs: number;
  /** Decisions of a minibatch. */
  minibatch: number;
  /** Adam's step. */
  learningRate: number;
  /** The paper's 0.2 and 0.28: a wider upper bound lets unlikely actions rise. */
  clipLow: number;
  clipHigh: number;
  /** Share of actions drawn uniformly. */
  exploration: number;
  /** Logits per unit of value: how sharply the policy prefers the better action. */
  sharpness: number;
  /** lambda is drawn log-uniformly between these. */
  lambda: readonly [number, number];
  /** Verifier accuracy is drawn uniformly between these; the policy is told what it is. */
  verifier: readonly [number, number];
  /** K: reward of success at no cost. */
  successReward: number;
  /** Most that cost can take away. */
  costMax: number;
  /** phi: share of the cost that a failure is charged; 1 makes the reward success minus lambda times cost. */
  failureCharge: number;
  /** Divide advantages by the group's standard deviation, as the paper does. */
  normalise: boolean;
  /** Share of the old weights in their running mean, which is what is validated and kept. */
  smoothing: number;
  /** Pull of the weights towards zero, per step, as a share of the learning rate. */
  decay: number;
  /** Batches between two validations. */
  validateEvery: number;
  /**
   * `better`: the checkpoint whose validation beats the lookahead by `confidence` standard errors, if any.
   * `last`: the last one whatever it is worth, to see what the algorithm does by itself.
   */
  keep: 'better' | 'last';
  confidence: number;
}

export const dapoDefaults: DapoOptions = {
  seed: 1,
  iterations: 120,
  groups: 64,
  episodes: 8,
  maxCalls: MOST_CALLS,
  epochs: 2,
  minibatch: 256,
  learningRate: 0.001,
  clipLow: 0.2,
  clipHigh: 0.28,
  exploration: 0.15,
  sharpness: 30,
  lambda: [0.01, 100],
  verifier: [0.5, 1],
  successReward: 1,
  costMax: 1,
  failureCharge: 1,
  normalise: false,
  smoothing: 0.9,
  decay: 0.03,
  validateEvery: 15,
  keep: 'better',
  confidence: 1.64,
};

/** Success-gated reward of an episode. @param charge lambda times the relative cost of all its calls */
export function reward(success: number, charge: number, options: DapoOptions): number {
  const { successReward, costMax, failureCharge } = options;
  const gained = success * (successReward - Math.min(charge, costMax));
  return gained - (1 - success) * Math.min(failureCharge * charge, costMax);
}

/** One decision: the actions there were, the one taken, and what the group says about it. */
export interface DapoSample {
  set: ActionSet;
  chosen: number;
  /** pi_old of the chosen action. */
  old: number;
  /** Truncated importance weight. */
  weight: number;
  advantage: number;
}

/** pi(. | state): softmax of sharpness times (value + correction), written to `out`. */
export function policyOf(theta: Float64Array, set: ActionSet, sharpness: number, out: Float64Array): void {
  const hidden = new Float64Array(HIDDEN);
  const count = set.actions.length;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    out[i] = sharpness * (set.value[i]! + correct(theta, set.features, i, hidden));
    most = Math.max(most, out[i]!);
  }
  let total = 0;
  for (let i = 0; i < count; i++) {
    out[i] = Math.exp(out[i]! - most);
    total += out[i]!;
  }
  for (let i = 0; i < count; i++) out[i]! /= total;
}

/**
 * The clipped loss over decisions, one denominator for all of them (the paper's token-level loss):
 * loss = -sum w min(r A, clip(r, 1 - low, 1 + high) A) / sum w. Adds its gradient to `gradient`.
 */
export function dapoLoss(
  theta: Float64Array,
  samples: readonly DapoSample[],
  options: Pick<DapoOptions, 'sharpness' | 'clipLow' | 'clipHigh'>,
  gradient?: Float64Array,
): number {
  const { sharpness, clipLow, clipHigh } = options;
  const hidden = new Float64Array(HIDDEN);
  let total = 0;
  for (const { weight } of samples) total += weight;
  let loss = 0;
  for (const { set, chosen, old, weight, advantage } of samples) {
    const pi = new Float64Array(set.actions.length);
    policyOf(theta, set, sharpness, pi);
    const ratio = pi[chosen]! / old;
    const clipped = Math.min(1 + clipHigh, Math.max(1 - clipLow, ratio));
    loss -= (weight / total) * Math.min(ratio * advantage, clipped * advantage);
    // Where the clipped branch is the smaller one, the loss is flat.
    if (!gradient || clipped * advantage < ratio * advantage) continue;
    const slope = (-ratio * advantage * weight * sharpness) / total;
    for (let i = 0; i < pi.length; i++) {
      const step = slope * ((i === chosen ? 1 : 0) - pi[i]!);
      if (step === 0) continue;
      correct(theta, set.features, i, hidden);
      for (let h = 0; h < HIDDEN; h++) {
        const last = HIDDEN * ACTION_FEATURES + h;
        gradient[last]! += step * hidden[h]!;
        const back = step * theta[last]! * (1 - hidden[h]! * hidden[h]!);
        for (let f = 0; f < ACTION_FEATURES; f++) {
          gradient[h * ACTION_FEATURES + f]! += back * set.features[i * ACTION_FEATURES + f]!;
        }
      }
    }
  }
  return loss;
}

/** Rewards and decisions of a group's episodes under `theta`; empty where all rewards are equal. */
export function rollOut(
  group: EpisodeGroup,
  theta: Float64Array,
  options: DapoOptions,
  random: Random,
): DapoSample[] {
  return options.maxCalls === 1
    ? exactGroup(group, theta, options)
    : sampledGroup(group, theta, options, random);
}

const EQUAL = 1e-9;
const NO_WEIGHT = 1e-6;

function probabilities(state: GroupState, theta: Float64Array, sharpness: number): Float64Array {
  if (!state.old) {
    state.old = new Float64Array(state.set.actions.length);
    policyOf(theta, state.set, sharpness, state.old);
  }
  return state.old;
}

/** One call: every action's reward is known from the table, so the group is the whole pool. */
function exactGroup(group: EpisodeGroup, theta: Float64Array, options: DapoOptions): DapoSample[] {
  const state = group.root(1);
  const { set } = state;
  const old = probabilities(state, theta, options.sharpness);
  const rewards = Array.from(set.actions, (j) => reward(group.score[j]!, group.paid[j]!, options));
  const advantages = advantagesOf(rewards, old, options.normalise);
  return advantages
    .map((advantage, i) => ({ set, chosen: i, old: old[i]!, weight: old[i]!, advantage }))
    .filter(({ weight }) => weight > NO_WEIGHT);
}

/** Several calls: G episodes, drawn from a mixture of the policy and the uniform one. */
function sampledGroup(
  group: EpisodeGroup,
  theta: Float64Array,
  options: DapoOptions,
  random: Random,
): DapoSample[] {
  const { exploration, sharpness, maxCalls } = options;
  const rewards: number[] = [];
  const episodes: Omit<DapoSample, 'advantage'>[][] = [];
  const start = group.root(maxCalls);
  for (let e = 0; e < options.episodes; e++) {
    const decisions: Omit<DapoSample, 'advantage'>[] = [];
    let state = start;
    let charge = 0;
    while (state.callsLeft > 0) {
      const { set } = state;
      const old = probabilities(state, theta, sharpness);
      const count = set.actions.length;
      let chosen = 0;
      if (random.next() < exploration) chosen = random.below(count);
      else for (let u = random.next() - old[0]!; u > 0 && chosen < count - 1; ) u -= old[++chosen]!;
      const behaviour = (1 - exploration) * old[chosen]! + exploration / count;
      const weight = Math.min(old[chosen]! / behaviour, 2);
      // An action the policy itself would never take carries no weight.
      if (weight > NO_WEIGHT) decisions.push({ set, chosen, old: old[chosen]!, weight });
      const model = set.actions[chosen]!;
      if (model === STOP) break;
      charge += group.paid[model]!;
      state = group.after(state, model);
    }
    rewards.push(reward(group.score[group.answer(state)]!, charge, options));
    episodes.push(decisions);
  }
  const advantages = advantagesOf(rewards, undefined, options.normalise);
  return advantages.flatMap((advantage, e) => episodes[e]!.map((decision) => ({ ...decision, advantage })));
}

/** verl's, which keeps a group of nearly equal rewards from dividing by nothing. */
const EPSILON = 1e-6;

/**
 * R - mean R, or the paper's (R - mean R) / std R; empty where all rewards are equal (dynamic sampling). Without
 * weights std is that of a sample, with n - 1, and the numbers are those of verl's `compute_grpo_outcome_advantage`.
 */
export function advantagesOf(
  rewards: readonly number[],
  weights: ArrayLike<number> | undefined,
  normalise: boolean,
): number[] {
  if (Math.max(...rewards) - Math.min(...rewards) < EQUAL) return [];
  let total = 0;
  let average = 0;
  for (const [i, r] of rewards.entries()) {
    const w = weights ? weights[i]! : 1;
    total += w;
    average += w * r;
  }
  average /= total;
  if (!normalise) return rewards.map((r) => r - average);
  let square = 0;
  for (const [i, r] of rewards.entries()) square += (weights ? weights[i]! : 1) * (r - average) ** 2;
  const deviation = Math.sqrt(square / (weights ? total : total - 1)) + EPSILON;
  return rewards.map((r) => (r - average) / deviation);
}

export interface DapoProgress {
  iteration: number;
  /** Mean reward of the greedy policy on the validation rows. */
  validation: number;
  /** How much better than without a correction, row by row, with its standard error. */
  better: { mean: number; error: number };
  /** Share of drawn groups that had a signal. */
  kept: number;
}

export interface DapoResult {
  /** See `keep`; `undefined` where no checkpoint beats the lookahead beyond doubt. */
  correction: Float64Array | undefined;
  /** First entry: before training. */
  history: DapoProgress[];
}

/**
 * @param validate mean reward of each row of the greedy policy with a correction, on rows that are not in `data`
 * @param onProgress called after each validation
 */
export function trainDapo(
  data: Forecasts,
  planner: SequencePlanner,
  validate: (correction: Float64Array) => Float64Array,
  overrides: Partial<DapoOptions> = {},
  onProgress?: (progress: DapoProgress) => void,
): DapoResult {
  const options = { ...dapoDefaults, ...overrides };
  const random = new Random(options.seed);
  const theta = new Float64Array(CORRECTION_SIZE);
  // The hidden layer starts random and the last one at zero: the correction is zero, its gradient is not.
  for (let i = 0; i < HIDDEN * ACTION_FEATURES; i++) theta[i] = (random.next() - 0.5) * 0.8;
  const gradient = new Float64Array(CORRECTION_SIZE);
  const first = new Float64Array(CORRECTION_SIZE);
  const second = new Float64Array(CORRECTION_SIZE);
  /** Running mean of theta: single steps are noisy, their mean is not. */
  const smooth = new Float64Array(CORRECTION_SIZE);
  let steps = 0;
  let best: Float64Array | undefined;
  let bestBound = 0;
  const start = validate(new Float64Array(CORRECTION_SIZE));
  const history: DapoProgress[] = [
    { iteration: 0, validation: difference(start).mean, better: { mean: 0, error: 0 }, kept: 1 },
  ];

  for (let iteration = 1; iteration <= options.iterations; iteration++) {
    const batch: DapoSample[] = [];
    let kept = 0;
    let drawn = 0;
    while (kept < options.groups && drawn < 10 * options.groups) {
      drawn++;
      const samples = rollOut(drawGroup(data, planner, options, random), theta, options, random);
      if (samples.length === 0) continue;
      kept++;
      batch.push(...samples);
    }
    for (let epoch = 0; epoch < options.epochs; epoch++) {
      const order = random.order(batch.length);
      for (let start = 0; start < batch.length; start += options.minibatch) {
        const part = Array.from(order.subarray(start, start + options.minibatch), (i) => batch[i]!);
        gradient.fill(0);
        dapoLoss(theta, part, options, gradient);
        let norm = 0;
        for (const g of gradient) norm += g * g;
        const scale = 1 / Math.max(1, Math.sqrt(norm));
        steps++;
        for (let i = 0; i < theta.length; i++) {
          const g = gradient[i]! * scale;
          first[i] = 0.9 * first[i]! + 0.1 * g;
          second[i] = 0.999 * second[i]! + 0.001 * g * g;
          const size = Math.sqrt(second[i]! / (1 - 0.999 ** steps)) + 1e-8;
          const move = first[i]! / (1 - 0.9 ** steps) / size;
          theta[i]! -= options.learningRate * (move + options.decay * theta[i]!);
        }
      }
    }
    const keep = iteration === 1 ? 0 : options.smoothing;
    for (let i = 0; i < theta.length; i++) smooth[i] = keep * smooth[i]! + (1 - keep) * theta[i]!;
    if (iteration % options.validateEvery === 0 || iteration === options.iterations) {
      const now = validate(smooth);
      const better = difference(now, start);
      const progress = { iteration, validation: difference(now).mean, better, kept: kept / drawn };
      history.push(progress);
      onProgress?.(progress);
      const bound = better.mean - options.confidence * better.error;
      if (options.keep === 'last' || bound > bestBound) {
        bestBound = bound;
        best = Float64Array.from(smooth);
      }
    }
  }
  return { correction: best, history };
}

/** Mean and standard error of a, or of a - b, pair by pair. */
function difference(a: Float64Array, b?: Float64Array): { mean: number; error: number } {
  let sum = 0;
  let square = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]! - (b ? b[i]! : 0);
    sum += x;
    square += x * x;
  }
  const n = Math.max(1, a.length);
  const average = sum / n;
  return { mean: average, error: Math.sqrt(Math.max(0, square / n - average * average) / n) };
}
