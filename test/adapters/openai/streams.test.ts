/** Streams under load, streams that nobody reads, and streams that nobody waits for. */
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { assembleRouter, fixedPolicy } from '../../../src/index.ts';
import { eventually } from '../../support/lab-router.ts';
import { sse, startScriptedServer } from '../../support/scripted-server.ts';
import { ask, billed, books, eventsIn, HEALTHY, PLAIN, type Serving, send, serving } from './serving.ts';

const streamed = (content: string, more: object = {}) => ({
  model: PLAIN,
  stream: true,
  messages: ask(content),
  ...more,
});

test('200 streams at once: each whole, none mixed with another, all of them booked', async () => {
  await using server = await serving({ budgets: { dayUsd: 100 } });
  const prompts = Array.from({ length: 200 }, (_, i) => `What is ${i} + 1000?`);
  const answers = await Promise.all(prompts.map((prompt) => send(server.port, streamed(prompt))));
  const ids = new Set<unknown>();
  for (const [i, { status, body }] of answers.entries()) {
    expect(status).toBe(200);
    const events = eventsIn(body);
    expect(events.at(-1)).toBe('[DONE]');
    const chunks = events.slice(0, -1) as Record<string, never>[];
    expect(JSON.stringify(chunks.map(({ choices }) => choices))).toMatch(/"content":"[^"]/);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    ids.add(chunks[0]!.id);
    expect(server.lab.usage().requests.filter(({ prompt }) => prompt === prompts[i])).toHaveLength(1);
  }
  expect(ids.size).toBe(200);
  expect(await books(server)).toEqual({ spent: billed(server), reserved: 0 });
});

/** Sends a request by hand, so that nothing reads the answer unless the test does. */
async function open({ port }: Serving, body: object): Promise<Socket> {
  const text = JSON.stringify(body);
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
  return socket;
}

test.each([
  ['before the first token', '[[lab:hang]]'],
  ['in the middle', '[[lab:stall-after-tokens:3]]'],
])('a client that leaves %s stops the spending, and it is booked', async (_, marker) => {
  await using server = await serving({ budgets: { dayUsd: 100 } });
  for (const stream of [true, false]) {
    const before = server.episodes.length;
    const socket = await open(server, streamed(`Tell me at length. ${marker}`, { stream }));
    await eventually(() => server.serving.inFlight === 1, 'the request is under way');
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.destroy();
    await eventually(() => server.episodes.length === before + 1, 'the episode ends');
    expect(server.episodes.at(-1)!.steps[0]!.calls[0]).toMatchObject({ status: 'aborted' });
    await eventually(async () => (await books(server)).reserved === 0, 'nothing is set aside');
    await eventually(() => server.reports.length === before + 1, 'it is reported');
    expect(server.reports.at(-1)).toMatchObject({ status: 499, error: 'aborted' });
  }
});

const TOKEN = 'x'.repeat(1_000);
const word = { id: 'a', model: 'gpt-4.1-nano', choices: [{ index: 0, delta: { content: TOKEN } }] };

test('a slow reader slows the provider down, and memory stays small; a dead one is given up', async () => {
  await using upstream = await startScriptedServer(
    sse(...new Array<Record<string, unknown>>(60_000).fill(word)),
  );
  const router = assembleRouter(
    { pool: [PLAIN], budgets: { dayUsd: 100 } },
    { env: { OPENAI_API_KEY: 'key', OPENAI_BASE_URL: upstream.url } },
  );
  await using server = await serving({}, { stalledMs: 1_000 }, {}, () => router as never);
  const memory = process.memoryUsage().rss;
  const socket = await open(server, streamed('Tell me everything.'));
  socket.once('data', () => socket.pause());
  await upstream.arrived(1);
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(upstream.requests[0]!.completed).toBe(false);
  expect((process.memoryUsage().rss - memory) / 1024 / 1024).toBeLessThan(60);
  await eventually(() => server.serving.inFlight === 0, 'the dead reader is given up');
  await upstream.requests[0]!.closed;
  await eventually(async () => (await books(server)).reserved === 0, 'it is booked');
  socket.destroy();
});

