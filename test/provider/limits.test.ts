import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { Agent } from 'undici';
import { describe, expect, test } from 'vitest';
import { createHttpProvider } from '../../src/provider/index.ts';
import type { RequestLimits } from '../../src/request.ts';
import { type Script, sse, startScriptedServer } from '../support/scripted-server.ts';
import { finish, text, USAGE } from './answers.ts';
import { abortAfterMs, failureOf, makeCall } from './calls.ts';

async function timed(script: Script, limits: RequestLimits, stream = true) {
  await using server = await startScriptedServer(script);
  const provider = createHttpProvider({ id: 'test', baseUrl: server.url });
  const started = performance.now();
  const error = await failureOf(provider, makeCall({ limits, request: { stream } }));
  const tookMs = performance.now() - started;
  await server.requests[0]?.closed;
  return { error, tookMs };
}

/** Longer than any limit under test. */
const FAR = { connectMs: 5000, firstTokenMs: 5000, idleMs: 5000, totalMs: 5000 };
const drip = Array.from({ length: 40 }, () => [text('x'), { waitMs: 30 }]).flat();

describe('each limit has its own error', () => {
  test('first token', async () => {
    const { error, tookMs } = await timed({ before: ['hang'] }, { ...FAR, firstTokenMs: 100 });
    expect(error.code).toBe('first_token_timeout');
    expect(error.message).toBe('Nothing of the answer came within 100 ms at "model-1" of provider "test".');
    expect(error.hint).toMatch(/limits\.firstTokenMs/);
    expect(tookMs).toBeGreaterThan(95);
    expect(tookMs).toBeLessThan(400);
  });

  test('idle, which counts from the last token and not from the start', async () => {
    const { error, tookMs } = await timed(sse(text('a'), { waitMs: 120 }, text('b'), 'hang'), {
      ...FAR,
      idleMs: 150,
    });
    expect(error.code).toBe('idle_timeout');
    expect(tookMs).toBeGreaterThan(260);
    expect(tookMs).toBeLessThan(600);
  });

  test('total, however lively the stream', async () => {
    const { error, tookMs } = await timed(sse(...drip), { ...FAR, idleMs: 200, totalMs: 250 });
    expect(error).toMatchObject({ code: 'total_timeout', retryable: false, maybeBilled: true });
    expect(tookMs).toBeLessThan(500);
  });

  test('connect, where the handshake never ends; nothing was billed', async () => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => mute.once('listening', resolve));
    const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
    const baseUrl = `https://127.0.0.1:${(mute.address() as AddressInfo).port}/v1`;
    const provider = createHttpProvider({ id: 'test', baseUrl, dispatcher });
    const error = await failureOf(provider, makeCall({ limits: { ...FAR, connectMs: 100 } }));
    expect(error).toMatchObject({ code: 'connect_timeout', retryable: true, maybeBilled: false });
    await dispatcher.destroy();
    mute.close();
  });

  test('a stream livelier than its limits is left alone', async () => {
    await using server = await startScriptedServer(
      sse(...drip.slice(0, 40), finish('stop'), 'data: [DONE]\n\n'),
    );
    const provider = createHttpProvider({ id: 'test', baseUrl: server.url });
    const limits = { firstTokenMs: 400, idleMs: 400 };
    for await (const event of provider.call(makeCall({ limits }))) expect(event.type).toBeTruthy();
  });

  test('a slow consumer does not wear out the idle limit, and does not switch it off', async () => {
    await using server = await startScriptedServer(
      sse(...Array.from({ length: 5000 }, () => text('x')), 'hang'),
    );
    const provider = createHttpProvider({ id: 'test', baseUrl: server.url });
    const started = performance.now();
    let read = 0;
    const consume = async () => {
      for await (const _ of provider.call(makeCall({ limits: { ...FAR, idleMs: 300 } }))) {
        if (read++ === 0) await new Promise((resolve) => setTimeout(resolve, 700));
      }
    };
    await expect(consume()).rejects.toMatchObject({ code: 'idle_timeout' });
    expect(read).toBe(5000);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test('usage told before the limit is kept', async () => {
    const { error } = await timed(sse({ ...text('a'), usage: USAGE }, 'hang'), { ...FAR, idleMs: 60 });
    expect(error).toMatchObject({ code: 'idle_timeout', usage: { inputTokens: 11, outputTokens: 7 } });
  });

  test('limits beyond what a timer can hold do not fire at once', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    const years = { connectMs: 1e12, firstTokenMs: 1e12, idleMs: 1e12, totalMs: 1e12 };
    await using server = await startScriptedServer(sse({ waitMs: 50 }, text('a'), finish('stop')));
    const provider = createHttpProvider({ id: 'test', baseUrl: server.url });
    for await (const event of provider.call(makeCall({ limits: years }))) expect(event.type).toBeTruthy();
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });
});

describe('an abort reaches the server within milliseconds', () => {
  test.each<[string, Script]>([
    ['before headers', { before: ['hang'] }],
    ['before the first token', sse('hang')],
    ['after tokens', sse(text('a'), 'hang')],
    ['amid a lively stream', sse(...drip)],
  ])('%s', async (_, script) => {
    await using server = await startScriptedServer(script);
    const provider = createHttpProvider({ id: 'test', baseUrl: server.url });
    const { signal, abortedAt } = abortAfterMs(60);
    const failure = failureOf(provider, makeCall({ signal }));
    const started = await abortedAt;
    expect(await failure).toMatchObject({ code: 'aborted', maybeBilled: true, cause: signal.reason });
    const failedAfterMs = performance.now() - started;
    await server.requests[0]?.closed;
    expect(failedAfterMs).toBeLessThan(100);
    expect(performance.now() - started).toBeLessThan(250);
  });

  test('what waited for the consumer is not delivered any more', async () => {
    await using server = await startScriptedServer(sse(text('a'), text('b'), text('c'), 'hang'));
    const provider = createHttpProvider({ id: 'test', baseUrl: server.url });
    const controller = new AbortController();
    const shown: unknown[] = [];
    const read = async () => {
      for await (const event of provider.call(makeCall({ signal: controller.signal }))) {
        shown.push(event);
        await new Promise((resolve) => setTimeout(resolve, 30));
        controller.abort();
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'aborted' });
    expect(shown).toHaveLength(1);
  });
});
