import { Agent } from 'undici';
import { describe, expect, test } from 'vitest';
import { PROVIDERS } from '../../src/catalog/providers.ts';
import { XrouterError } from '../../src/errors.ts';
import {
  AnswerAssembler,
  createHttpProvider,
  type HttpProviderSpec,
  type ProviderEvent,
} from '../../src/provider/index.ts';
import { json, raw, type ScriptedServer, sse, startScriptedServer } from '../support/scripted-server.ts';
import { chunk, DONE, finish, streamed, text, USAGE, USAGE_CHUNK, whole } from './answers.ts';
import { abortAfterMs, collect, failureOf, makeCall } from './calls.ts';

function providerAt(server: ScriptedServer, spec: Partial<HttpProviderSpec> = {}) {
  return createHttpProvider({ id: 'test', baseUrl: server.url, ...spec });
}

function answerOf(events: ProviderEvent[]) {
  const assembler = new AnswerAssembler();
  for (const event of events) if (event.type === 'delta') assembler.push(event.delta);
  return assembler.answer();
}

describe('the request', () => {
  test('is one POST with key, headers and body', async () => {
    await using server = await startScriptedServer(streamed('x'));
    const headers = { 'X-Title': 'app', 'User-Agent': 'mine' };
    const provider = providerAt(server, {
      apiKey: ' sk-12345678\n',
      headers,
      wire: PROVIDERS[0]!.wire,
    });
    await collect(provider, makeCall({ request: { maxOutputTokens: 9 } }));
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'POST', url: '/v1/chat/completions' });
    expect(request?.headers).toMatchObject({
      authorization: 'Bearer sk-12345678',
      'content-type': 'application/json',
      'x-title': 'app',
      'user-agent': 'mine',
    });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      model: 'model-1',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      stream_options: { include_usage: true },
      max_completion_tokens: 9,
    });
  });

  test('keeps the path and the query of the base URL, and needs no key', async () => {
    await using server = await startScriptedServer(whole({ content: 'x' }));
    const baseUrl = server.url.replace('/v1', '/openai/deployments/a/?api-version=2');
    await collect(providerAt(server, { baseUrl }), makeCall({ request: { stream: false } }));
    expect(server.requests[0]?.url).toBe('/openai/deployments/a/chat/completions?api-version=2');
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  test('goes over one connection again and again', async () => {
    await using server = await startScriptedServer(whole({ content: 'x' }));
    const provider = providerAt(server, { dispatcher: new Agent({ connections: 1 }) });
    for (let turn = 0; turn < 5; turn++) await collect(provider, makeCall({ request: { stream: false } }));
    expect(server.requests).toHaveLength(5);
    expect(server.connections).toBe(1);
  });

  test('aborted while it waits for a connection is never sent', async () => {
    await using server = await startScriptedServer({ before: [{ waitMs: 100 }], ...whole({ content: 'x' }) });
    const provider = providerAt(server, { dispatcher: new Agent({ connections: 1 }) });
    const first = collect(provider, makeCall({ request: { stream: false } }));
    const { signal } = abortAfterMs(30);
    const error = await failureOf(provider, makeCall({ signal }));
    expect(error).toMatchObject({ code: 'aborted', maybeBilled: false });
    await first;
    await collect(provider, makeCall({ request: { stream: false } }));
    expect(server.requests).toHaveLength(2);
  });

  test('that no JSON can say fails before it is sent', async () => {
    await using server = await startScriptedServer(streamed('x'));
    const call = makeCall({ request: { extraBody: { big: 1n } } });
    const error = await failureOf(providerAt(server), call);
    expect(error).toMatchObject({ code: 'bad_request', retryable: false, maybeBilled: false });
    expect(server.requests).toHaveLength(0);
  });

  test('is not sent on to where a redirect points', async () => {
    await using target = await startScriptedServer(streamed('x'));
    await using server = await startScriptedServer(
      raw('', 308, { location: `${target.url}/chat/completions` }),
    );
    await failureOf(providerAt(server, { apiKey: 'sk-12345678' }), makeCall());
    expect(target.requests).toHaveLength(0);
  });
});

