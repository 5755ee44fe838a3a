/** A world whose truth is known: what off-policy evaluation says of it, and how often it is wrong. */
import { describe, expect, it } from 'vitest';
import {
  differenceInterval,
  type Estimated,
  evaluateOffPolicy,
  type LoggedChoice,
  meanInterval,
} from '../../src/learn/off-policy.ts';
import { Random } from '../../src/learn/random.ts';

const CANDIDATES = 3;
const EPSILON = 0.3;

interface World {
  rows: LoggedChoice[];
  /** The policy to evaluate: what it chooses on each row. */
  target: Int32Array;
  /** The policy that logged: its best choice on each row. */
  logged: Int32Array;
}

/** Success of candidate j on a prompt of difficulty x. */
function success(x: number, j: number): number {
  return 1 / (1 + Math.exp(4 * x - 1 - j));
}

const PRICE = [0.02, 0.1, 0.3];

/** What the target chooses: harder prompts go to stronger candidates. */
function targetOf(x: number): number {
  return x < 0.35 ? 0 : x < 0.7 ? 1 : 2;
}

/** @param skew error of the predictor that doubly robust estimates lean on */
function world(seed: number, count: number, skew = 0.1): World {
  const random = new Random(seed);
  const rows: LoggedChoice[] = [];
  const target = new Int32Array(count);
  const logged = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const x = random.next();
    target[i] = targetOf(x);
    logged[i] = x < 0.5 ? 0 : 2;
    const propensity = PRICE.map((_, j) => EPSILON / CANDIDATES + (j === logged[i] ? 1 - EPSILON : 0));
    const action = random.next() < EPSILON ? random.below(CANDIDATES) : logged[i]!;
    const score = random.next() < success(x, action) ? 1 : 0;
    rows.push({
      action,
      reward: score - PRICE[action]!,
      range: [-PRICE[action]!, 1 - PRICE[action]!],
      propensity,
      expected: PRICE.map((price, j) => success(x, j) + skew * (j - 1) - price),
    });
  }
  return { rows, target, logged };
}

/** By numerical integration over x. */
function valueOfPolicy(choose: (x: number) => number): number {
  const steps = 100_000;
  let sum = 0;
  for (let k = 0; k < steps; k++) {
    const x = (k + 0.5) / steps;
    sum += success(x, choose(x)) - PRICE[choose(x)]!;
  }
  return sum / steps;
}

const TRUTH = valueOfPolicy(targetOf);
const DIFFERENCE = TRUTH - valueOfPolicy((x) => (x < 0.5 ? 0 : 2));
const SEEDS = Array.from({ length: 200 }, (_, k) => 1000 + k);

describe('off-policy evaluation over 200 worlds, seeds 1000 to 1199', () => {
  const options = { draws: 200 };
  const results = SEEDS.map((seed) => {
    const { rows, target, logged } = world(seed, 600);
    const difference = differenceInterval(rows, logged, target, options);
    return { ...evaluateOffPolicy(rows, target, options), difference };
  });

  const kinds = ['inversePropensity', 'clipped', 'doublyRobust'] as const;

  it.each(kinds)('%s: its 95 % interval holds the truth in 92 to 99 % of the worlds', (kind) => {
    const held = results.filter((one) => one[kind].low <= TRUTH && TRUTH <= one[kind].high).length;
    expect(held / SEEDS.length).toBeGreaterThanOrEqual(0.92);
    expect(held / SEEDS.length).toBeLessThanOrEqual(0.99);
  });

  it('the interval of the difference of two policies holds its truth as often', () => {
    const held = results.filter(
      ({ difference }) => difference.low <= DIFFERENCE && DIFFERENCE <= difference.high,
    ).length;
    expect(held / SEEDS.length).toBeGreaterThanOrEqual(0.92);
    expect(held / SEEDS.length).toBeLessThanOrEqual(0.99);
  });

  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = (values: number[]) => {
    const middle = mean(values);
    return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
  };

  it.each(kinds)('%s is unbiased, up to the noise of 200 worlds', (kind) => {
    const values = results.map((one) => one[kind].value);
    // Self-normalised weights have a bias of the order of 1 / rows.
    expect(Math.abs(mean(values) - TRUTH)).toBeLessThan(
      (3.5 * spread(values)) / Math.sqrt(SEEDS.length) + 1 / 600,
    );
  });

  it('doubly robust is less noisy than inverse propensities, though its predictor is off by 10 points', () => {
    const noise = (kind: (typeof kinds)[number]) => spread(results.map((one) => one[kind].value));
    expect(noise('doublyRobust')).toBeLessThan(0.9 * noise('inversePropensity'));
  });

  it('the standard errors say how noisy the estimates are', () => {
    for (const kind of kinds) {
      const said = mean(results.map((one) => one[kind].error));
      const real = spread(results.map((one) => one[kind].value));
      expect(said / real, kind).toBeGreaterThan(0.85);
      expect(said / real, kind).toBeLessThan(1.15);
    }
  });
});

