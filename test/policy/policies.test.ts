import { describe, expect, it } from 'vitest';
import { benchmarkPolicy } from '../../src/policy/benchmark.ts';
import { cheapestPolicy, fixedPolicy, strongestPolicy } from '../../src/policy/fixed.ts';
import type { Decision } from '../../src/policy/policy.ts';
import { viewPrompt } from '../../src/policy/prompt-view.ts';
import { readPrompt } from '../../src/policy/reading.ts';
import type { RouteRequest } from '../../src/request.ts';
import { afterCall, LARGE, MIDDLE, policyState, SMALL } from '../support/policy-state.ts';
import { policySuite } from './policy.suite.ts';

policySuite('benchmark', benchmarkPolicy);
policySuite('cheapest', cheapestPolicy);
policySuite('strongest', strongestPolicy);
policySuite('fixed', () => fixedPolicy('large', 'middle', 'small'));

function chosen(decision: Decision): string {
  if (decision.action.type !== 'call') throw new Error(`It did not call but ${decision.action.type}.`);
  return decision.action.calls[0].model;
}

const HARD =
  'Prove rigorously that the algorithm is optimal and derive its complexity for the distributed case.';

describe('the policies one compares with', () => {
  it('cheapest takes the lowest price, strongest the best benchmarks', async () => {
    expect(chosen(await cheapestPolicy().decide(policyState(HARD)))).toBe('small');
    expect(chosen(await strongestPolicy().decide(policyState('hi')))).toBe('large');
  });

  it('cheapest takes an unknown price last', async () => {
    const candidates = [{ ...SMALL, price: undefined }, LARGE];
    expect(chosen(await cheapestPolicy().decide(policyState('hi', { candidates })))).toBe('large');
  });

  it('fixed never turns to a model it was not given', () => {
    const state = policyState('hi', { candidates: [SMALL, LARGE] });
    expect(() => fixedPolicy('middle').decide(state)).toThrow(/None of the fixed models \(middle\)/);
  });

  it('fixed turns to the next of its list when the first failed', async () => {
    const policy = fixedPolicy('large', 'small');
    const state = policyState('hi');
    expect(
      chosen(await policy.decide(afterCall(state, await policy.decide(state), { status: 'failed' }))),
    ).toBe('small');
  });
});

describe('the benchmark policy', () => {
  const policy = benchmarkPolicy();

  it('sends easy prompts to cheap candidates and hard ones to strong candidates', async () => {
    expect(chosen(await policy.decide(policyState('hi', { lambda: 1 })))).toBe('small');
    expect(chosen(await policy.decide(policyState(HARD, { lambda: 0.1 })))).toBe('large');
  });

  it('never pays more when lambda rises', async () => {
    const price = new Map([SMALL, MIDDLE, LARGE].map((one, index) => [one.id, index]));
    for (const prompt of ['hi', 'What is 17 * 23?', HARD]) {
      let last = Number.POSITIVE_INFINITY;
      for (const lambda of [0, 0.05, 0.1, 0.3, 1, 3, 10, 100]) {
        const rank = price.get(chosen(await policy.decide(policyState(prompt, { lambda }))))!;
        expect(rank).toBeLessThanOrEqual(last);
        last = rank;
      }
      expect(last).toBe(0);
    }
  });

  it('takes the strongest expected to succeed at lambda 0', async () => {
    expect(chosen(await policy.decide(policyState('hi', { lambda: 0 })))).toBe('large');
  });

  it('with an accuracy floor takes the cheapest that reaches it', async () => {
    const free = await policy.decide(policyState('What is 17 * 23?', { minSuccess: 0 }));
    expect(chosen(free)).toBe('small');
    const { estimates } = free;
    const floor = estimates.find(({ model }) => model === 'middle')!.success! - 0.001;
    const decision = await policy.decide(policyState('What is 17 * 23?', { minSuccess: floor }));
    expect(chosen(decision)).toBe('middle');
    expect(decision.floorReached).toBe(true);
  });

  it('with a floor nobody reaches takes the strongest and says so', async () => {
    const decision = await policy.decide(policyState(HARD, { minSuccess: 0.999 }));
    expect(chosen(decision)).toBe('large');
    expect(decision.floorReached).toBe(false);
    expect(decision.reason).toMatch(/none is expected to reach 0.999/);
  });
});

describe('reading a prompt', () => {
  const read = (text: string, request: Partial<RouteRequest> = {}) =>
    readPrompt(viewPrompt({ messages: [{ role: 'user', content: text }], ...request }));

  it('recognises the kind of task', () => {
    expect(read('Write a Python function that reverses a list').kind).toBe('code');
    expect(read('Solve the equation x^2 = 4').kind).toBe('math');
    expect(read('Translate this letter into French').kind).toBe('language');
    expect(read('Who was the first emperor of Rome?').kind).toBe('knowledge');
  });

  it('finds small talk easier than a proof', () => {
    expect(read('hello').difficulty).toBeLessThan(read(HARD).difficulty - 1.5);
  });

  it('takes a greeting or a bare sum for trivial, but not what follows one', () => {
    for (const text of ['hi', 'Thanks!', 'What is 17 * 23?', '12+7=']) {
      expect(read(text).difficulty).toBeLessThan(-3);
    }
    expect(read('Hello, please prove that this scheduler is free of deadlock.').difficulty).toBeGreaterThan(
      -1,
    );
    expect(read('What is 17 * 23 in the ring of integers modulo 9?').difficulty).toBeGreaterThan(-2);
  });

  it('reads a question as it does without courtesies around it', () => {
    for (const text of ['What is 17 * 23?', HARD]) {
      expect(read(`Hello! Could you help me with this? ${text}\nMany thanks!`)).toEqual(read(text));
    }
  });

  it('does not take a short reply for an easy task: it rests on what was said before', () => {
    const { difficulty } = readPrompt(
      viewPrompt({
        messages: [
          { role: 'user', content: 'Shall we split the orders table by tenant?' },
          { role: 'assistant', content: 'That needs a migration in four steps. Shall I write it?' },
          { role: 'user', content: 'yes' },
        ],
      }),
    );
    expect(difficulty).toBeGreaterThan(-1.5);
    expect(read('yes').difficulty).toBeLessThan(-3);
  });

  it('reads lines that end as they do on Windows as the same prompt', () => {
    const read = (content: string) => viewPrompt({ messages: [{ role: 'user', content }] }).text;
    expect(read('Sort these:\r\n\r\n3\r\n1\r\n')).toBe('Sort these:\n\n3\n1');
    expect(read('old\rMac')).toBe('old\nMac');
  });

  it('looks at the human alone: system prompt, tools of a harness and its reminders do not change the kind', () => {
    const noise = 'def prove(): optimal distributed concurrency '.repeat(200);
    const view = viewPrompt({
      messages: [
        { role: 'system', content: noise },
        { role: 'user', content: `hello <system-reminder>${noise}</system-reminder>` },
        { role: 'user', content: `<system-reminder>${noise}</system-reminder>` },
      ],
    });
    expect(view.text).toBe('hello');
    expect(view.humanIndex).toBe(1);
    expect(readPrompt(view).kind).toBe('general');
    expect(readPrompt(view).difficulty).toBeLessThan(-1);
  });

  it('keeps to the human turn while an agent works', () => {
    const view = viewPrompt({
      messages: [
        { role: 'user', content: 'Book a flight' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: '1', content: 'ok' },
      ],
    });
    expect(view).toMatchObject({ text: 'Book a flight', stepsSinceHuman: 2, humanTurns: 1 });
  });
});
