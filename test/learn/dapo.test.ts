import { describe, expect, it } from 'vitest';
import {
  advantagesOf,
  type DapoSample,
  dapoDefaults,
  dapoLoss,
  policyOf,
  reward,
  rollOut,
  trainDapo,
} from '../../src/learn/dapo.ts';
import { drawGroup, EpisodeGroup } from '../../src/learn/episode-group.ts';
import { Random } from '../../src/learn/random.ts';
import { ACTION_FEATURES, CORRECTION_SIZE, HIDDEN } from '../../src/policy/embedded/correction.ts';
import { STOP } from '../../src/policy/embedded/lookahead.ts';
import { MOST_CALLS, SequencePlanner } from '../../src/policy/embedded/sequence.ts';
import { world } from './world.ts';

const copula = { traits: 1, sharpness: 1, loadings: {}, fallback: [1.5] };
const planner = new SequencePlanner({ copula });
const data = world(120, 31);
const everyone = [0, 1, 2, 3, 4];

function randomTheta(seed: number): Float64Array {
  const random = new Random(seed);
  return Float64Array.from({ length: CORRECTION_SIZE }, () => (random.next() - 0.5) * 0.3);
}

function samples(theta: Float64Array, seed: number, maxCalls = 3): DapoSample[] {
  const random = new Random(seed);
  const out: DapoSample[] = [];
  for (let row = 0; row < 12; row++) {
    const group = new EpisodeGroup(data, planner, row, everyone, 1, 0.8, random);
    out.push(...rollOut(group, theta, { ...dapoDefaults, maxCalls }, random));
  }
  return out;
}

describe('the success-gated reward', () => {
  const options = { ...dapoDefaults, successReward: 1, costMax: 0.6, failureCharge: 0.2 };
  it('of a success is K less the cost, up to the cap', () => {
    expect(reward(1, 0.25, options)).toBeCloseTo(0.75, 12);
    expect(reward(1, 5, options)).toBeCloseTo(0.4, 12);
  });
  it('of a failure is never positive: no cheapness makes up for it', () => {
    expect(reward(0, 0, options)).toBeCloseTo(0, 12);
    expect(reward(0, 0.5, options)).toBeCloseTo(-0.1, 12);
    expect(reward(0, 100, options)).toBeCloseTo(-0.6, 12);
    expect(reward(1, 100, options)).toBeGreaterThan(reward(0, 0, options));
  });
});

describe('advantages', () => {
  it('keep the size of a difference in cost, so that lambda matters', () => {
    const at = (lambda: number, normalise: boolean) =>
      advantagesOf(
        [0.1, 0.2, 0.4].map((cost) => 1 - lambda * cost),
        undefined,
        normalise,
      );
    const [small, large] = [at(0.1, false), at(1, false)];
    for (const [i, a] of large.entries()) expect(a).toBeCloseTo(10 * small[i]!, 9);
    // The paper's form forgets lambda in a group where all succeed.
    const [smallStd, largeStd] = [at(0.1, true), at(1, true)];
    for (const [i, a] of largeStd.entries()) expect(a).toBeCloseTo(smallStd[i]!, 3);
  });

  it('of a group of equal rewards are none: dynamic sampling drops it', () => {
    expect(advantagesOf([0.5, 0.5, 0.5], undefined, false)).toEqual([]);
    const flat = { ...data, score: data.score.map(() => 0), cost: data.cost.map(() => 0) };
    const random = new Random(1);
    const group = new EpisodeGroup(flat, planner, 0, everyone, 1, 0.9, random);
    expect(rollOut(group, randomTheta(1), dapoDefaults, random)).toEqual([]);
  });

  it("in the paper's form are divided by the deviation of a sample, as in verl", () => {
    const [first] = advantagesOf([1, 2, 3, 4], undefined, true);
    expect(first).toBeCloseTo(-1.5 / (Math.sqrt(5 / 3) + 1e-6), 9);
  });

  it('sum to nothing over a group', () => {
    const sum = advantagesOf([0.1, 0.9, 0.3, 0.3], undefined, false).reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(0, 12);
  });
});

