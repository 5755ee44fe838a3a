/**
 * DAPO, Decoupled Clip and Dynamic sAmpling Policy Optimization (arXiv 2503.14476), for a policy that calls
 * candidates instead of writing tokens. One decision stands where the paper has one token, one episode (call,
 * verdict, call ..., stop) where it has one output, and a prompt with one lambda and pool where it has one
 * question. The hyperparameters are in `dapo-options.ts`; policy, rollout and advantage in `dapo-rollout.ts`; loss
 * and loop here. As in the paper: clip-higher (its section 3.1), dynamic sampling (3.2), the loss over all tokens
 * of a batch (3.3), no KL term. What differs:
 *
 *   - the advantage is R - mean R, not divided by the group's standard deviation: where all episodes of a
 *     group succeed their rewards differ by cost alone, and dividing by their deviation cancels lambda
 *     (`normalise: true` restores the paper's form)
 *   - the policy starts from the lookahead over the predictor, not from scratch, and learns a correction to it
 *   - some actions are drawn uniformly, with truncated importance weights, since a collapsed policy has only
 *     groups of equal reward and could not recover
 *   - with one call per episode the whole pool is the group, weighted by the policy: no sampling noise
 *   - no overlong penalty (3.4): the number of calls is bounded, and each is charged for
 *   - a running mean of the weights is what is validated, and a checkpoint is kept only where it beats the
 *     lookahead beyond doubt: the batches are small, and the start is good
 */
import { ACTION_FEATURES, CORRECTION_SIZE, HIDDEN } from '../policy/embedded/correction.ts';
import type { SequencePlanner } from '../policy/embedded/sequence.ts';
import { type DapoOptions, dapoDefaults } from './dapo-options.ts';
import { type DapoSample, policyOf, rollOut } from './dapo-rollout.ts';
import type { Forecasts } from './environment.ts';
import { drawGroup } from './episode-group.ts';
import { Random } from './random.ts';

export { type DapoOptions, dapoDefaults } from './dapo-options.ts';
export { advantagesOf, type DapoSample, policyOf, reward, rollOut } from './dapo-rollout.ts';

/**
 * The clipped loss over decisions, one denominator for all of them (the paper's token-level loss, 3.3):
 * loss = -sum w min(r A, clip(r, 1 - low, 1 + high) A) / sum w. Adds its gradient to `gradient`.
 */
export function dapoLoss(
  theta: Float64Array,
  samples: readonly DapoSample[],
  options: Pick<DapoOptions, 'sharpness' | 'clipLow' | 'clipHigh'>,
  gradient?: Float64Array,
): number {
  const { sharpness, clipLow, clipHigh } = options;
  let total = 0;
  for (const { weight } of samples) total += weight;
  let loss = 0;
  for (const { set, chosen, old, weight, advantage } of samples) {
    const count = set.actions.length;
    const pi = new Float64Array(count);
    const hidden = new Float64Array(count * HIDDEN);
    policyOf(theta, set, sharpness, pi, hidden);
    const ratio = pi[chosen]! / old;
    const clipped = Math.min(1 + clipHigh, Math.max(1 - clipLow, ratio));
    loss -= (weight / total) * Math.min(ratio * advantage, clipped * advantage);
    // Where the clipped branch is the smaller one, the loss is flat.
    if (!gradient || clipped * advantage < ratio * advantage) continue;
    const slope = (-ratio * advantage * weight * sharpness) / total;
    for (let i = 0; i < count; i++) {
      const step = slope * ((i === chosen ? 1 : 0) - pi[i]!);
      if (step !== 0) backward(theta, set.features, hidden, i, step, gradient);
    }
  }
  return loss;
}

/** Adds the gradient of `step` times the correction of one action, whose hidden layer the forward pass left behind. */
function backward(
  theta: Float64Array,
  features: Float64Array,
  hidden: Float64Array,
  action: number,
  step: number,
  gradient: Float64Array,
): void {
  for (let h = 0, w = 0; h < HIDDEN; h++) {
    const last = HIDDEN * ACTION_FEATURES + h;
    const active = hidden[action * HIDDEN + h]!;
    gradient[last]! += step * active;
    const back = step * theta[last]! * (1 - active * active);
    for (let f = 0, k = action * ACTION_FEATURES; f < ACTION_FEATURES; f++) {
      gradient[w++]! += back * features[k++]!;
    }
  }
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
    // Dynamic sampling: groups without a signal are replaced, while there is hope of others.
    while (kept < options.groups && drawn < 10 * options.groups) {
      drawn++;
      const samples = rollOut(drawGroup(data, planner, options, random), theta, options, random);
      if (samples.length === 0) continue;
      kept++;
      batch.push(...samples);
    }
    for (let epoch = 0; epoch < options.epochs; epoch++) {
      const order = random.order(batch.length);
      for (let from = 0; from < batch.length; from += options.minibatch) {
        const part = Array.from(order.subarray(from, from + options.minibatch), (i) => batch[i]!);
        gradient.fill(0);
        dapoLoss(theta, part, options, gradient);
        let norm = 0;
        for (const g of gradient) norm += g * g;
        // Gradient clipped to length 1, then AdamW (Loshchilov and Hutter 2019).
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
