import { describe, expect, it } from 'vitest';
import type { Policy, RouteEvent, RouteRequest } from '../../src/index.ts';
import { fixedPolicy } from '../../src/index.ts';
import { collect, eventually, labRouter, PAIR, user } from '../support/lab-router.ts';

const types = (events: RouteEvent[]) =>
  events.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1]);
const ends = (events: RouteEvent[]) => events.filter(({ type }) => type === 'end');

describe('the event stream', () => {
  it('tells decision, call start, deltas, call end and end, in this order', async () => {
    await using setup = await labRouter({ pool: [...PAIR] });
    const events = await collect(setup.router.stream({ messages: user('What is 17 * 23?') }));
    expect(types(events)).toEqual(['decision', 'call_start', 'delta', 'call_end', 'end']);
  });

  it('adds up to what route() returns', async () => {
    await using setup = await labRouter({ pool: [...PAIR] });
    const request: RouteRequest = { messages: user('What is 17 * 23?') };
    const events = await collect(setup.router.stream(request));
    const streamed = events
      .map((event) => (event.type === 'delta' ? (event.delta.content ?? '') : ''))
      .join('');
    const { text } = await setup.router.route(request);
    expect(streamed).not.toBe('');
    expect(streamed).toBe(text);
  });

  const invalid: [string, unknown][] = [
    ['an empty list of messages', { messages: [] }],
    ['no messages at all', {}],
    ['an empty prompt', { messages: user('   ') }],
    ['a role that does not exist', { messages: [{ role: 'robot', content: 'hi' }] }],
    ['content that is no text', { messages: [{ role: 'user', content: 7 }] }],
    ['a negative lambda', { messages: user('hi'), lambda: -1 }],
    ['a floor above 1', { messages: user('hi'), minSuccess: 1.5 }],
    ['a limit that is no number', { messages: user('hi'), limits: { totalMs: 'soon' } }],
    ['a run id that is no list', { messages: user('hi'), runIds: 'run' }],
    ['run ids that are no text', { messages: user('hi'), runIds: ['run', 7] }],
  ];
  it.each(invalid)('ends once, as failed, for %s', async (_, request) => {
    await using setup = await labRouter({ pool: [...PAIR] });
    const events = await collect(setup.router.stream(request as RouteRequest));
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ type: 'end', status: 'failed', error: { code: 'invalid_request' } });
    await expect(setup.router.route(request as RouteRequest)).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it('ends once for an unknown model, and names the nearest', async () => {
    await using setup = await labRouter();
    const events = await collect(setup.router.stream({ messages: user('hi'), pool: ['gpt-5-nanoo'] }));
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      status: 'failed',
      error: { code: 'unknown_model', hint: /gpt-5-nano/ },
    });
  });

  it('ends once for an unknown route, and names the configured ones', async () => {
    await using setup = await labRouter({ routes: { cheap: { lambda: 10 } } });
    const events = await collect(setup.router.stream({ messages: user('hi'), route: 'chaep' }));
    expect(events).toMatchObject([{ status: 'failed', error: { code: 'unknown_route', hint: /cheap/ } }]);
    const inherited = await collect(setup.router.stream({ messages: user('hi'), route: 'constructor' }));
    expect(inherited).toMatchObject([{ status: 'failed', error: { code: 'unknown_route' } }]);
  });

  const bugs: [string, Policy][] = [
    [
      'throws',
      {
        name: 'buggy',
        decide: () => {
          throw new TypeError('x is not a function');
        },
      },
    ],
    ['rejects', { name: 'buggy', decide: () => Promise.reject(new Error('offline')) }],
    ['returns nothing', { name: 'buggy', decide: () => undefined as never }],
    ['chooses a stranger', { name: 'buggy', decide: () => fixedPolicy('a').decide({} as never) }],
    [
      'stops before any answer',
      {
        name: 'buggy',
        decide: () => ({ action: { type: 'stop' }, policy: 'buggy', estimates: [], propensity: 1 }),
      },
    ],
    [
      'calls nobody',
      {
        name: 'buggy',
        decide: () => ({
          action: { type: 'call', calls: [] as never },
          policy: 'buggy',
          estimates: [],
          propensity: 1,
        }),
      },
    ],
  ];
  it.each(bugs)('ends once, as failed, where a policy without fallback %s', async (_, policy) => {
    await using setup = await labRouter({ pool: [...PAIR], policy, fallback: false });
    const events = await collect(setup.router.stream({ messages: user('hi') }));
    expect(ends(events)).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: 'end', status: 'failed' });
  });

  it.each(bugs)('answers by the benchmark policy and says so, where a policy %s', async (_, policy) => {
    await using setup = await labRouter({ pool: [...PAIR], policy });
    const { decision, text } = await setup.router.route({ messages: user('hi') });
    expect(text).not.toBe('');
    expect(decision.fallback).toMatch(/policy buggy failed: ./);
  });

  it('ends once, as aborted, when the caller aborts before the call', async () => {
    await using setup = await labRouter({ pool: [...PAIR] });
    const events = await collect(setup.router.stream({ messages: user('hi'), signal: AbortSignal.abort() }));
    expect(ends(events)).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ status: 'aborted', error: { code: 'aborted' } });
    expect(setup.lab.usage().calls).toBe(0);
  });

  it('ends once, as aborted, when the caller aborts between tokens, and the provider notices at once', async () => {
    await using setup = await labRouter({ pool: [PAIR[0]] }, { faults: [{ fault: 'slow-drip:4' }] });
    const controller = new AbortController();
    const events: RouteEvent[] = [];
    for await (const event of setup.router.stream({
      messages: user('Tell me a story'),
      signal: controller.signal,
    })) {
      events.push(event);
      if (event.type === 'delta') controller.abort();
    }
    expect(ends(events)).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ status: 'aborted', error: { code: 'aborted' } });
    expect(events.at(-2)).toMatchObject({
      type: 'call_end',
      call: { status: 'aborted', cost: { estimated: true } },
    });
    await eventually(() => setup.lab.usage().aborted === 1, 'the lab sees the client leave');
  });

  it('cancels the call and books it when the consumer leaves the loop', async () => {
    await using setup = await labRouter({ pool: [PAIR[0]] }, { faults: [{ fault: 'slow-drip:4' }] });
    for await (const event of setup.router.stream({ messages: user('Tell me a story') })) {
      if (event.type === 'delta') break;
    }
    await eventually(() => setup.lab.usage().aborted === 1, 'the lab sees the client leave');
    expect(setup.episodes).toMatchObject([{ steps: [{ calls: [{ status: 'aborted' }] }] }]);
    expect(await setup.router.ledger.entries()).toMatchObject([
      { state: 'settled', status: 'aborted', estimated: true },
    ]);
  });

  it('gives up with total_timeout when the time is over', async () => {
    await using setup = await labRouter({ pool: [PAIR[0]] }, { faults: [{ fault: 'hang' }] });
    const request: RouteRequest = { messages: user('hi'), limits: { totalMs: 60 } };
    const events = await collect(setup.router.stream(request));
    expect(ends(events)).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ status: 'failed', error: { code: 'total_timeout' } });
  });

  it('is told of every episode exactly once', async () => {
    await using setup = await labRouter({ pool: [...PAIR] });
    await setup.router.route({ messages: user('hi'), metadata: { trace: 7 } });
    await collect(setup.router.stream({ messages: user('hi'), signal: AbortSignal.abort() }));
    await setup.router.decide({ messages: user('hi') });
    expect(setup.episodes).toHaveLength(2);
    expect(setup.episodes[0]).toMatchObject({ metadata: { trace: 7 }, costComplete: true });
  });
});
