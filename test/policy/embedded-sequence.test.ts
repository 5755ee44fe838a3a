import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/learn/random.ts';
import type { OutcomeTable } from '../../src/learn/table.ts';
import { trainPolicy } from '../../src/learn/train.ts';
import { createEmbeddedPolicy } from '../../src/policy/embedded/policy.ts';
import { decodeWeights, encodeWeights, type PolicyWeights } from '../../src/policy/embedded/weights.ts';
import type { Decision, Policy, PolicyState } from '../../src/policy/policy.ts';
import { viewPrompt } from '../../src/policy/prompt-view.ts';
import { afterCall, LARGE, MIDDLE, policyState, SMALL } from '../support/policy-state.ts';

/** Sums of different length: the longer, the harder; the models differ in ability and price. */
function sums(rows: number, seed: number): OutcomeTable {
  const random = new Random(seed);
  const ability = { small: 0.5, middle: 2, large: 3.5 };
  const cost = { small: 0.0003, middle: 0.0015, large: 0.02 };
  return {
    path: 'sums',
    models: ['large', 'middle', 'small'],
    rows: Array.from({ length: rows }, (_, i) => {
      const terms = 2 + random.below(7);
      const text = `What is ${Array.from({ length: terms }, () => random.below(1000)).join(' + ')}?`;
      const difficulty = terms - 5 + 2 * (random.next() - 0.5);
      const outcomes = new Map(
        (['small', 'middle', 'large'] as const).map((id) => {
          const right = random.next() < 1 / (1 + Math.exp(difficulty - ability[id]));
          return [
            id,
            { score: right ? 1 : 0, costUsd: cost[id], inputTokens: 20, outputTokens: 50 },
          ] as const;
        }),
      );
      return {
        id: `sum-${i}`,
        task: 'sums',
        view: viewPrompt({ messages: [{ role: 'user', content: text }] }),
        outcomes,
      };
    }),
  };
}

let weights: PolicyWeights;
let policy: Policy;
beforeAll(() => {
  weights = trainPolicy([sums(240, 5)], { dapo: { iterations: 6, groups: 12, validateEvery: 6 } });
  policy = createEmbeddedPolicy(weights);
}, 30_000);

const verifier = { name: 'test', accuracy: 0.9, verify: () => ({ pass: true }) };
const PROMPT = 'What is 12 + 345 + 678 + 90 + 11?';

function judged(changes: Partial<PolicyState> = {}): PolicyState {
  const request = { messages: [{ role: 'user' as const, content: PROMPT }], verifier };
  return policyState(PROMPT, { request, verifierAccuracy: 0.9, lambda: 0.3, ...changes });
}

async function decide(state: PolicyState): Promise<Decision> {
  return policy.decide(state);
}

function model(decision: Decision): string {
  if (decision.action.type !== 'call') throw new Error(`It did not call: ${decision.reason}`);
  return decision.action.calls[0].model;
}

