import { describe, expect, it } from 'vitest';
import type { RouteEvent } from '../../src/index.ts';
import { fixedPolicy } from '../../src/index.ts';
import { collect, labRouter, PAIR, user } from '../support/lab-router.ts';

const [FIRST, SECOND] = PAIR;
const policy = fixedPolicy(FIRST, SECOND);
const decisions = (events: RouteEvent[]) => events.filter(({ type }) => type === 'decision').length;

describe('failover', () => {
  it('goes to the next candidate before the first token, visibly', async () => {
    await using setup = await labRouter(
      { policy, pool: [...PAIR] },
      { faults: [{ model: FIRST, fault: 'status-500' }] },
    );
    const events = await collect(setup.router.stream({ messages: user('What is 2 + 2?') }));
    expect(decisions(events)).toBe(2);
    expect(events.at(-1)).toMatchObject({ status: 'completed', result: { model: SECOND } });
    expect(events.find(({ type }) => type === 'call_end')).toMatchObject({
      call: { model: FIRST, status: 'failed', attempts: 3, error: { code: 'provider_error', status: 500 } },
    });
  });

  it('never happens after a token was shown', async () => {
    await using setup = await labRouter(
      { policy, pool: [...PAIR] },
      { faults: [{ model: FIRST, fault: 'cut-after-tokens' }] },
    );
    const events = await collect(setup.router.stream({ messages: user('Tell me a story') }));
    expect(decisions(events)).toBe(1);
    expect(events.some(({ type }) => type === 'delta')).toBe(true);
    expect(events.at(-1)).toMatchObject({ status: 'failed', error: { code: 'stream_cut' } });
  });

  it('does happen after tokens that nobody saw, since a verifier held them back', async () => {
    await using setup = await labRouter(
      { policy, pool: [...PAIR] },
      { faults: [{ model: FIRST, fault: 'cut-after-tokens' }] },
    );
    const verifier = { name: 'any', verify: () => ({ pass: true }) };
    const { model } = await setup.router.route({ messages: user('Tell me a story'), verifier });
    expect(model).toBe(SECOND);
  });

  it('ends with the last failure named when nobody is left', async () => {
    await using setup = await labRouter({ policy, pool: [...PAIR] }, { faults: [{ fault: 'status-401' }] });
    const failed = setup.router.route({ messages: user('hi') });
    await expect(failed).rejects.toMatchObject({ code: 'no_candidate', message: /gpt-5-nano.*refuse|key/s });
  });

  it('of a pool of one is the candidate’s own error', async () => {
    await using setup = await labRouter({ pool: [FIRST] }, { faults: [{ fault: 'status-401' }] });
    await expect(setup.router.route({ messages: user('hi') })).rejects.toMatchObject({
      code: 'authentication_failed',
      status: 401,
    });
  });

  it('counts against the most calls a request may make', async () => {
    await using setup = await labRouter(
      { policy, pool: [...PAIR] },
      { faults: [{ model: FIRST, fault: 'status-400' }] },
    );
    const failed = setup.router.route({ messages: user('hi'), limits: { maxCalls: 1 } });
    await expect(failed).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('leaves a candidate alone that keeps failing, and says so', async () => {
    await using setup = await labRouter(
      { policy, pool: [...PAIR], breaker: { failureThreshold: 2 }, retry: { maxAttempts: 1 } },
      { faults: [{ model: FIRST, fault: 'status-503' }] },
    );
    for (let i = 0; i < 3; i++) await setup.router.route({ messages: user('hi') });
    const { episode } = await setup.router.route({ messages: user('hi') });
    expect(episode.steps).toHaveLength(1);
    expect(episode.refusals).toMatchObject([
      { model: FIRST, code: 'circuit_open', reason: /failed repeatedly/ },
    ]);
  });
});

describe('escalation with a verifier', () => {
  it('asks another candidate after a failed verdict and releases only the answer that passed', async () => {
    await using setup = await labRouter({ policy, pool: [...PAIR] });
    const verifier = {
      name: 'second only',
      verify: ({ model }: { model: string }) => ({ pass: model === SECOND, reason: 'for the test' }),
    };
    const events = await collect(setup.router.stream({ messages: user('What is 17 * 23?'), verifier }));
    const order = events.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1]);
    expect(order).toEqual([
      'decision',
      'call_start',
      'call_end',
      'verdict',
      'decision',
      'call_start',
      'call_end',
      'verdict',
      'decision',
      'delta',
      'end',
    ]);
    expect(events.at(-1)).toMatchObject({ result: { model: SECOND } });
    const deltas = events.filter((event) => event.type === 'delta');
    expect(deltas.every(({ model }) => model === SECOND)).toBe(true);
  });

  it('releases the last answer when none passed, with the verdict in the episode', async () => {
    await using setup = await labRouter({ policy, pool: [...PAIR] });
    const verifier = {
      name: 'never',
      verify: () => ({ pass: false, reason: 'never good enough', usd: 0.001 }),
    };
    const { episode, text, cost } = await setup.router.route({
      messages: user('What is 17 * 23?'),
      verifier,
    });
    expect(text).not.toBe('');
    expect(episode.steps.flatMap(({ calls }) => calls)).toMatchObject([
      { verdict: { pass: false } },
      { verdict: { pass: false } },
    ]);
    expect(cost.usd).toBeGreaterThan(0.002);
  });

  it('makes the cost unknown where the price of a verdict is', async () => {
    await using setup = await labRouter({ policy, pool: [...PAIR] });
    const verifier = { name: 'unpriced judge', verify: () => ({ pass: true, usd: undefined }) };
    const { cost, episode } = await setup.router.route({ messages: user('hi'), verifier });
    expect(cost.usd).toBeUndefined();
    expect(episode).toMatchObject({ costComplete: false, knownUsd: expect.any(Number) });
  });

  it('lets the answer stand where the verifier itself breaks, and says so', async () => {
    await using setup = await labRouter({ policy, pool: [...PAIR] });
    const verifier = { name: 'broken', verify: () => Promise.reject(new Error('no such file')) };
    const { model, episode } = await setup.router.route({ messages: user('hi'), verifier });
    expect(model).toBe(FIRST);
    expect(episode.steps[0]?.calls[0]?.verdict?.reason).toMatch(
      /not judged: the verifier failed \(no such file\)/,
    );
  });

  it('calls several candidates in parallel where the policy says so', async () => {
    const both = {
      name: 'both',
      multiTurn: true,
      decide: ({ steps }: { steps: readonly unknown[] }) =>
        steps.length === 0
          ? {
              action: {
                type: 'call' as const,
                calls: [{ model: FIRST }, { model: SECOND }] as [{ model: string }, { model: string }],
              },
              policy: 'both',
              estimates: [],
              propensity: 1,
            }
          : { action: { type: 'stop' as const }, policy: 'both', estimates: [], propensity: 1 },
    };
    await using setup = await labRouter(
      { policy: both, pool: [...PAIR] },
      { faults: [{ fault: 'slow-headers:150' }] },
    );
    const started = Date.now();
    const { episode } = await setup.router.route({ messages: user('hi') });
    expect(episode.steps[0]?.calls.map(({ model }) => model)).toEqual([FIRST, SECOND]);
    expect(Date.now() - started).toBeLessThan(280);
  });
});

describe('one human turn', () => {
  it('keeps its candidate while the agent works through its tool calls', async () => {
    let asked = 0;
    const alternating = {
      name: 'alternating',
      decide: () => ({
        action: { type: 'call' as const, calls: [{ model: PAIR[asked++ % 2]! }] as [{ model: string }] },
        policy: 'alternating',
        estimates: [],
        propensity: 1,
      }),
    };
    await using setup = await labRouter({ policy: alternating, pool: [...PAIR] });
    const first = await setup.router.route({ messages: user('Book a flight') });
    const later = await setup.router.route({
      messages: [
        ...user('Book a flight'),
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'search', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'three flights' },
      ],
    });
    expect([first.model, later.model, asked]).toEqual([FIRST, FIRST, 1]);
    expect(later.decision.reason).toMatch(/start of this human turn/);
    const next = await setup.router.route({
      messages: [...user('Book a flight'), { role: 'assistant', content: 'Done' }, ...user('And a hotel')],
    });
    expect(next.model).toBe(SECOND);
  });
});
