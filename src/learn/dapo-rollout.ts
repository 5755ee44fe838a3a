/** What DAPO learns from: episodes of a group under the old policy, their rewards, and what each decision is worth. */
import { bestAnswer } from '../policy/embedded/belief.ts';
import { type ActionSet, correct, HIDDEN } from '../policy/embedded/correction.ts';
import { STOP } from '../policy/embedded/lookahead.ts';
import type { DapoOptions } from './dapo-options.ts';
import type { EpisodeGroup, GroupState } from './episode-group.ts';
import type { Random } from './random.ts';

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

/**
 * pi(. | state): softmax of sharpness times (value + correction), written to `out`.
 * @param activations filled with the hidden layer of each action, for the way back
 */
export function policyOf(
  theta: Float64Array,
  set: ActionSet,
  sharpness: number,
  out: Float64Array,
  activations?: Float64Array,
): void {
  const hidden = new Float64Array(HIDDEN);
  const count = set.actions.length;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    out[i] = sharpness * (set.value[i]! + correct(theta, set.features, i, hidden));
    most = Math.max(most, out[i]!);
    activations?.set(hidden, i * HIDDEN);
  }
  let total = 0;
  for (let i = 0; i < count; i++) {
    out[i] = Math.exp(out[i]! - most);
    total += out[i]!;
  }
  for (let i = 0; i < count; i++) out[i]! /= total;
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
/** Importance weights are truncated here (Ionides 2008). */
const MOST_WEIGHT = 2;

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
      const weight = Math.min(old[chosen]! / behaviour, MOST_WEIGHT);
      // An action the policy itself would never take carries no weight.
      if (weight > NO_WEIGHT) decisions.push({ set, chosen, old: old[chosen]!, weight });
      const model = set.actions[chosen]!;
      if (model === STOP) break;
      charge += group.paid[model]!;
      state = group.after(state, model);
    }
    rewards.push(reward(group.score[bestAnswer(state.judged, state.weight)!]!, charge, options));
    episodes.push(decisions);
  }
  const advantages = advantagesOf(rewards, undefined, options.normalise);
  return advantages.flatMap((advantage, e) => episodes[e]!.map((decision) => ({ ...decision, advantage })));
}

/** verl's, which keeps a group of nearly equal rewards from dividing by nothing. */
const EPSILON = 1e-6;

/**
 * R - mean R, or the paper's (R - mean R) / std R; empty where all rewards are equal (dynamic sampling, 3.2). Without
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
