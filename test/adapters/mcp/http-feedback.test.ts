/** `POST /v1/feedback` beside MCP: what is kept, and what is refused, over real sockets. */
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { serveHttp, serveRecording } from '../../../adapters/mcp/index.ts';
import { openLedger } from '../../../src/index.ts';
import { Recording } from '../../../src/learn/index.ts';
import { user } from '../../support/lab-router.ts';
import { emptyFolder } from './clients.ts';
import { type HttpUnderTest, httpServer, post, type RawAnswer, TOKEN } from './http-server.ts';

const ledger = join(emptyFolder(), 'ledger.sqlite');
let server: HttpUnderTest;
let episode: string;
beforeAll(async () => {
  server = await httpServer({}, { ledger });
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  const messages = user('What is 17 + 25?');
  episode = (await server.router.route({ messages, pool: ['gpt-5-nano'], runIds: ['run', 'root'] })).id;
});

const PATH = { path: '/v1/feedback' };
const give = (body: unknown, headers = {}, how = {}) =>
  post(server.port, JSON.stringify(body), headers, { ...PATH, ...how });
const json = ({ body }: RawAnswer) => JSON.parse(body);

async function kept(): Promise<Record<string, number>> {
  const opened = await openLedger({ path: ledger });
  const [latest] = await opened.episodeStore.episodes({ limit: 1 });
  await opened.close();
  expect(latest!.id).toBe(episode);
  return Object.fromEntries(latest!.feedback.map(({ source, score }) => [source, score]));
}

describe('what is kept', () => {
  test('a score joins its episode; the same source replaces its word, and another is added', async () => {
    const first = await give({ episode_id: episode, score: 0.25 });
    expect(first.status).toBe(200);
    expect(first.headers['content-type']).toBe('application/json');
    expect(json(first)).toEqual({ episode_ids: [episode], score: 0.25, source: 'http' });
    const again = await Promise.all([1, 2, 3].map(() => give({ episode_id: episode, score: 1 })));
    expect(again.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await give({ episode_id: episode, score: 0, source: 'reviewer' })).status).toBe(200);
    expect(await kept()).toEqual({ http: 1, reviewer: 0 });
  });

  test('a run names every answer given in it', async () => {
    const second = await server.router.route({
      messages: user('And 3 + 4?'),
      runIds: [`of ${episode}`, 'root'],
    });
    const answer = json(await give({ run_id: 'root', score: 1, source: 'user' }));
    expect(answer.episode_ids).toEqual(expect.arrayContaining([episode, second.id]));
    expect(json(await give({ run_id: `of ${episode}`, score: 0 })).episode_ids).toEqual([second.id]);
  });

  test('a query behind the path and a charset do no harm', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    const answer = await give({ episode_id: episode, score: 1 }, headers, { path: '/v1/feedback?from=page' });
    expect(answer.status).toBe(200);
  });
});