/**
 * Two policies that are worth the same: one always calls the first of three candidates, the other the second.
 * All answers are right as often as `share` says, and the predictor knows it.
 */
function evenWorld(seed: number, share: number): Estimated {
  const random = new Random(seed);
  const rows = Array.from({ length: 400 }, (): LoggedChoice => {
    const action = random.next() < EPSILON ? random.below(CANDIDATES) : 0;
    const propensity = PRICE.map((_, j) => EPSILON / CANDIDATES + (j === 0 ? 1 - EPSILON : 0));
    const expected = PRICE.map(() => share);
    return { action, reward: random.next() < share ? 1 : 0, propensity, expected, range: [0, 1] };
  });
  const always = (choice: number) => new Int32Array(rows.length).fill(choice);
  return differenceInterval(rows, always(0), always(1), { draws: 200 });
}

describe.each([0.05, 0.5, 0.95, 0.99])(
  'two policies that are worth the same, right %d of the time',
  (share) => {
    it('differ beyond their 95 % interval in no more than 4 % of 200 worlds on either side, seeds 1000 to 1199', () => {
      const differences = SEEDS.map((seed) => evenWorld(seed, share));
      expect(differences.filter(({ low }) => low > 0).length / SEEDS.length).toBeLessThanOrEqual(0.04);
      expect(differences.filter(({ high }) => high < 0).length / SEEDS.length).toBeLessThanOrEqual(0.04);
    });
  },
);

describe('off-policy evaluation', () => {
  it('stays unbiased with a predictor that is nonsense', () => {
    const values = SEEDS.slice(0, 100).map((seed) => {
      const { rows, target } = world(seed, 600, 0.8);
      return evaluateOffPolicy(rows, target, { draws: 2 }).doublyRobust.value;
    });
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(mean - TRUTH), `seeds ${SEEDS[0]} to ${SEEDS[99]}`).toBeLessThan(0.03);
  });

  it('gives the plain mean of the log for the policy that logged without exploring', () => {
    const { rows } = world(5, 300);
    const sure = rows.map((row) => ({ ...row, propensity: PRICE.map((_, j) => (j === row.action ? 1 : 0)) }));
    const own = Int32Array.from(rows, ({ action }) => action);
    const mean = rows.reduce((sum, { reward }) => sum + reward, 0) / rows.length;
    const value = evaluateOffPolicy(sure, own);
    for (const kind of ['inversePropensity', 'clipped', 'doublyRobust'] as const) {
      expect(value[kind].value).toBeCloseTo(mean, 10);
    }
    expect(value).toMatchObject({ rows: 300, matched: 300 });
    expect(value.effectiveRows).toBeCloseTo(300, 8);
  });

  it('refuses a choice that the log could not have made', () => {
    const { rows, target } = world(5, 10);
    const blind = rows.map((row) => ({ ...row, propensity: [1, 0, 0] }));
    expect(() => evaluateOffPolicy(blind, target)).toThrow(/could not have chosen candidate/);
  });

  it('says the same for the same seed', () => {
    const { rows, target } = world(5, 100);
    expect(evaluateOffPolicy(rows, target, { seed: 3 })).toEqual(
      evaluateOffPolicy(rows, target, { seed: 3 }),
    );
  });
});

it('a higher confidence is a wider interval, also beyond what 1000 samples can tell apart', () => {
  const random = new Random(3);
  const values = Float64Array.from({ length: 60 }, () => (random.next() < 0.1 ? 10 : random.next()));
  const widths = [0.9, 0.95, 0.9996, 0.9999].map((confidence) => {
    const { low, high } = meanInterval(values, { confidence });
    return high - low;
  });
  expect(widths).toEqual(widths.toSorted((a, b) => a - b));
  expect(new Set(widths).size).toBe(4);
});

it('weights are clipped at the square root of the rows', () => {
  const row = (action: number, reward: number, chance: number): LoggedChoice => ({
    action,
    reward,
    propensity: action === 1 ? [1 - chance, chance] : [chance, 1 - chance],
    expected: [0, 0],
    range: [0, 1],
  });
  const rows = [row(1, 1, 0.1), row(1, 0, 0.5), row(0, 1, 0.9), row(1, 0, 0.8)];
  const { clipped, inversePropensity } = evaluateOffPolicy(rows, [1, 1, 1, 1]);
  // Weights of 10, 2, 0 and 1.25, of which 2 at most.
  expect(clipped.value).toBeCloseTo(2 / (2 + 2 + 1.25), 12);
  expect(inversePropensity.value).toBeCloseTo(10 / 4, 12);
});
