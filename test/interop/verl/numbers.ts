/** Seeded numbers for our loss and verl's. */
import { dapoLoss, policyOf } from '../../../src/learn/dapo.ts';
import type { Random } from '../../../src/learn/random.ts';
import { ACTION_FEATURES, type ActionSet, CORRECTION_SIZE } from '../../../src/policy/embedded/correction.ts';

/** Decisions with ratios on both sides of the clip, in our terms and in verl's. */
export function lossNumbers(random: Random) {
  const theta = new Float64Array(CORRECTION_SIZE).map(() => random.next() - 0.5);
  const samples = Array.from({ length: 400 }, () => {
    const set: ActionSet = {
      actions: [0, 1, 2] as never,
      value: Float64Array.from([random.next(), random.next(), random.next()]),
      features: Float64Array.from({ length: 3 * ACTION_FEATURES }, () => random.next() - 0.5),
    };
    const chosen = random.below(3);
    const pi = new Float64Array(3);
    policyOf(theta, set, 3, pi);
    const old = Math.min(0.999, pi[chosen]! * Math.exp(2 * random.next() - 1));
    return { set, chosen, old, weight: 1, advantage: random.next() * 2 - 1, now: pi[chosen]! };
  });
  return {
    ours: dapoLoss(theta, samples, { sharpness: 3, clipLow: 0.2, clipHigh: 0.28 }),
    old: samples.map(({ old }) => Math.log(old)),
    new: samples.map(({ now }) => Math.log(now)),
    advantages: samples.map(({ advantage }) => advantage),
  };
}