describe('a provider that cannot work is refused when it is made', () => {
  test.each([
    ['no address', { baseUrl: 'localhost' }, /no http\(s\) address/],
    ['another protocol', { baseUrl: 'file:///etc/passwd' }, /no http\(s\) address/],
    ['a password in the address', { baseUrl: 'https://me:secret@host/v1' }, /name or password/],
    ['a key broken by a line', { apiKey: 'sk-1234\n5678' }, /API key has characters/],
    ['a header without a proper name', { headers: { 'x a': 'b' } }, /"x a" is no header name/],
    ['a header broken by a line', { headers: { 'x-a': 'b\r\nx-c: d' } }, /header "x-a" has characters/],
  ])('%s', (_, spec, message) => {
    const make = () => createHttpProvider({ id: 'test', baseUrl: 'https://host/v1', ...spec });
    expect(make).toThrow(message);
    try {
      make();
    } catch (error) {
      expect(error).toBeInstanceOf(XrouterError);
      expect((error as XrouterError).code).toBe('invalid_config');
      expect(JSON.stringify(error) + String(error)).not.toMatch(/secret|1234/);
    }
  });
});

test('a key the provider repeats stays out of every part of the error', async () => {
  const apiKey = 'sk-very-secret-key';
  const echo = { error: { message: `Incorrect API key provided: ${apiKey}.`, code: 'invalid_api_key' } };
  await using server = await startScriptedServer(json(echo, 401), sse(echo), json(echo));
  const provider = providerAt(server, { apiKey });
  for (const stream of [true, true, false]) {
    const error = await failureOf(provider, makeCall({ request: { stream } }));
    expect(error.message).toMatch(/Incorrect API key provided: \[redacted\]/);
    const everything = [error.message, error.stack, error.hint, JSON.stringify(error), String(error.cause)];
    expect(everything.join()).not.toContain(apiKey);
  }
});

