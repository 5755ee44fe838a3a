import { describe, expect, it } from 'vitest';
import { explorationBudget } from '../../src/ledger/exploration.ts';
import { createMemoryLedger } from '../../src/ledger/memory.ts';
import { benchmarkPolicy } from '../../src/policy/benchmark.ts';
import { budgetInMemory, exploringPolicy } from '../../src/policy/exploring.ts';
import type { Decision, PolicyState } from '../../src/policy/policy.ts';
import { afterCall, LARGE, policyState, SMALL } from '../support/policy-state.ts';
import { policySuite } from './policy.suite.ts';

policySuite('exploring nothing', () => exploringPolicy(benchmarkPolicy(), { epsilon: 0, budgetUsd: 1 }));

function chosen({ action }: Decision): string {
  if (action.type !== 'call') throw new Error(`It did not call but ${action.type}.`);
  return action.calls[0].model;
}

async function usual(state: PolicyState): Promise<Decision> {
  return benchmarkPolicy().decide(state);
}

const PROMPT = 'What is 17 * 23?';

describe('the exploring policy', () => {
  it('draws every candidate as often as its propensity says, and the propensities sum to 1', async () => {
    const policy = exploringPolicy(benchmarkPolicy(), { epsilon: 0.3, budgetUsd: 1e6, seed: 7 });
    const best = chosen(await usual(policyState(PROMPT)));
    const draws = 6_000;
    const counts = new Map<string, number>();
    for (let draw = 0; draw < draws; draw++) {
      const decision = await policy.decide(policyState(PROMPT));
      const model = chosen(decision);
      counts.set(model, (counts.get(model) ?? 0) + 1);
      const own = decision.estimates.find((estimate) => estimate.model === model)!;
      expect(decision.propensity).toBe(own.propensity);
      expect(own.propensity).toBeCloseTo(model === best ? 0.8 : 0.1, 12);
      const total = decision.estimates.reduce((sum, { propensity }) => sum + propensity!, 0);
      expect(total).toBeCloseTo(1, 12);
    }
    for (const [model, count] of counts) {
      const propensity = model === best ? 0.8 : 0.1;
      const error = Math.sqrt((propensity * (1 - propensity)) / draws);
      expect(Math.abs(count / draws - propensity), `${model}, seed 7`).toBeLessThan(4 * error);
    }
    expect(counts.size).toBe(3);
  });

  it('draws the same by the same seed', async () => {
    const run = async (seed: number) => {
      const policy = exploringPolicy(benchmarkPolicy(), { epsilon: 0.5, budgetUsd: 1, seed });
      const models: string[] = [];
      for (let i = 0; i < 40; i++) models.push(chosen(await policy.decide(policyState(PROMPT))));
      return models;
    };
    expect(await run(3)).toEqual(await run(3));
    expect(await run(3)).not.toEqual(await run(4));
  });

  it('spends no more than its budget, then decides as if it were not there', async () => {
    const state = policyState(PROMPT, { lambda: 3 });
    const best = await usual(state);
    const cost = new Map(best.estimates.map(({ model, costUsd }) => [model, costUsd!]));
    const budgetUsd = 2.5 * (cost.get('large')! - cost.get(chosen(best))!);
    const policy = exploringPolicy(benchmarkPolicy(), { epsilon: 1, budgetUsd, seed: 1 });
    let extraUsd = 0;
    let large = 0;
    for (let i = 0; i < 400; i++) {
      const decision = await policy.decide(state);
      extraUsd += cost.get(chosen(decision))! - cost.get(chosen(best))!;
      if (chosen(decision) === 'large') large++;
      expect(extraUsd).toBeLessThanOrEqual(budgetUsd * (1 + 1e-12));
    }
    expect(large).toBeGreaterThan(0);
    expect(large).toBeLessThan(3);
  });

  it('leaves out of the draw what the rest of the budget cannot pay, and the propensities know', async () => {
    const state = policyState(PROMPT, { lambda: 3 });
    const best = await usual(state);
    const cost = new Map(best.estimates.map(({ model, costUsd }) => [model, costUsd!]));
    const budgetUsd = 1.5 * (cost.get('middle')! - cost.get('small')!);
    const decision = await exploringPolicy(benchmarkPolicy(), { epsilon: 0.2, budgetUsd, seed: 1 }).decide(
      state,
    );
    const propensity = Object.fromEntries(decision.estimates.map((one) => [one.model, one.propensity]));
    expect(propensity).toEqual({ small: 0.9, middle: 0.1, large: 0 });
  });

  it('keeps its budget in the ledger, so that a restart does not refill it', async () => {
    const ledger = createMemoryLedger();
    const spend = async () => {
      const budget = explorationBudget(ledger, 0.05);
      const policy = exploringPolicy(benchmarkPolicy(), { epsilon: 1, budgetUsd: 0.05, budget, seed: 5 });
      let tried = 0;
      for (let i = 0; i < 300; i++) {
        const decision = await policy.decide(policyState(PROMPT, { lambda: 3, candidates: [SMALL, LARGE] }));
        if (chosen(decision) === 'large') tried++;
      }
      return tried;
    };
    expect(await spend()).toBeGreaterThan(0);
    expect(await spend()).toBe(0);
    const [entry] = await ledger.entries({ limit: 1 });
    expect(entry).toMatchObject({ model: 'large', callId: 'exploration', state: 'settled' });
  });

  it('tries nothing where the budget cannot be read or charged', async () => {
    const broken = () => Promise.reject(new Error('the disk is gone'));
    const unreadable = { leftUsd: broken, charge: broken };
    const unpayable = { ...budgetInMemory(1), charge: broken };
    for (const budget of [unreadable, unpayable]) {
      const state = policyState(PROMPT, { lambda: 3, candidates: [SMALL, LARGE] });
      const policy = exploringPolicy(benchmarkPolicy(), { epsilon: 1, budgetUsd: 1, budget, seed: 2 });
      for (let i = 0; i < 50; i++) expect(chosen(await policy.decide(state))).toBe('small');
    }
  });

  it('tries nothing on escalation steps', async () => {
    const policy = exploringPolicy(benchmarkPolicy(), { epsilon: 1, budgetUsd: 1e6, seed: 1 });
    const state = policyState(PROMPT, { verifierAccuracy: 0.9, lambda: 0 });
    const next = afterCall(state, await usual(state), { verdict: { pass: false } });
    for (let i = 0; i < 50; i++) expect(await policy.decide(next)).toEqual(await usual(next));
  });

  it('never breaks an accuracy floor', async () => {
    const all = (await usual(policyState(PROMPT))).estimates;
    const floor = all.find(({ model }) => model === 'middle')!.success! - 0.001;
    const policy = exploringPolicy(benchmarkPolicy(), { epsilon: 1, budgetUsd: 1e6, seed: 1 });
    const models = new Set<string>();
    for (let i = 0; i < 100; i++) {
      models.add(chosen(await policy.decide(policyState(PROMPT, { minSuccess: floor }))));
    }
    expect([...models].sort()).toEqual(['large', 'middle']);
    const unreachable = policyState(PROMPT, { minSuccess: 0.9999 });
    for (let i = 0; i < 50; i++) expect(chosen(await policy.decide(unreachable))).toBe('large');
  });

  it('tries nothing at an unknown cost', async () => {
    const candidates = [SMALL, { ...LARGE, price: undefined }];
    const policy = exploringPolicy(benchmarkPolicy(), { epsilon: 1, budgetUsd: 1e6, seed: 1 });
    for (let i = 0; i < 50; i++) {
      expect(chosen(await policy.decide(policyState('hi', { candidates, lambda: 3 })))).toBe('small');
    }
  });

  it('refuses a share that is none and a negative budget', () => {
    for (const [epsilon, budgetUsd] of [
      [1.1, 1],
      [-0.1, 1],
      [Number.NaN, 1],
      [0.1, -1],
    ] as const) {
      expect(() => exploringPolicy(benchmarkPolicy(), { epsilon, budgetUsd })).toThrow(/Exploration of/);
    }
  });
});