describe('a rollout', () => {
  it('weighs what exploration drew by how likely the policy itself was to do it', () => {
    const { exploration } = dapoDefaults;
    const drawn = samples(randomTheta(4), 7);
    for (const { set, old, weight } of drawn) {
      const behaviour = (1 - exploration) * old + exploration / set.actions.length;
      expect(weight).toBeCloseTo(old / behaviour, 9);
    }
    expect(drawn.some(({ weight }) => weight < 0.9)).toBe(true);
  });

  it('is of a pool of at least four, where so many were measured', () => {
    const random = new Random(3);
    const sizes = Array.from({ length: 100 }, () => {
      return drawGroup(data, planner, dapoDefaults, random).score.length;
    });
    expect([...new Set(sizes)].sort()).toEqual([4, 5]);
  });

  it('makes as many calls as a sequence has at most, where more are asked for', () => {
    const theta = randomTheta(4);
    expect(samples(theta, 7, 6)).toEqual(samples(theta, 7, MOST_CALLS));
  });
});

describe('the loss', () => {
  for (const maxCalls of [1, 3]) {
    it(`has the gradient of its finite differences (${maxCalls} calls)`, () => {
      const old = randomTheta(5);
      const batch = samples(old, 6, maxCalls);
      expect(batch.length).toBeGreaterThan(20);
      // Away from where the ratios are 1, so that some are clipped.
      const theta = old.map((w, i) => w + 0.02 * Math.sin(i));
      const gradient = new Float64Array(CORRECTION_SIZE);
      dapoLoss(theta, batch, dapoDefaults, gradient);
      let largest = 0;
      for (let i = 0; i < CORRECTION_SIZE; i += 7) {
        const step = 1e-6;
        const moved = (by: number) => dapoLoss(theta.with(i, theta[i]! + by), batch, dapoDefaults);
        const numeric = (moved(step) - moved(-step)) / (2 * step);
        expect(Math.abs(gradient[i]! - numeric)).toBeLessThan(1e-5 + 1e-3 * Math.abs(numeric));
        largest = Math.max(largest, Math.abs(numeric));
      }
      expect(largest).toBeGreaterThan(1e-3);
    });
  }

  it('stops pushing an action up beyond 1.28 of its old probability, and down beyond 0.8', () => {
    const [sample] = samples(randomTheta(5), 6);
    const theta = randomTheta(5);
    const pi = new Float64Array(sample!.set.actions.length);
    policyOf(theta, sample!.set, dapoDefaults.sharpness, pi);
    const at = (ratio: number, advantage: number) => {
      const gradient = new Float64Array(CORRECTION_SIZE);
      const one = { ...sample!, old: pi[sample!.chosen]! / ratio, advantage, weight: 1 };
      dapoLoss(theta, [one], dapoDefaults, gradient);
      return gradient.some((g) => g !== 0);
    };
    expect([at(1.27, 1), at(1.29, 1), at(0.5, 1)]).toEqual([true, false, true]);
    expect([at(0.81, -1), at(0.79, -1), at(1.5, -1)]).toEqual([true, false, true]);
  });

  it('weighs every decision alike, whatever episode it is from', () => {
    const batch = samples(randomTheta(5), 6).map((sample) => ({ ...sample, weight: 1 }));
    const theta = randomTheta(8);
    const each = batch.map((sample) => dapoLoss(theta, [sample], dapoDefaults));
    const mean = each.reduce((a, b) => a + b, 0) / batch.length;
    expect(dapoLoss(theta, batch, dapoDefaults)).toBeCloseTo(mean, 9);
  });
});

