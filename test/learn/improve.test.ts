import { describe, expect, it } from 'vitest';
import {
  type BanditRow,
  decodeWeights,
  encodeWeights,
  improvePolicy,
  isHeldOut,
  judgePromotion,
  type PolicyWeights,
} from '../../src/learn/index.ts';
import { forecastLog } from '../../src/learn/log-forecast.ts';
import { Random } from '../../src/learn/random.ts';
import { COST_USD, policyOf, reward, surprising, traffic, usual } from './bandit-world.ts';

const base = policyOf(usual, 3);
const quick = { draws: 300 };

describe('a policy that learns from its own traffic', () => {
  it('finds out, kind by kind, what it was not told', () => {
    const rewards = [1, 2, 3].map((seed) => {
      const log = traffic(base, 3000, surprising, { seed });
      const { weights, rows, explained } = improvePolicy(base, log);
      expect(rows).toBe(log.filter((row) => !isHeldOut(row)).length);
      expect(explained, `seed ${seed}`).toBeGreaterThan(0.05);
      return reward(weights, surprising);
    });
    // The best choices are worth 0.71 with sums and 0.75 with letters.
    expect(reward(base, surprising)).toBeLessThan(0.62);
    expect(rewards.reduce((sum, one) => sum + one, 0) / 3, 'seeds 1 to 3').toBeGreaterThan(0.69);
  });

  it('changes nothing that matters where it was told right', () => {
    for (const seed of [1, 2]) {
      const { weights, meanChange } = improvePolicy(base, traffic(base, 1500, usual, { seed }));
      expect(meanChange, `seed ${seed}`).toBeLessThan(0.08);
      expect(reward(weights, usual), `seed ${seed}`).toBeGreaterThan(reward(base, usual) - 0.01);
    }
  });

  it('changes little with few rows', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { meanChange } = improvePolicy(base, traffic(base, 20, surprising, { seed }));
      expect(meanChange, `seed ${seed}`).toBeLessThan(0.03);
    }
  });

  it('does not look at the rows held back', () => {
    const log = traffic(base, 400, surprising, { seed: 4 });
    const lied = log.map((row) => (isHeldOut(row) ? { ...row, score: 0, firstScore: 0 } : row));
    expect(encodeWeights(improvePolicy(base, lied).weights)).toEqual(
      encodeWeights(improvePolicy(base, log).weights),
    );
  });

  it('learns what calls really cost', () => {
    const log = traffic(base, 1500, surprising, { seed: 2 }).map((row) => ({
      ...row,
      firstCostUsd: row.firstCostUsd! * (row.candidates[row.action]!.model === 'cheap' ? 3 : 1),
    }));
    const { weights } = improvePolicy(base, log);
    const [forecast] = forecastLog(weights, log);
    expect(forecast!.costUsd[2]! / COST_USD[2]!).toBeGreaterThan(2.3);
    expect(forecast!.costUsd[0]! / COST_USD[0]!).toBeCloseTo(1, 0);
  });

  it('is not misled by the errors of a verifier whose error rate is known', () => {
    const seed = 6;
    const log = traffic(base, 3000, usual, { seed });
    const judge = (verifierAccuracy: number) =>
      log.map((row, i) => ({
        ...row,
        // Every fourth verdict is wrong.
        firstScore: i % 4 === 0 ? 1 - row.score : row.score,
        firstJudged: true as const,
        verifierAccuracy,
      }));
    // Of the middle one with sums, which is called most and right in 80 %.
    const expected = (accuracy: number) => {
      const { weights } = improvePolicy(base, judge(accuracy));
      const sums = [...forecastLog(weights, log)].filter((_, i) => log[i]!.candidates[1]!.propensity > 0.5);
      return sums.reduce((sum, { success }) => sum + success[1]!, 0) / sums.length;
    };
    expect(expected(0.75), `seed ${seed}`).toBeGreaterThan(0.76);
    expect(expected(0.75), `seed ${seed}`).toBeLessThan(0.84);
    // Taken at their word, the verdicts say 0.8 * 0.75 + 0.2 * 0.25.
    expect(expected(1), `seed ${seed}`).toBeLessThan(0.7);
  });

  it('is the same file for the same log, and survives writing and reading', () => {
    const log = traffic(base, 300, surprising, { seed: 9 });
    const bytes = encodeWeights(improvePolicy(base, log).weights);
    expect(encodeWeights(improvePolicy(base, log).weights)).toEqual(bytes);
    const read = decodeWeights(bytes, 'test');
    const choices = (weights: typeof read) => [...forecastLog(weights, log)].map(({ choice }) => choice);
    expect(choices(read)).toEqual(choices(improvePolicy(base, log).weights));
  });

  it('learns again on top of what it learned', () => {
    const first = improvePolicy(base, traffic(base, 1500, surprising, { seed: 2 })).weights;
    const second = improvePolicy(first, traffic(first, 1500, surprising, { seed: 3 })).weights;
    expect(second.traffic).toHaveLength(2);
    expect(reward(second, surprising)).toBeGreaterThan(reward(base, surprising) + 0.06);
  });
});

