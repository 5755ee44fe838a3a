/** Who may ask: keys, hosts, web pages, and how many at once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { serveOpenAI } from '../../../adapters/openai/index.ts';
import { createRouter } from '../../../src/index.ts';
import { eventually } from '../../support/lab-router.ts';
import { ask, errorIn, PLAIN, send, serving } from './serving.ts';

const BODY = { model: PLAIN, messages: ask('What is 2 + 2?') };
const KEY_A = 'key-of-team-a-0123456789';
const KEY_B = 'key-of-team-b-0123456789';
const KEYS = [
  { name: 'team-a', key: KEY_A },
  { name: 'team-b', key: KEY_B },
];
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe('a page of another site', () => {
  test.each([
    ['by a name that points here', { host: 'evil.example' }, 403],
    ['by a name that begins like ours', { host: 'localhost.evil.example' }, 403],
    ['openly', { origin: 'https://evil.example' }, 403],
    ['from a frame without origin', { origin: 'null' }, 403],
    ['as a form', { 'content-type': 'text/plain' }, 415],
    ['as a form without type', { 'content-type': undefined }, 415],
  ])('cannot spend: %s', async (_, headers, status) => {
    await using server = await serving();
    const answer = await send(server.port, BODY, { headers });
    expect(answer.status).toBe(status);
    expect(errorIn(answer).message).not.toBe('');
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    expect(server.lab.usage().calls).toBe(0);
    const asked = { method: 'OPTIONS', headers: { origin: 'https://evil.example' } };
    expect((await send(server.port, '', asked)).headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('that was allowed can, after asking as browsers do', async () => {
    const origin = 'https://chat.example';
    await using server = await serving({}, { allowedOrigins: [origin] });
    const preflight = await send(server.port, '', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization, content-type, x-stainless-os',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-headers': 'authorization, content-type, x-stainless-os',
    });
    const answer = await send(server.port, BODY, { headers: { origin } });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'origin' });
    expect((await send(server.port, BODY, { headers: { origin: `${origin}.evil` } })).status).toBe(403);
  });
});

describe('keys', () => {
  test('are asked for everywhere but at /healthz, and name who asked', async () => {
    await using server = await serving({}, { keys: KEYS });
    for (const headers of [{}, bearer('wrong-key-of-nobody'), bearer(`${KEY_A}x`), bearer('')]) {
      const answer = await send(server.port, BODY, { headers });
      expect([answer.status, errorIn(answer).code]).toEqual([401, 'invalid_api_key']);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    }
    for (const path of ['/v1/models', '/metrics', '/nowhere']) {
      expect((await send(server.port, '', { method: 'GET', path })).status).toBe(401);
    }
    expect((await send(server.port, '', { method: 'GET', path: '/healthz' })).status).toBe(200);
    expect(server.lab.usage().calls).toBe(0);
    expect((await send(server.port, BODY, { headers: bearer(KEY_B) })).status).toBe(200);
    expect(server.reports.at(-1)).toMatchObject({ key: 'team-b', status: 200 });
    expect(server.episodes.at(-1)).toMatchObject({ budgetKey: 'team-b' });
  });

  test('never reach the provider, a log or an answer', async () => {
    await using server = await serving({}, { keys: KEYS });
    const answers = [
      await send(server.port, BODY, { headers: bearer(KEY_A) }),
      await send(server.port, { ...BODY, model: 'nobody' }, { headers: bearer(KEY_A) }),
      await send(server.port, { ...BODY, messages: 5 }, { headers: bearer(KEY_A) }),
    ];
    const told = JSON.stringify([answers, server.reports, server.episodes, server.lab.usage().requests]);
    expect(told).not.toContain(KEY_A);
  });

  test('of two teams keep their conversations apart', async () => {
    await using server = await serving({ budgets: { sessionUsd: 1 } }, { keys: KEYS });
    for (const key of [KEY_A, KEY_B]) {
      await send(server.port, { ...BODY, xrouter: { session: 'chat-1' } }, { headers: bearer(key) });
    }
    expect(server.episodes.map(({ session }) => session)).toEqual(['team-a/chat-1', 'team-b/chat-1']);
  });

  test('that protect nothing are refused at the start', async () => {
    const router = createRouter({ budgets: { keys: { 'team-a': 1 } } });
    const start = (options: object) => serveOpenAI(router, options);
    await expect(start({ host: '0.0.0.0' })).rejects.toThrow(/open to other machines/);
    await expect(start({ keys: [{ name: 'team-a', key: 'short' }] })).rejects.toThrow(/5 characters/);
    await expect(start({ keys: [KEYS[0], KEYS[0]] })).rejects.toThrow(/Two keys are called/);
    await expect(start({ keys: KEYS })).rejects.toThrow(/"team-b" is not in budgets.keys/);
  });
});

test('an address that other machines reach is served to any Host with a key, or to those named', async () => {
  await using open = await serving({}, { host: '0.0.0.0', keys: KEYS });
  const headers = { ...bearer(KEY_A), host: 'xrouter.internal:80' };
  expect((await send(open.port, BODY, { headers })).status).toBe(200);
  expect((await send(open.port, BODY, { headers: { host: headers.host } })).status).toBe(401);
  const page = { ...headers, origin: 'https://evil.example' };
  expect((await send(open.port, BODY, { headers: page })).status).toBe(403);
  await using named = await serving({}, { host: '0.0.0.0', keys: KEYS, allowedHosts: ['xrouter.internal'] });
  expect((await send(named.port, BODY, { headers })).status).toBe(200);
  expect((await send(named.port, BODY, { headers: { ...headers, host: 'other' } })).status).toBe(403);
});

test('more requests than allowed are told to come again, and none is lost', async () => {
  await using server = await serving({}, { maxInFlight: 2 });
  const slow = { model: PLAIN, messages: ask('Slowly. [[lab:slow-headers:300]]') };
  const under = [send(server.port, slow), send(server.port, slow)];
  await eventually(() => server.serving.inFlight === 2, 'two are under way');
  const third = await send(server.port, BODY);
  expect([third.status, third.headers['retry-after']]).toEqual([503, '1']);
  expect((await send(server.port, '', { method: 'GET', path: '/healthz' })).status).toBe(200);
  expect((await Promise.all(under)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await send(server.port, BODY)).status).toBe(200);
});

describe('other paths', () => {
  test.each([
    ['POST', '/v1/responses', 404, /chat\/completions/],
    ['POST', '/v1/completions', 404, /user message/],
    ['POST', '/v1/embeddings', 404, /provider of your embeddings/],
    ['POST', '/chat/completions', 404, /ends with \/v1/],
    ['GET', '/nowhere', 404, /\/v1\/chat\/completions/],
    ['GET', '/v1/chat/completions', 405, /POST only/],
    ['DELETE', '/v1/models', 405, /GET only/],
    ['GET', '/v1/models/nobody', 404, /no model/],
    ['GET', '/v1/models/%zz', 400, /encoded/],
  ])('%s %s', async (method, path, status, says) => {
    await using server = await serving();
    const answer = await send(server.port, method === 'POST' ? {} : '', { method, path });
    expect(answer.status).toBe(status);
    expect(errorIn(answer).message).toMatch(says);
  });

  test('feedback joins the episode by the id of the answer', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'xrouter-serve-'));
    await using server = await serving({ ledger: join(folder, 'ledger.sqlite') });
    const { id } = (await send(server.port, BODY)).json();
    const told = (body: object) => send(server.port, body, { path: '/v1/feedback' });
    const kept = await told({ episode_id: id, score: 1 });
    expect([kept.status, kept.json()]).toEqual([200, { episode_ids: [id], score: 1, source: 'http' }]);
    const wrong = await told({ episode_id: id, score: 5 });
    expect([wrong.status, errorIn(wrong).code]).toEqual([400, 'invalid_request']);
    const nobody = await told({ episode_id: 'nobody', score: 1 });
    expect([nobody.status, errorIn(nobody).code]).toEqual([404, 'unknown_episode']);
    await using without = await serving();
    const nowhere = await send(without.port, { episode_id: id, score: 1 }, { path: '/v1/feedback' });
    expect([nowhere.status, errorIn(nowhere).code]).toEqual([501, 'invalid_config']);
    rmSync(folder, { recursive: true });
  });

  test('metrics count by model and outcome', async () => {
    await using server = await serving();
    await send(server.port, BODY);
    await send(server.port, { ...BODY, model: 'nobody' });
    const { body, headers } = await send(server.port, '', { method: 'GET', path: '/metrics' });
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(body).toContain(`xrouter_requests_total{model="${PLAIN}",outcome="completed"} 1`);
    expect(body).toContain('xrouter_requests_total{model="",outcome="refused"} 1');
    expect(body).toMatch(/^xrouter_cost_usd_total\{model="openai\/gpt-4.1-nano"\} [\de.-]+$/m);
    expect(body).toContain('xrouter_request_seconds_bucket{le="+Inf"} 2');
    for (const line of body.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) \S+ |\w+(\{.*\})? [\d.e+-]+$)/);
  });
});
