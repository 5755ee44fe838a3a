/** `call_model` as training uses it: thousands of calls, some of them twice, never more spent than allowed. */
import { expect, test } from 'vitest';
import { type HttpUnderTest, httpServer, post } from './http-server.ts';

const call = async (server: HttpUnderTest, args: Record<string, unknown>) => {
  const body = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'call_model', arguments: args },
  };
  const answer = await post(server.port, JSON.stringify(body));
  return JSON.parse(answer.body).result as {
    isError?: boolean;
    content: { text: string }[];
    structuredContent: Record<string, unknown>;
    _meta?: Record<string, Record<string, unknown>>;
  };
};

test('the same call of a trajectory is paid for once', async () => {
  await using server = await httpServer();
  const args = { model: 'gpt-5-nano', prompt: 'What is 2 + 2?', trajectory_id: 'a' };
  const first = await call(server, args);
  const again = await call(server, args);
  expect(first.structuredContent.replayed).toBe(false);
  expect(again.structuredContent).toEqual({ ...first.structuredContent, replayed: true });
  expect(server.lab.usage().calls).toBe(1);

  // What differs in anything is another call.
  await call(server, { ...args, trajectory_id: 'b' });
  await call(server, { ...args, temperature: 0.5 });
  await call(server, { ...args, prompt: 'What is 2 + 3?' });
  await call(server, { ...args, trajectory_id: undefined });
  await call(server, { ...args, trajectory_id: undefined });
  expect(server.lab.usage().calls).toBe(6);
});

test('the same call at the same time is one call', async () => {
  await using server = await httpServer();
  const args = { model: 'gpt-5-nano', prompt: 'Hi [[lab:slow-headers:200]]', trajectory_id: 'a' };
  const answers = await Promise.all(Array.from({ length: 8 }, () => call(server, args)));
  expect(new Set(answers.map(({ structuredContent }) => structuredContent.episode_id)).size).toBe(1);
  expect(server.lab.usage().calls).toBe(1);
});

test('a call that failed is made again, and its cost is told', async () => {
  await using server = await httpServer({}, { retry: { maxAttempts: 1 } });
  server.lab.faults.set([{ fault: 'cut-after-tokens:3', times: 1 }]);
  const args = { model: 'gpt-5-nano', prompt: 'Tell me a story.', trajectory_id: 'a' };
  const failed = await call(server, args);
  expect(failed.isError).toBe(true);
  expect(failed._meta?.['xrouter/error']).toMatchObject({ code: 'stream_cut', cost_usd: expect.any(Number) });
  expect(failed._meta?.['xrouter/error']?.cost_usd).toBeGreaterThan(0);
  expect((await call(server, args)).structuredContent).toMatchObject({ replayed: false });
});

test('the optimized prompt goes first, in the one system message', async () => {
  await using server = await httpServer();
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'What is 2 + 2?' },
  ];
  const plain = await call(server, { model: 'gpt-5-nano', messages });
  const longer = await call(server, {
    model: 'gpt-5-nano',
    messages,
    optimized_system_prompt: 'You do sums. '.repeat(50),
  });
  expect(longer.isError).toBeFalsy();
  expect(Number(longer.structuredContent.input_tokens)).toBeGreaterThan(
    Number(plain.structuredContent.input_tokens) + 100,
  );
});

test('no more run at once than allowed, and none is lost', async () => {
  await using server = await httpServer({ maxInFlight: 4 });
  const prompts = Array.from({ length: 40 }, (_, index) => `What is ${index} + 1? [[lab:slow-headers:20]]`);
  const answers = await Promise.all(prompts.map((prompt) => call(server, { model: 'gpt-5-nano', prompt })));
  for (const [index, { structuredContent }] of answers.entries()) {
    expect(structuredContent.input_tokens, `answer ${index}`).toBeGreaterThan(0);
  }
  const seen = server.lab.usage().requests;
  expect(seen).toHaveLength(40);
  const atOnce = seen.map(
    ({ startedAtMs }) =>
      seen.filter((one) => one.startedAtMs <= startedAtMs && one.endedAtMs > startedAtMs).length,
  );
  expect(Math.max(...atOnce)).toBeLessThanOrEqual(4);
  const told = answers.reduce((sum, { structuredContent }) => sum + Number(structuredContent.cost_usd), 0);
  expect(told).toBeCloseTo(server.lab.usage().costUsd, 9);
});

test('the limit of the run lets so many through and no more', async () => {
  const args = { model: 'gpt-4.1-nano', prompt: 'What is 2 + 2?', max_output_tokens: 100 };
  await using measured = await httpServer({ maxUsd: 1 });
  await call(measured, args);
  const reserved = measured.episodes[0]?.steps[0]?.calls[0]?.reservedUsd ?? 0;
  expect(reserved).toBeGreaterThan(0);

  await using server = await httpServer({ maxUsd: reserved * 3.5 });
  const slow = { ...args, prompt: `${args.prompt} [[lab:slow-headers:400]]` };
  const answers = await Promise.all(Array.from({ length: 16 }, () => call(server, slow)));
  const refused = answers.filter(({ isError }) => isError);
  expect(server.lab.usage().calls).toBe(3);
  expect(refused).toHaveLength(13);
  for (const { content } of refused) expect(content[0]?.text).toMatch(/^budget_exceeded: /);
});

test('the end of the server cancels what is under way and books it', async () => {
  const server = await httpServer();
  const asked = call(server, { model: 'gpt-5-nano', prompt: 'Endless. [[lab:stall-after-tokens:3]]' });
  asked.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 200));
  await server[Symbol.asyncDispose]();
  expect(server.episodes).toMatchObject([
    { steps: [{ calls: [{ status: 'aborted' }] }], costComplete: true },
  ]);
  expect(server.episodes[0]?.knownUsd).toBeGreaterThan(0);
});
