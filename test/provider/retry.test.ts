import { describe, expect, test } from 'vitest';
import type { CallError } from '../../src/errors.ts';
import {
  callWithRetry,
  createHttpProvider,
  type FailedAttempt,
  type Provider,
  type ProviderCall,
  type RetryEvent,
  type RetryOptions,
} from '../../src/provider/index.ts';
import { json, type Script, sse, startScriptedServer } from '../support/scripted-server.ts';
import { DONE, finish, streamed, text, USAGE, USAGE_CHUNK } from './answers.ts';
import { makeCall } from './calls.ts';

interface Outcome {
  events: RetryEvent[];
  failed: FailedAttempt[];
  error?: CallError;
  requests: number;
  tookMs: number;
}

async function run(
  scripts: Script[],
  options: RetryOptions = {},
  parts: Partial<ProviderCall> = {},
): Promise<Outcome> {
  await using server = await startScriptedServer(...scripts);
  const provider = createHttpProvider({ id: 'test', baseUrl: server.url });
  const outcome: Outcome = { events: [], failed: [], requests: 0, tookMs: 0 };
  const started = performance.now();
  try {
    const onAttempt = (failed: FailedAttempt) => outcome.failed.push(failed);
    for await (const event of callWithRetry(
      provider,
      { ...makeCall(), ...parts },
      { baseDelayMs: 5, ...options, onAttempt },
    )) {
      outcome.events.push(event);
    }
  } catch (error) {
    outcome.error = error as CallError;
  }
  return { ...outcome, requests: server.requests.length, tookMs: performance.now() - started };
}

const trouble = json({ error: { message: 'trouble' } }, 503);
const busy = (headers: Record<string, string>) => json({ error: { message: 'busy' } }, 429, headers);
const codes = ({ failed }: Outcome) => failed.map(({ error }) => error.code);

describe('an attempt that failed', () => {
  test('is repeated until one succeeds, and all are counted', async () => {
    const outcome = await run([trouble, { before: ['reset'] }, streamed('a', 'b')]);
    expect(outcome.error).toBeUndefined();
    expect(outcome.events.at(-1)).toMatchObject({ type: 'finish', attempts: 3, finishReason: 'stop' });
    expect(outcome.failed).toMatchObject([
      { attempt: 1, error: { code: 'provider_error', status: 503, maybeBilled: false } },
      { attempt: 2, error: { code: 'connection_failed', maybeBilled: true } },
    ]);
    expect(outcome.requests).toBe(3);
  });

  test('for good ends with the last error', async () => {
    const outcome = await run([trouble], { maxAttempts: 3 });
    expect(outcome.error).toMatchObject({ code: 'provider_error', status: 503 });
    expect(outcome.requests).toBe(3);
    expect(outcome.failed.map(({ attempt, retryInMs }) => [attempt, retryInMs !== undefined])).toEqual([
      [1, true],
      [2, true],
      [3, false],
    ]);
  });

  test('is reported with what it was billed', async () => {
    const outcome = await run([sse(finish('stop'), USAGE_CHUNK, DONE), streamed('a')]);
    expect(outcome.failed).toMatchObject([
      {
        attempt: 1,
        error: { code: 'empty_response', usage: { inputTokens: 11, outputTokens: 7 }, maybeBilled: true },
      },
    ]);
    expect(outcome.events.at(-1)).toMatchObject({ attempts: 2 });
  });

  test.each([
    ['bad_request', json({ error: { message: 'x' } }, 400)],
    ['authentication_failed', json({ error: 'Unauthorized' }, 401)],
    ['context_overflow', json({ error: { message: 'x', code: 'context_length_exceeded' } }, 400)],
  ])('for a reason that stays is not repeated: %s', async (code, script) => {
    const outcome = await run([script]);
    expect(outcome.error?.code).toBe(code);
    expect(outcome.requests).toBe(1);
    expect(outcome.failed).toMatchObject([{ attempt: 1, retryInMs: undefined }]);
  });

  test.each([
    ['cut', sse(text('a'), 'cut'), 'stream_cut'],
    ['stalled', sse({ ...text('a'), usage: USAGE }, 'hang'), 'idle_timeout'],
    ['an error event', sse(text('a'), { error: { message: 'x' } }), 'stream_error'],
  ])('after a delta was shown is never repeated: %s', async (_, script, code) => {
    const outcome = await run([script, streamed('b')], {}, { limits: { idleMs: 60 } });
    expect(outcome.error?.code).toBe(code);
    expect(outcome.requests).toBe(1);
    expect(outcome.events).toEqual([{ type: 'delta', delta: { content: 'a' } }]);
    expect(codes(outcome)).toEqual([code]);
  });
});

test('a provider that ends without a finish has not succeeded', async () => {
  const provider: Provider = {
    id: 'homemade',
    async *call() {
      yield { type: 'delta', delta: { content: 'half' } };
    },
  };
  const shown: RetryEvent[] = [];
  const read = async () => {
    for await (const event of callWithRetry(provider, makeCall())) shown.push(event);
  };
  await expect(read()).rejects.toMatchObject({ code: 'stream_cut', maybeBilled: true });
  expect(shown).toEqual([{ type: 'delta', delta: { content: 'half' } }]);
});

describe('the wait', () => {
  test('doubles, is jittered below its bound, and is bounded itself', async () => {
    const scripts = [trouble];
    const waits = (await run(scripts, { maxAttempts: 5, baseDelayMs: 4, maxDelayMs: 20, random: () => 0.5 }))
      .failed;
    expect(waits.map(({ retryInMs }) => retryInMs)).toEqual([2, 4, 8, 10, undefined]);
    const least = (await run(scripts, { maxAttempts: 2, random: () => 0 })).failed;
    expect(least[0]?.retryInMs).toBe(0);
  });

  test('is at least what the provider asks for', async () => {
    const outcome = await run([busy({ 'retry-after-ms': '120' }), streamed('a')], { random: () => 0 });
    expect(outcome.events.at(-1)).toMatchObject({ attempts: 2 });
    expect(outcome.failed[0]?.retryInMs).toBe(120);
    expect(outcome.tookMs).toBeGreaterThan(118);
  });

  test('asked for is not cut short: longer than the bound, it is left to another candidate', async () => {
    const outcome = await run([busy({ 'retry-after': '30' }), streamed('a')], { maxDelayMs: 1000 });
    expect(outcome.error).toMatchObject({ code: 'rate_limited', retryAfterMs: 30_000 });
    expect(outcome.requests).toBe(1);
    expect(outcome.tookMs).toBeLessThan(500);
  });

  test('does not outlast the total limit, which counts all attempts', async () => {
    const limits = { totalMs: 200 };
    const late = await run([busy({ 'retry-after-ms': '300' }), streamed('a')], {}, { limits });
    expect(late.error?.code).toBe('rate_limited');
    expect(late.tookMs).toBeLessThan(150);
    const slow: Script = { before: [{ waitMs: 120 }], ...trouble };
    const outcome = await run([slow, { before: ['hang'] }], {}, { limits });
    expect(codes(outcome)).toEqual(['provider_error', 'total_timeout']);
    expect(outcome.tookMs).toBeLessThan(320);
  });

  test('ends at once when the caller aborts', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 40);
    const scripts = [busy({ 'retry-after-ms': '3000' }), streamed('a')];
    const outcome = await run(scripts, {}, { signal: controller.signal });
    expect(outcome.error).toMatchObject({ code: 'aborted', retryable: false });
    expect(outcome.requests).toBe(1);
    expect(outcome.tookMs).toBeLessThan(300);
    expect(codes(outcome)).toEqual(['rate_limited']);
  });
});