test('a server that ends does not wait for one who reads nothing', async () => {
  await using upstream = await startScriptedServer(
    sse(...new Array<Record<string, unknown>>(60_000).fill(word)),
  );
  const router = assembleRouter(
    { pool: [PLAIN] },
    { env: { OPENAI_API_KEY: 'key', OPENAI_BASE_URL: upstream.url } },
  );
  await using server = await serving({}, {}, {}, () => router as never);
  const socket = await open(server, streamed('Tell me everything.'));
  socket.once('data', () => socket.pause());
  await upstream.arrived(1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const started = performance.now();
  await server.serving.close(50);
  expect(performance.now() - started).toBeLessThan(2_000);
  expect((await router.ledger.entries())[0]).toMatchObject({ state: 'settled', status: 'aborted' });
  socket.destroy();
});

test('a slow reader that goes on reading gets every byte', async () => {
  const answer = sse(...new Array<Record<string, unknown>>(3_000).fill(word), {
    ...word,
    choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
  });
  await using upstream = await startScriptedServer(answer);
  const router = assembleRouter(
    { pool: [PLAIN] },
    { env: { OPENAI_API_KEY: 'key', OPENAI_BASE_URL: upstream.url } },
  );
  await using server = await serving({}, {}, {}, () => router as never);
  const socket = await open(server, streamed('Tell me everything.'));
  let text = '';
  let pauses = 0;
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.endsWith('0\r\n\r\n')) return resolve();
      if (pauses++ % 10 !== 0) return;
      socket.pause();
      setTimeout(() => socket.resume(), 5);
    });
  });
  expect(text.split(TOKEN).length - 1).toBe(3_000);
  expect(text).toContain('data: [DONE]');
  socket.destroy();
});

test('while a model thinks in silence, comments keep the connection; errors after them are events', async () => {
  const config = { limits: { firstTokenMs: 900 }, retry: { maxAttempts: 1 } };
  await using server = await serving(config, { keepAliveMs: 60 });
  const late = await send(server.port, streamed('Think. [[lab:slow-headers:400]]'));
  expect(late.body).toMatch(/^: keep-alive\n\n/);
  expect(eventsIn(late.body).at(-1)).toBe('[DONE]');
  expect(late.headers['x-xrouter-episode-id']).toBe(server.episodes.at(-1)!.id);
  const { status, body } = await send(server.port, streamed('Think. [[lab:stall-before-tokens]]'));
  expect(status).toBe(200);
  expect(body).toMatch(/^: keep-alive\n\n/);
  expect(eventsIn(body).at(-1)).toMatchObject({
    error: { code: 'first_token_timeout', type: 'server_error' },
  });
  const direct = await server.client.chat.completions.create({
    model: PLAIN,
    messages: ask('Think. [[lab:slow-headers:400]]'),
    stream: true,
  });
  let text = '';
  for await (const { choices } of direct) text += choices[0]?.delta.content ?? '';
  expect(text).not.toBe('');
});

test('a verified answer is held back, with comments meanwhile, and comes from who passed', async () => {
  const verifier = {
    name: 'not the first',
    accuracy: 0.95,
    async verify({ model }: { model: string }) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      return { pass: model === HEALTHY };
    },
  };
  await using server = await serving(
    { verifier, policy: fixedPolicy(PLAIN, HEALTHY) },
    { keepAliveMs: 40 },
    {},
    assembleRouter as never,
  );
  const answer = await send(server.port, streamed('What is 17 * 23?', { model: 'xrouter' }));
  expect(answer.body).toMatch(/^: keep-alive\n\n/);
  const chunks = eventsIn(answer.body).slice(0, -1) as Record<string, never>[];
  expect(chunks.every(({ model }) => model === HEALTHY)).toBe(true);
  expect(chunks.at(-1)).toMatchObject({
    xrouter: {
      calls: [
        { model: PLAIN, passed: false },
        { model: HEALTHY, passed: true },
      ],
    },
  });
  expect((await books(server)).spent).toBe(billed(server));
});