describe('what is refused, and why', () => {
  const id = { episode_id: 'e' };
  test.each([
    ['null', null, /expected object/],
    ['a list', [], /expected object/],
    ['text', 'good', /expected object/],
    ['nothing in it', {}, /score/],
    ['no score', id, /^score: /],
    ['a score in quotes', { ...id, score: '1' }, /^score: .*number/],
    ['true', { ...id, score: true }, /^score: .*number/],
    ['null as a score', { ...id, score: null }, /^score: /],
    ['a score above 1', { ...id, score: 2 }, /^score: .*<=1/],
    ['a score below 0', { ...id, score: -0.01 }, /^score: .*>=0/],
    ['neither episode nor run', { score: 1 }, /either episode_id or run_id/],
    ['both', { ...id, run_id: 'r', score: 1 }, /either episode_id or run_id/],
    ['a number as an id', { episode_id: 7, score: 1 }, /^episode_id: /],
    ['an empty id', { episode_id: '', score: 1 }, /^episode_id: /],
    ['an endless id', { run_id: 'x'.repeat(201), score: 1 }, /^run_id: /],
    ['an empty source', { ...id, score: 1, source: '' }, /^source: /],
    ['an endless source', { ...id, score: 1, source: 'x'.repeat(201) }, /^source: /],
    ['a field that does not exist', { ...id, score: 1, comment: 'good' }, /comment/],
    ['a prototype', JSON.parse('{"__proto__": {"score": 1}, "episode_id": "e"}'), /score|proto/],
  ])('%s', async (_, body, says) => {
    const answer = await give(body);
    expect(answer.status).toBe(400);
    expect(json(answer)).toEqual({
      jsonrpc: '2.0',
      id: null,
      error: {
        code: -32_000,
        message: expect.stringMatching(says),
        data: { code: 'invalid_request', hint: expect.stringContaining('"score": 0 to 1') },
      },
    });
  });

  test.each([
    ['no JSON', 'score=1', 400],
    ['an empty body', '', 400],
    ['half of it', '{"episode_id": "e", "sco', 400],
    ['NaN, which is no JSON', '{"episode_id": "e", "score": NaN}', 400],
    ['a body beyond all bounds', Buffer.alloc(9 * 1024 * 1024, ' '), 413],
  ])('%s', async (_, body, status) => {
    const answer = await post(server.port, body, {}, PATH);
    expect(answer.status).toBe(status);
    expect(json(answer).error.message).toMatch(/not JSON|at most/);
  });

  test.each([
    ['an unknown episode', { episode_id: 'nobody', score: 1 }, /No episode nobody/],
    ['an unknown run', { run_id: 'nothing', score: 1 }, /No episode of run nothing/],
    ['an episode given as a run', () => ({ run_id: episode, score: 1 }), /No episode of run/],
  ])('%s is not found', async (_, body, says) => {
    const answer = await give(typeof body === 'function' ? body() : body);
    expect(answer.status).toBe(404);
    expect(json(answer).error).toMatchObject({
      message: expect.stringMatching(says),
      data: { code: 'unknown_episode', hint: expect.stringContaining('maxAgeMs') },
    });
  });

  test.each([
    ['no token', { authorization: undefined }, 401],
    ['a wrong token', { authorization: `Bearer ${TOKEN}x` }, 401],
    ['another Host', { host: 'evil.example' }, 403],
    ['another Origin', { origin: 'https://evil.example' }, 403],
    ['another content type', { 'content-type': 'text/plain' }, 415],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ])('%s', async (_, headers, status) => {
    expect((await give({ episode_id: episode, score: 1 }, headers)).status).toBe(status);
    expect(await kept()).toEqual({});
  });

  test.each([
    ['a GET', { method: 'GET' }, 405],
    ['a DELETE', { method: 'DELETE' }, 405],
    ['a path below', { path: '/v1/feedback/1' }, 404],
    ['a path above', { path: '/v1' }, 404],
  ])('%s', async (_, how, status) => {
    const answer = await give({ episode_id: episode, score: 1 }, {}, how);
    expect(answer.status).toBe(status);
    if (status === 404) expect(json(answer).error.message).toBe('There is only /mcp and /v1/feedback.');
  });
});

test('a server that keeps no episodes says how it would', async () => {
  await using own = await httpServer();
  const answer = await post(own.port, JSON.stringify({ episode_id: 'e', score: 1 }), {}, PATH);
  expect(answer.status).toBe(501);
  expect(json(answer).error.data).toEqual({
    code: 'invalid_config',
    hint: expect.stringContaining('Set `ledger`'),
  });
});

test('a ledger that has failed is a fault of the server', async () => {
  const opened = await openLedger({ path: join(emptyFolder(), 'closed.sqlite') });
  const serving = await serveHttp(
    Object.assign(Object.create(server.router), {
      feedback: (target: string, score: number, source: string) =>
        opened.episodeStore.feedback(target, { score, source }),
    }),
    { token: TOKEN },
  );
  await opened.close();
  const port = Number(new URL(serving.url).port);
  const answer = await post(port, JSON.stringify({ episode_id: 'e', score: 1 }), {}, PATH);
  await serving.close();
  expect(answer.status).toBe(503);
  expect(json(answer).error.data.code).toBe('ledger_unavailable');
});

test('a recording has no episodes, so there is no such path', async () => {
  const serving = await serveRecording(new Recording(), { token: TOKEN });
  const answer = await post(Number(new URL(serving.url).port), '{}', {}, PATH);
  await serving.close();
  expect(answer.status).toBe(404);
  expect(json(answer).error.message).toBe('There is only /mcp.');
});
