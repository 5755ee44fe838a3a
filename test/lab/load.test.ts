/** A thousand at once, in time, and an end that leaves nothing open. */
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/index.ts';
import { candidates } from './candidates.ts';
import { assemble, observe } from './observe.ts';

const ask = (lab: Lab, prompt: string, stream: boolean) =>
  observe(
    lab.baseUrl('openai'),
    {
      model: 'weak',
      messages: [{ role: 'user', content: prompt }],
      stream,
      stream_options: stream ? { include_usage: true } : undefined,
    },
    {},
    10_000,
  );

test('a thousand concurrent requests: none lost, and the count is the sum of what was told', async () => {
  await using lab = await createLab({ candidates });
  const answers = await Promise.all(
    Array.from({ length: 1000 }, async (_, index) => {
      const mode = index % 2 === 0 ? 'json' : 'stream';
      return assemble(await ask(lab, `What is ${index} + 1?`, mode === 'stream'), mode);
    }),
  );
  expect(answers.every(({ text, finish }) => text !== '' && finish === 'stop')).toBe(true);
  const usage = lab.usage();
  const sum = (field: string) => answers.reduce((total, answer) => total + answer.usage![field]!, 0);
  expect(usage).toMatchObject({ calls: 1000, completed: 1000, failed: 0, aborted: 0 });
  expect(usage.inputTokens).toBe(sum('prompt_tokens'));
  expect(usage.outputTokens).toBe(sum('completion_tokens'));
  expect(usage.costUsd).toBeCloseTo((sum('prompt_tokens') * 0.1 + sum('completion_tokens') * 0.4) / 1e6, 10);
  const told = (await (await fetch(`${lab.url}/lab/usage`)).json()) as { calls: number; costUsd: number };
  expect(told.calls).toBe(1000);
  expect(told.costUsd).toBe(usage.costUsd);
  const requests = (await (await fetch(`${lab.url}/lab/requests`)).json()) as unknown[];
  expect(requests).toHaveLength(1000);
});

test('with speed the first token comes later and tokens come one after the other', async () => {
  await using lab = await createLab({ candidates, speed: 2 });
  const startedAt = performance.now();
  const seen = await ask(lab, 'Explain tides.', true);
  expect(performance.now() - startedAt).toBeGreaterThan(100);
  expect(seen.headersMs).toBeGreaterThan(50);
  expect(seen.packets.length).toBeGreaterThan(4);
});

test('close ends sockets that hang, stall or idle, and frees the port', async () => {
  const lab = await createLab({
    candidates,
    faults: [{ promptContains: 'wait', fault: 'stall-before-tokens' }],
  });
  const idle = connect(lab.port, '127.0.0.1');
  await new Promise((resolve) => idle.once('connect', resolve));
  const idleClosed = new Promise((resolve) => idle.once('close', resolve));
  const stalled = ask(lab, 'wait', true);
  const hanging = ask(lab, 'hello [[lab:hang]]', false);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await lab.close();
  await idleClosed;
  expect((await stalled).ended).toBe('cut');
  expect((await hanging).ended).toBe('cut');
  await using again = await createLab({ candidates, port: lab.port });
  expect(again.port).toBe(lab.port);
});

test('a port in use is named, with what to do', async () => {
  await using lab = await createLab({ candidates });
  const refused = createLab({ candidates, port: lab.port });
  await expect(refused).rejects.toThrow(`Port ${lab.port}`);
  await expect(refused).rejects.toMatchObject({
    code: 'invalid_config',
    hint: expect.stringContaining('another port'),
  });
});
