import { describe, expect, it } from 'vitest';
import { benchmarkPolicy } from '../../src/policy/benchmark.ts';
import { cheapestPolicy, strongestPolicy } from '../../src/policy/fixed.ts';
import type { Policy, ShadowDecision } from '../../src/policy/policy.ts';
import { shadowPolicy } from '../../src/policy/shadow.ts';
import { policyState } from '../support/policy-state.ts';
import { policySuite } from './policy.suite.ts';

policySuite('with another in the shadow', () => shadowPolicy(benchmarkPolicy(), cheapestPolicy()));

describe('a policy in the shadow', () => {
  it('is not asked on the way, and its decision is told afterwards', async () => {
    let asked = 0;
    const candidate: Policy = {
      name: 'next',
      decide(state) {
        asked++;
        return cheapestPolicy().decide(state);
      },
    };
    const told: ShadowDecision[] = [];
    const policy = shadowPolicy(strongestPolicy(), candidate, (decision) => told.push(decision));
    const decision = await policy.decide(policyState('hi'));
    expect(decision.action).toMatchObject({ calls: [{ model: 'large' }] });
    expect(asked).toBe(0);
    const shadow = await policy.shadow!(policyState('hi'));
    expect(shadow).toMatchObject({ policy: 'cheapest', model: 'small' });
    expect(told).toEqual([shadow]);
  });

  it('may fail, and its listener too', async () => {
    const broken: Policy = {
      name: 'broken',
      decide() {
        throw new Error('no weights');
      },
    };
    const policy = shadowPolicy(cheapestPolicy(), broken, () => {
      throw new Error('the listener fails');
    });
    expect(await policy.shadow!(policyState('hi'))).toEqual({
      policy: 'broken',
      estimates: [],
      error: 'no weights',
    });
  });

  it('is given up where many of its decisions are under way', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: Policy = {
      name: 'slow',
      async decide(state) {
        await gate;
        return cheapestPolicy().decide(state);
      },
    };
    const policy = shadowPolicy(cheapestPolicy(), slow);
    const decisions = Array.from({ length: 40 }, () => policy.shadow!(policyState('hi')));
    release();
    const errors = (await Promise.all(decisions)).filter(({ error }) => error !== undefined);
    expect(errors).toHaveLength(8);
    expect((await policy.shadow!(policyState('hi'))).model).toBe('small');
  });
});