describe('the embedded policy with a verifier', () => {
  it('stops with the answer that passed, and asks another when it failed', async () => {
    const state = judged();
    const first = await decide(state);
    const passed = await decide(afterCall(state, first, { verdict: { pass: true } }));
    expect(passed.action).toEqual({ type: 'stop', callId: 'call-0' });
    const second = await decide(afterCall(state, first, { verdict: { pass: false } }));
    expect(model(second)).not.toBe(model(first));
  });

  it('stops when no call is left, with the answer most likely right rather than the last', async () => {
    const state = judged({ candidates: [SMALL, LARGE], pool: [SMALL, LARGE] });
    const call = (id: string): Decision => ({
      action: { type: 'call', calls: [{ model: id }] },
      policy: 'test',
      estimates: [],
      propensity: 1,
    });
    const one = afterCall(state, call('large'), { verdict: { pass: true } });
    const two = afterCall(one, call('small'), { verdict: { pass: false } });
    expect((await decide({ ...two, callsLeft: 0 })).action).toEqual({ type: 'stop', callId: 'call-0' });
  });

  it('after a failed verdict expects less of the others too', async () => {
    const state = judged();
    const first = await decide(state);
    const before = first.estimates.find(({ model: id }) => id === 'middle')!.success!;
    const start: Decision = { ...first, action: { type: 'call', calls: [{ model: 'large' }] } };
    const second = await decide(afterCall(state, start, { verdict: { pass: false } }));
    const after = second.estimates.find(({ model: id }) => id === 'middle')?.success;
    if (after !== undefined) expect(after).toBeLessThan(before);
    else expect(second.action.type).toBe('stop');
  });

  it('calls another at once when a call failed without an answer', async () => {
    const state = judged();
    const first = await decide(state);
    const next = await decide(afterCall(state, first, { status: 'failed' }));
    expect(model(next)).not.toBe(model(first));
  });

  it('calls nobody who may not be called now', async () => {
    const { model: best } = (await decide(judged())).estimates[0]!;
    const state = judged();
    const candidates = state.candidates.filter(({ id }) => id !== best);
    const decision = await decide({ ...state, candidates });
    expect(candidates.map(({ id }) => id)).toContain(model(decision));
    expect(decision.estimates.map((estimate) => estimate.model)).not.toContain(best);
  });

  it('what failed counts as a call: with none left it stops with the answer in hand', async () => {
    const state = judged({ lambda: 0 });
    const small: Decision = {
      action: { type: 'call', calls: [{ model: 'small' }] },
      policy: 'test',
      estimates: [],
      propensity: 1,
    };
    const large: Decision = { ...small, action: { type: 'call', calls: [{ model: 'large' }] } };
    const answered = afterCall(state, small, { verdict: { pass: false } });
    expect((await decide(answered)).action.type).toBe('call');
    const failed = afterCall(answered, large, { status: 'failed' });
    expect((await decide({ ...failed, callsLeft: 0 })).action).toEqual({ type: 'stop', callId: 'call-0' });
  });

  it('takes a verifier that was never measured to be right 80 % of the time', async () => {
    const unmeasured = await decide(judged({ verifierAccuracy: undefined }));
    expect(unmeasured).toEqual(await decide(judged({ verifierAccuracy: 0.8 })));
    expect(unmeasured.reason).toContain('right 80 %');
  });

  it('a verifier that is a coin, or none, changes nothing: one call, by the predictor alone', async () => {
    for (const lambda of [0, 0.3, 3]) {
      const coin = await decide(judged({ lambda, verifierAccuracy: 0.5 }));
      const none = await decide(policyState(PROMPT, { lambda }));
      expect(model(coin)).toBe(model(none));
      const after = await decide(
        afterCall(judged({ lambda, verifierAccuracy: 0.5 }), coin, { verdict: { pass: false } }),
      );
      expect(after.action.type).toBe('stop');
    }
  });

  it('with a trusted verifier starts cheaper than without', async () => {
    const price = [SMALL, MIDDLE, LARGE].map(({ id }) => id);
    const start = async (state: PolicyState) => price.indexOf(model(await decide(state)));
    expect(await start(judged({ lambda: 0.3, verifierAccuracy: 1 }))).toBeLessThanOrEqual(
      await start(policyState(PROMPT, { lambda: 0.3 })),
    );
  });

  it('decides the same after its file was written and read', async () => {
    const again = createEmbeddedPolicy(decodeWeights(encodeWeights(weights), 'memory'));
    const first = await decide(judged());
    expect(await again.decide(judged())).toEqual(first);
    const failed = afterCall(judged(), first, { verdict: { pass: false } });
    expect(await again.decide(failed)).toEqual(await decide(failed));
  });

  it('refuses a file whose correction is of another size', () => {
    const broken = { ...weights, sequence: { ...weights.sequence!, correction: new Float32Array(7) } };
    expect(() => createEmbeddedPolicy(broken)).toThrow(/correction has 7 weights/);
  });
});
