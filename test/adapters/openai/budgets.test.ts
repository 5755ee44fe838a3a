/** Hard budgets, per key and per request, over HTTP. */
import { expect, test } from 'vitest';
import { assembleRouter, toNanoUsd } from '../../../src/index.ts';
import { ask, billed, books, errorIn, eventsIn, HEALTHY, PLAIN, send, serving } from './serving.ts';

const KEYS = [
  { name: 'poor', key: 'key-of-the-poor-0123456789' },
  { name: 'rich', key: 'key-of-the-rich-0123456789' },
];
const as = (name: string) => ({
  headers: { authorization: `Bearer ${KEYS.find((one) => one.name === name)!.key}` },
});
const chat = (content: string, more: object = {}) => ({
  model: PLAIN,
  messages: ask(content),
  max_tokens: 200,
  ...more,
});

test('a key that has used its budget up is refused for good, and no other is', async () => {
  await using server = await serving({ budgets: { keys: { poor: 0.0004, rich: 10 } } }, { keys: KEYS });
  const prompts = Array.from({ length: 60 }, (_, i) => `Tell me at length about ${i}.`);
  let refused: Awaited<ReturnType<typeof send>> | undefined;
  for (const prompt of prompts) {
    const answer = await send(server.port, chat(prompt), as('poor'));
    if (answer.status !== 200) {
      refused = answer;
      break;
    }
  }
  expect(refused?.status).toBe(402);
  expect(errorIn(refused!)).toMatchObject({ code: 'budget_exceeded', type: 'insufficient_quota' });
  expect(errorIn(refused!).message).toMatch(/key budget "poor".*budgets\.keys/);
  expect((await send(server.port, chat('And now streamed?', { stream: true }), as('poor'))).status).toBe(402);
  expect((await send(server.port, chat('What is 2 + 2?'), as('rich'))).status).toBe(200);
  const { spentUsd } = await server.router.ledger.balance({ kind: 'key', key: 'poor' });
  expect(spentUsd).toBeLessThanOrEqual(0.0004);
});

test('many at once cannot overrun it together; who only has to wait is told so', async () => {
  await using server = await serving({ budgets: { keys: { poor: 0.0004, rich: 10 } } }, { keys: KEYS });
  const prompts = Array.from({ length: 60 }, (_, i) =>
    chat(`Tell me at length about ${i}. [[lab:slow-headers:100]]`),
  );
  const answers = await Promise.all(prompts.map((body) => send(server.port, body, as('poor'))));
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(0);
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
  expect(new Set(statuses)).not.toContain(500);
  for (const { status, headers } of answers) if (status === 429) expect(headers['retry-after']).toBe('1');
  const { spentUsd, reservedUsd } = await server.router.ledger.balance({ kind: 'key', key: 'poor' });
  expect(spentUsd).toBeLessThanOrEqual(0.0004);
  expect(reservedUsd).toBe(0);
  expect(toNanoUsd(spentUsd)).toBe(billed(server));
});

test('also where other candidates were left out for other reasons', async () => {
  await using server = await serving({ budgets: { dayUsd: 0.0004 } });
  const body = chat('Tell me at length. [[lab:slow-headers:200]]', {
    model: 'xrouter',
    xrouter: { deny: [HEALTHY] },
  });
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(server.port, body)));
  const statuses = new Set(answers.map(({ status }) => status));
  expect([...statuses].sort()).toEqual([200, 429]);
});

test('a client may tighten the bound of its request, never widen it', async () => {
  await using server = await serving({ budgets: { requestUsd: 0.000001 } });
  for (const max_usd of [undefined, 5]) {
    const answer = await send(server.port, chat('Tell me at length.', { xrouter: { max_usd } }));
    expect([answer.status, errorIn(answer).code]).toEqual([402, 'budget_exceeded']);
    expect(errorIn(answer).message).toContain('xrouter.max_usd');
  }
  await using other = await serving({
    routes: { wide: { limits: { maxUsd: 1 } } },
    limits: { maxUsd: 0.000001 },
  });
  const tight = await send(other.port, {
    ...chat('Hi'),
    model: 'xrouter/wide',
    xrouter: { max_usd: 0.0000001 },
  });
  expect(tight.status).toBe(402);
  const wide = await send(other.port, { ...chat('Hi'), model: 'xrouter/wide', xrouter: { max_usd: 0.5 } });
  expect(wide.status).toBe(200);
});

test('what clients of two packages see of it: one error, nothing sent again', async () => {
  await using server = await serving({ budgets: { dayUsd: 0 } });
  const client = server.client.withOptions({ maxRetries: 5 });
  const before = server.reports.length;
  await expect(client.chat.completions.create(chat('Hi'))).rejects.toMatchObject({
    status: 402,
    code: 'budget_exceeded',
  });
  expect(server.reports.length - before).toBe(1);
});

test('an unknown price is null, never 0, and refused under a budget', async () => {
  const model = { id: 'openai/unpriced', toolCalling: true };
  const config = { models: [model], pool: [model.id] };
  await using server = await serving(config, {}, {}, assembleRouter as never);
  const { status, headers, body } = await send(server.port, chat('What is 2 + 2?', { model: model.id }));
  expect(status).toBe(200);
  const { xrouter } = JSON.parse(body);
  expect(xrouter).toMatchObject({
    cost_usd: null,
    cost_complete: false,
    price_source: null,
    price_as_of: null,
  });
  expect(headers).not.toHaveProperty('x-xrouter-cost-usd');
  const streamed = await send(server.port, chat('What is 2 + 2?', { model: model.id, stream: true }));
  expect(eventsIn(streamed.body).at(-2)).toMatchObject({ xrouter: { cost_usd: null } });
  await using bounded = await serving({ ...config, budgets: { dayUsd: 1 } }, {}, {}, assembleRouter as never);
  const refused = await send(bounded.port, chat('Hi', { model: model.id }));
  expect([refused.status, errorIn(refused).code]).toEqual([400, 'unknown_price']);
  expect((await books(bounded)).spent).toBe(0);
});