describe('the response', () => {
  test('tells the real model, the id and the cost', async () => {
    const usage = { ...USAGE, cost: 0.0042 };
    await using server = await startScriptedServer(
      sse(text('a'), finish('stop'), { ...USAGE_CHUNK, usage }, DONE),
      whole({ content: 'a' }, 'stop', { 'x-litellm-response-cost': '0.000435' }),
    );
    const provider = providerAt(server);
    const told = { servedModel: 'model-1-0613', responseId: 'chatcmpl-1', finishReason: 'stop' };
    expect((await collect(provider, makeCall())).at(-1)).toMatchObject({ ...told, reportedUsd: 0.0042 });
    const events = await collect(provider, makeCall({ request: { stream: false } }));
    expect(events.at(-1)).toMatchObject({ ...told, reportedUsd: 0.000435 });
  });

  test('may have fields of its own that look like those of an error', async () => {
    const odd = { ...text('a'), detail: 'cached', type: 'error', error: null };
    await using server = await startScriptedServer(sse(odd, finish('stop'), DONE));
    expect(answerOf(await collect(providerAt(server), makeCall())).text).toBe('a');
  });

  test('without usage leaves it unknown', async () => {
    await using server = await startScriptedServer(sse(text('a'), finish('stop'), DONE));
    const last = (await collect(providerAt(server), makeCall())).at(-1);
    expect(last).toMatchObject({ type: 'finish', usage: undefined });
  });

  test.each([
    ['reasoning_content', chunk({ reasoning_content: 'hm', content: null }), { reasoning: 'hm' }],
    ['reasoning', chunk({ reasoning: 'hm', content: '' }), { reasoning: 'hm' }],
    [
      'parts',
      chunk({
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
          { type: 'text', text: 'a' },
        ],
      }),
      { reasoning: 'hm', content: 'a' },
    ],
    ['a refusal', chunk({ refusal: 'no' }), { refusal: 'no' }],
  ])('may hold %s', async (_, event, delta) => {
    await using server = await startScriptedServer(sse(event, text('b'), finish('stop'), DONE));
    expect((await collect(providerAt(server), makeCall()))[0]).toEqual({ type: 'delta', delta });
  });

  test.each([
    ['MAX_TOKENS', 'length'],
    ['end_turn', 'stop'],
    ['SAFETY', 'content_filter'],
    ['something_new', 'something_new'],
  ])('finish reason %s means %s', async (reason, finishReason) => {
    await using server = await startScriptedServer(sse(text('a'), finish(reason), DONE));
    expect((await collect(providerAt(server), makeCall())).at(-1)).toMatchObject({ finishReason });
  });

  test('cut short by the output limit or by a filter may be empty', async () => {
    await using server = await startScriptedServer(
      sse(finish('length'), DONE),
      sse(finish('content_filter'), DONE),
    );
    const provider = providerAt(server);
    expect((await collect(provider, makeCall())).at(-1)).toMatchObject({ finishReason: 'length' });
    expect((await collect(provider, makeCall())).at(-1)).toMatchObject({ finishReason: 'content_filter' });
  });

  test('with tool calls that ends with "stop" ends with tool calls', async () => {
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } };
    await using server = await startScriptedServer(whole({ content: null, tool_calls: [call] }, 'stop'));
    const events = await collect(providerAt(server), makeCall({ request: { stream: false } }));
    expect(events.at(-1)).toMatchObject({ finishReason: 'tool_calls' });
    expect(answerOf(events).message.tool_calls).toEqual([call]);
  });

  test('of other choices (n > 1) is not mixed into the first', async () => {
    const other = { choices: [{ index: 1, delta: { content: 'OTHER' }, finish_reason: null }] };
    await using server = await startScriptedServer(sse(text('a'), other, text('b'), finish('stop'), DONE));
    expect(answerOf(await collect(providerAt(server), makeCall())).text).toBe('ab');
  });

  test('may be JSON where a stream was asked for, and the other way round', async () => {
    const noType = { ...streamed('e', 'f'), headers: {} };
    await using server = await startScriptedServer(whole({ content: 'cd' }), streamed('a', 'b'), noType);
    const provider = providerAt(server);
    expect(answerOf(await collect(provider, makeCall())).text).toBe('cd');
    expect(answerOf(await collect(provider, makeCall({ request: { stream: false } }))).text).toBe('ab');
    expect(answerOf(await collect(provider, makeCall())).text).toBe('ef');
  });

  test('is whole once its finish reason came, whatever becomes of the connection', async () => {
    const answer = [text('a'), finish('stop'), USAGE_CHUNK];
    await using server = await startScriptedServer(
      sse(...answer),
      sse(...answer, 'reset'),
      sse(...answer, 'hang'),
    );
    const provider = providerAt(server);
    for (let turn = 0; turn < 3; turn++) {
      const events = await collect(provider, makeCall({ limits: { idleMs: 80 } }));
      expect(events.at(-1)).toMatchObject({ finishReason: 'stop', usage: { inputTokens: 11 } });
    }
    await server.requests[2]?.closed;
  });

  test('that stays open after [DONE] is given up without the caller waiting', async () => {
    await using server = await startScriptedServer(sse(text('a'), finish('stop'), DONE, 'hang'));
    const started = performance.now();
    await collect(providerAt(server), makeCall());
    expect(performance.now() - started).toBeLessThan(500);
    await server.requests[0]?.closed;
  });

  test('is held back at the provider while the consumer is slow, and nothing of it is lost', async () => {
    const pieces = Array.from({ length: 3000 }, (_, n) => String(n).padStart(10_000, '.'));
    await using server = await startScriptedServer(streamed(...pieces));
    let bytes = 0;
    for await (const event of providerAt(server).call(makeCall({ limits: { idleMs: 50 } }))) {
      if (bytes === 0) {
        await new Promise((resolve) => setTimeout(resolve, 150));
        expect(server.requests[0]?.completed).toBe(false);
      }
      if (event.type === 'delta') bytes += event.delta.content?.length ?? 0;
    }
    expect(bytes).toBe(3000 * 10_000);
  });
});
