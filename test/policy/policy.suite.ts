/** What every policy promises; each implementation runs these cases. */
import { describe, expect, it } from 'vitest';
import { checkDecision } from '../../src/checks.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { afterCall, LARGE, policyState, SMALL } from '../support/policy-state.ts';

const PROMPTS = [
  'hi',
  'What is 17 * 23?',
  'Prove that there are infinitely many primes.',
  '',
  'x'.repeat(200_000),
];

export function policySuite(name: string, create: () => Policy): void {
  describe(`${name} as a policy`, () => {
    it('calls an admitted candidate, whatever the prompt', async () => {
      for (const prompt of PROMPTS) {
        const state = policyState(prompt);
        const decision = checkDecision(await create().decide(state), state);
        expect(decision.action.type).toBe('call');
      }
    });

    it('decides the same for the same state', async () => {
      const policy = create();
      const first = await policy.decide(policyState('Summarise this paragraph.'));
      await policy.decide(policyState('Something else in between.'));
      expect(await policy.decide(policyState('Summarise this paragraph.'))).toEqual(first);
    });

    it('leaves the state as it was', async () => {
      const state = policyState('What is 17 * 23?');
      const before = structuredClone({ ...state, signal: undefined, priceUsd: undefined });
      await create().decide(state);
      expect(structuredClone({ ...state, signal: undefined, priceUsd: undefined })).toEqual(before);
    });

    it('lists the candidate it chose first among its estimates, and each at most once', async () => {
      const { action, estimates } = await create().decide(policyState('Write a haiku.'));
      const models = estimates.map(({ model }) => model);
      expect(models[0]).toBe(action.type === 'call' && action.calls[0].model);
      expect(new Set(models).size).toBe(models.length);
    });

    it('stops when the verifier passed the answer', async () => {
      const state = policyState('What is 17 * 23?', { verifierAccuracy: 0.9 });
      const next = afterCall(state, await create().decide(state), {
        verdict: { pass: true, reason: 'right' },
      });
      expect((await create().decide(next)).action.type).toBe('stop');
    });

    it('never asks the same candidate twice', async () => {
      let state = policyState('What is 17 * 23?', { verifierAccuracy: 0.9, lambda: 0 });
      const asked: string[] = [];
      for (let step = 0; step < 3; step++) {
        const decision = await create().decide(state);
        if (decision.action.type !== 'call') break;
        asked.push(decision.action.calls[0].model);
        state = afterCall(state, decision, { verdict: { pass: false, reason: 'wrong' } });
      }
      expect(new Set(asked).size).toBe(asked.length);
    });

    it('stops when nobody is left to ask', async () => {
      const state = policyState('What is 17 * 23?', { verifierAccuracy: 0.9, candidates: [SMALL] });
      const next = afterCall(state, await create().decide(state), { verdict: { pass: false } });
      expect((await create().decide(next)).action.type).toBe('stop');
    });

    it('works with a single candidate and with one whose price is unknown', async () => {
      for (const candidates of [[LARGE], [{ ...LARGE, price: undefined }]]) {
        const state = policyState('hello', { candidates });
        expect(checkDecision(await create().decide(state), state).action).toMatchObject({
          calls: [{ model: 'large' }],
        });
      }
    });
  });
}