describe('episodes', () => {
  it('begin with a call, and may stop after it', () => {
    const batch = samples(new Float64Array(CORRECTION_SIZE), 9);
    const first = batch.filter(({ set }) => !set.actions.includes(STOP));
    const later = batch.filter(({ set }) => set.actions.includes(STOP));
    expect(first.length).toBeGreaterThan(0);
    expect(later.length).toBeGreaterThan(0);
    for (const { old, weight } of batch) {
      expect(old).toBeGreaterThan(0);
      expect(weight).toBeLessThanOrEqual(2);
    }
  });

  it('with a correction of zero are those of the lookahead', () => {
    const theta = new Float64Array(CORRECTION_SIZE);
    for (let i = 0; i < HIDDEN * ACTION_FEATURES; i++) theta[i] = 0.3;
    for (const { set } of samples(theta, 4)) {
      const pi = new Float64Array(set.actions.length);
      policyOf(theta, set, 30, pi);
      const best = set.value.indexOf(Math.max(...set.value));
      expect(pi.indexOf(Math.max(...pi))).toBe(best);
    }
  });
});

describe('training', () => {
  const short = { iterations: 6, groups: 16, validateEvery: 3, lambda: [0.1, 10] as const };
  const validate = (theta: Float64Array) => Float64Array.from({ length: 4 }, (_, i) => theta[i]! * 0.01);

  it('is the same by seed, and another with another seed', () => {
    const run = (seed: number) => trainDapo(data, planner, validate, { ...short, seed }).history;
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  it('keeps no correction that does not beat the lookahead beyond doubt', () => {
    const worse = (theta: Float64Array) => {
      const moved = theta.some((w) => w !== 0);
      return Float64Array.from({ length: 50 }, (_, i) => (moved ? (i % 2 ? 1 : -1) : 0));
    };
    expect(trainDapo(data, planner, worse, short).correction).toBeUndefined();
    const better = (theta: Float64Array) => new Float64Array(50).fill(theta.some((w) => w !== 0) ? 1 : 0);
    expect(trainDapo(data, planner, better, short).correction).toHaveLength(CORRECTION_SIZE);
  });

  it('learns what the lookahead cannot know: a model that is worse than forecast is called less', () => {
    // The forecast praises the dearest model, which in truth never succeeds.
    const score = data.score.map((s, at) => (at % 5 === 4 ? 0 : s));
    const success = data.success.map((p, at) => (at % 5 === 4 ? Math.min(0.97, p + 0.15) : p));
    const fooled = { ...data, score, success };
    let last = new Float64Array(CORRECTION_SIZE);
    const spy = (theta: Float64Array) => {
      last = Float64Array.from(theta);
      return new Float64Array(1);
    };
    const options = {
      iterations: 25,
      groups: 24,
      validateEvery: 25,
      maxCalls: 1,
      lambda: [0.01, 0.1] as const,
      learningRate: 0.01,
    };
    trainDapo(fooled, planner, spy, options);
    const share = (theta: Float64Array) => {
      let sum = 0;
      for (let row = 0; row < 60; row++) {
        const group = new EpisodeGroup(fooled, planner, row, everyone, 0.03, 0.9, new Random(row));
        const batch = rollOut(group, theta, { ...dapoDefaults, maxCalls: 1 }, new Random(row));
        for (const { set, chosen, old } of batch) if (set.actions[chosen] === 4) sum += old / 60;
      }
      return sum;
    };
    expect(share(last)).toBeLessThan(share(new Float64Array(CORRECTION_SIZE)) - 0.05);
  });
});

describe('a checkpoint', () => {
  /** @param noise how much rewards differ from row to row, around 0.01 more than without a correction */
  const kept = (noise: number) => {
    const rewards = (theta: Float64Array) =>
      Float64Array.from({ length: 100 }, (_, row) =>
        theta.some((weight) => weight !== 0) ? 0.01 + (row % 2 ? noise : -noise) : 0,
      );
    const brief = { iterations: 1, groups: 2, epochs: 1, validateEvery: 1 };
    return trainDapo(data, planner, rewards, brief).correction !== undefined;
  };

  it('is kept where it is better beyond doubt, and only there', () => {
    expect(kept(0.01)).toBe(true);
    expect(kept(0.5)).toBe(false);
  });
});
