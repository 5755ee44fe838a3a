/** The hyperparameters of DAPO, with what the paper calls them. */
import { MOST_CALLS } from '../policy/embedded/sequence.ts';

export interface DapoOptions {
  seed: number;
  /** Updates of the old policy: batches of fresh rollouts. */
  iterations: number;
  /** Groups with a signal in a batch. */
  groups: number;
  /** G: episodes of a group. */
  episodes: number;
  /** Most calls of an episode, at most `MOST_CALLS`; 1: one-shot, exact groups. */
  maxCalls: number;
  /** Passes over a batch. */
  epochs: number;
  /** Decisions of a minibatch. */
  minibatch: number;
  /** AdamW's step. */
  learningRate: number;
  /** The paper's 0.2 and 0.28 (3.1): a wider upper bound lets unlikely actions rise. */
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
