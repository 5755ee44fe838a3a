import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readTable } from '../../../src/learn/table.ts';
import { fitPredictor } from '../../../src/learn/train.ts';
import { createEmbeddedPolicy } from '../../../src/policy/embedded/policy.ts';
import type { Decision } from '../../../src/policy/policy.ts';
import { worldRows, writeRows } from '../../support/outcomes.ts';
import { afterCall, candidate, policyState } from '../../support/policy-state.ts';
import { policySuite } from '../policy.suite.ts';

/** The predictor alone: reinforcement of sequences has tests of its own. */
const predictorOf = (...of: Parameters<typeof fitPredictor>) => fitPredictor(...of).weights;

const folder = await mkdtemp(join(tmpdir(), 'embedded-'));
const rows = worldRows(600, 21);
const weights = predictorOf([await readTable(await writeRows(join(folder, 'table'), rows))]);
const policy = createEmbeddedPolicy(weights);
afterAll(() => rm(folder, { recursive: true }));

const pool = [
  candidate('tiny', 1, 2),
  candidate('coder', 4, 8),
  candidate('large', 100, 200),
  candidate('new', 90, 180, 85),
];
const code = rows.find(({ task }) => task === 'code')!.prompt;
const state = (changes: Parameters<typeof policyState>[1] = {}, prompt = code) =>
  policyState(prompt, { candidates: pool, ...changes });
const decide = (changes: Parameters<typeof policyState>[1] = {}, prompt = code) =>
  policy.decide(state(changes, prompt)) as Decision;
const chosen = ({ action }: Decision) => (action.type === 'call' ? action.calls[0].model : action.type);

policySuite('embedded', () => policy);

describe('embedded policy', () => {
  test('estimates every candidate, the chosen first, with the rule it ranks by', () => {
    const { estimates, propensity, policy: name } = decide({ lambda: 0.5 });
    expect(estimates.map(({ model }) => model).sort()).toEqual(['coder', 'large', 'new', 'tiny']);
    expect(propensity).toBe(1);
    expect(name).toBe('embedded@4');
    estimates.reduce((before, estimate) => {
      expect(estimate.success).toBeGreaterThan(0);
      expect(estimate.success).toBeLessThan(1);
      expect(estimate.costUsd).toBeGreaterThan(0);
      expect(estimate.utility!).toBeLessThanOrEqual(before);
      return estimate.utility!;
    }, Number.POSITIVE_INFINITY);
  });

  test('takes the specialist for its task, and a larger lambda never a dearer candidate', () => {
    expect(chosen(decide({ lambda: 0.5 }))).toBe('coder');
    for (const { prompt } of rows.slice(0, 40)) {
      let before = Number.POSITIVE_INFINITY;
      for (const lambda of [0, 0.1, 0.5, 2, 10, 100]) {
        const cost = decide({ lambda }, prompt).estimates[0]!.costUsd!;
        expect(cost).toBeLessThanOrEqual(before);
        before = cost;
      }
    }
  });

  test('with a floor takes the cheapest that reaches it, else the strongest, and says which', () => {
    const low = decide({ minSuccess: 0.05 });
    expect([chosen(low), low.floorReached]).toEqual(['tiny', true]);
    const high = decide({ minSuccess: 0.999 });
    const strongest = Math.max(...high.estimates.map(({ success }) => success!));
    expect(high.floorReached).toBe(false);
    expect(high.estimates[0]!.success).toBe(strongest);
  });

  test('goes on to another candidate after a failure or a verdict against, and stops when the answer passed', () => {
    const first = decide();
    const failed = policy.decide(afterCall(state(), first, { status: 'failed' })) as Decision;
    expect(failed.action.type).toBe('call');
    expect(chosen(failed)).not.toBe(chosen(first));
    const passed = policy.decide(
      afterCall(state(), first, { verdict: { pass: true, verifier: 'test' } as never }),
    ) as Decision;
    expect(passed.action.type).toBe('stop');
  });

  describe('ranks by price', () => {
    const { price: _, ...unpriced } = candidate('unpriced', 0, 0, 85);
    const costs = ({ estimates }: Decision) =>
      Object.fromEntries(estimates.map(({ model, costUsd }) => [model, costUsd]));

    test.each([
      ['one call', undefined],
      ['a sequence of calls', 0.9],
    ])('in %s: what is free is the cheapest, what has no price counts like the dearest', (_, accuracy) => {
      const free = [candidate('tiny', 0, 0), candidate('gift', 0, 0, 85)];
      const decision = decide({
        candidates: [...free, unpriced, candidate('large', 100, 200)],
        lambda: 100,
        verifierAccuracy: accuracy,
      });
      expect(costs(decision)).toMatchObject({ tiny: 0, gift: 0, large: expect.any(Number) });
      expect(costs(decision).unpriced).toBeUndefined();
      expect(['tiny', 'gift']).toContain(chosen(decision));
      const utility = new Map(decision.estimates.map((estimate) => [estimate.model, estimate.utility!]));
      expect(utility.get('tiny')).toBeGreaterThan(utility.get('unpriced')!);
    });

    test('what was free in training and has a price today is not taken for free', () => {
      const measured = weights.candidates.map((one) =>
        one.id === 'tiny' ? { ...one, meanCostUsd: 0 } : one,
      );
      const then = createEmbeddedPolicy({ ...weights, candidates: measured });
      const today = [candidate('tiny', 1, 2), candidate('large', 100, 200)];
      const tinyUsd = (candidates: typeof today) =>
        costs(then.decide(state({ candidates, lambda: 100 })) as Decision).tiny;
      expect(tinyUsd(today)).toBeUndefined();
      expect(tinyUsd([candidate('tiny', 0, 0), today[1]!])).toBe(0);
    });
  });

  test('says when a prompt is unlike its training', () => {
    expect(decide().reason).toMatch(/^a prompt like the training/);
    expect(decide({}, 'Γράψε ένα ποίημα για τη θάλασσα και τον ήλιο του καλοκαιριού').reason).toMatch(
      /unlike/,
    );
  });
});