describe('promotion', () => {
  const seed = 3;
  const log = traffic(base, 3000, surprising, { seed });
  const better = improvePolicy(base, log).weights;

  it('is granted to a policy that is better, with figures that hold the truth', () => {
    const promotion = judgePromotion(base, better, log);
    const truth = reward(better, surprising) - reward(base, surprising);
    expect(promotion, `seed ${seed}`).toMatchObject({ promote: true });
    expect(promotion.difference!.low).toBeLessThan(truth);
    expect(promotion.difference!.high).toBeGreaterThan(truth);
    expect(promotion.rows.learnedFrom).toBe(log.filter((row) => !isHeldOut(row)).length);
  });

  it('is refused to the worse of the two', () => {
    const back = judgePromotion(better, base, log, quick);
    expect(back).toMatchObject({ promote: false, reason: 'the candidate earns less' });
    expect(back.moreRows).toBeUndefined();
    // The one in use learned from the other half.
    expect(back.rows.learnedFrom).toBe(log.filter((row) => !isHeldOut(row)).length);
  });

  it('is refused to a policy that is only different, in 19 of 20 worlds', () => {
    // It swears by another candidate that is worth exactly as much.
    const even = () => [0.7, 0.7, 0.7];
    let granted = 0;
    for (let world = 0; world < 20; world++) {
      const rows = traffic(base, 800, even, { seed: 100 + world, lambda: 0 });
      if (
        judgePromotion(
          base,
          better,
          rows.map((row) => ({ ...row, lambda: 0.3, costUsd: 0 })),
          quick,
        ).promote
      )
        granted++;
    }
    expect(granted, 'seeds 100 to 119').toBeLessThanOrEqual(1);
  });

  it('says about how many more rows it would take', () => {
    const few = log.slice(0, 500);
    const refused = judgePromotion(base, better, few, quick);
    expect(refused).toMatchObject({ promote: false });
    expect(refused.moreRows).toBeGreaterThan(0);
    expect(refused.moreRows).toBeLessThan(5000);
  });

  it('is refused where the log cannot know: without exploration, without support', () => {
    const blind = traffic(base, 300, surprising, { seed: 5, epsilon: 0 });
    expect(judgePromotion(base, better, blind, quick)).toMatchObject({
      promote: false,
      reason: expect.stringContaining('exploration was in force'),
      rows: { judged: 0 },
    });
    const partial = log.map((row) => ({
      ...row,
      candidates: row.candidates.map((candidate) => ({
        ...candidate,
        propensity: candidate.model === 'cheap' ? 0 : candidate.propensity,
      })),
    }));
    const seen = partial.filter(({ candidates, action }) => candidates[action]!.propensity > 0);
    expect(judgePromotion(base, better, seen, quick)).toMatchObject({
      promote: false,
      reason: expect.stringContaining('support is missing'),
    });
  });

  it('gives no figures where hardly an outcome says what they are', () => {
    const choice = (policy: PolicyWeights, row: BanditRow) => [...forecastLog(policy, [row])][0]!.choice;
    const heldOut = log.filter(isHeldOut);
    const unlike = (row: BanditRow) => row.action === choice(base, row) && choice(better, row) !== row.action;
    const one = heldOut.find(
      (row) => row.action === choice(better, row) && choice(base, row) !== row.action,
    )!;
    const refused = judgePromotion(base, better, [...heldOut.filter(unlike).slice(0, 30), one], quick);
    expect(refused).toMatchObject({
      promote: false,
      reason: expect.stringMatching(
        /^the log shows only 1 outcome of what the candidate would do differently/,
      ),
    });
    expect(refused.difference ?? refused.candidate ?? refused.current).toBeUndefined();
  });

  it('says what left nothing to judge by', () => {
    const left = (rows: readonly BanditRow[]) => judgePromotion(base, better, rows, quick).reason;
    expect(left(log.filter((row) => !isHeldOut(row)))).toMatch(/every request .* learned from/);
    expect(left(log.map((row) => ({ ...row, minSuccess: 0.8 })))).toMatch(/accuracy floor/);
    const judgedOnly = { sources: ['verifier'], verifierAccuracy: 0.9 };
    expect(left(log.map((row) => ({ ...row, ...judgedOnly })))).toMatch(/verifier alone/);
  });

  it('is refused where some answers are scored more often than others', () => {
    const random = new Random(seed);
    const partly = log.filter(({ candidates, action }) => {
      return candidates[action]!.model !== 'dear' || random.next() < 0.4;
    });
    expect(judgePromotion(base, better, partly, quick)).toMatchObject({
      promote: false,
      reason: expect.stringContaining('are scored more often than those of others'),
    });
    // Scores that are missing for all alike do no harm.
    const alike = log.filter(() => random.next() < 0.6);
    expect(judgePromotion(base, better, alike, quick)).toMatchObject({ promote: true });
  });

  it('does not judge by floors, nor by the verdicts of a verifier that errs', () => {
    const odd = log.map((row, i) =>
      i % 2 === 0 ? { ...row, minSuccess: 0.8 } : { ...row, sources: ['verifier'], verifierAccuracy: 0.9 },
    );
    const { rows, promote } = judgePromotion(base, better, odd, quick);
    const unseen = log.filter(isHeldOut).length;
    expect(promote).toBe(false);
    expect(rows.floor + rows.verdictOnly).toBe(unseen);
    expect(rows.judged).toBe(0);
  });

  it('has nothing to grant where the two choose the same', () => {
    expect(judgePromotion(base, base, log, quick)).toMatchObject({
      promote: false,
      reason: 'the two policies choose the same on every request',
    });
  });

  it('tells how often a policy in the shadow agreed with the live one', () => {
    const shadowed = log.map((row, i) => {
      const own = row.candidates.reduce((most, one) => (one.propensity > most.propensity ? one : most));
      return { ...row, shadow: { policy: 'next@1', model: i % 4 === 0 ? 'cheap' : own.model } };
    });
    const [record] = judgePromotion(base, better, shadowed, quick).shadow;
    expect(record).toMatchObject({ policy: 'next@1', rows: log.length });
    expect(record!.agreement).toBeCloseTo(0.75, 1);
  });

  it('does not take a policy in the shadow that failed for one that disagreed', () => {
    const failing = log.map((row) => ({ ...row, shadow: { policy: 'none.policy' } }));
    expect(judgePromotion(base, better, failing, quick).shadow).toEqual([
      { policy: 'none.policy', rows: 0, undecided: log.length },
    ]);
  });
});
