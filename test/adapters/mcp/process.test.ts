/** The server as a process: how it starts, what it writes, how it ends. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLedger } from '../../../src/index.ts';
import { eventually } from '../../support/lab-router.ts';
import { connect, INITIALIZE, type RawServer, startRaw, toolCall, watchedLab } from './clients.ts';

const scratch = () => mkdtempSync(join(tmpdir(), 'xrouter-mcp-test-'));

/** Every line must be a JSON-RPC message. */
function messages(stdout: string): { jsonrpc: string; id?: number }[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('standard output', () => {
  test('carries the protocol alone, whatever prints', async () => {
    const config = join(scratch(), 'xrouter.config.mjs');
    writeFileSync(
      config,
      `console.log('printed by a configuration');
       process.stdout.write('written raw\\n');
       export default {
         policy: {
           name: 'chatty',
           decide(state) {
             console.log('printed by a policy');
             console.table([{ model: 'x' }]);
             return { action: { type: 'call', calls: [{ model: state.candidates[0].id }] },
               policy: 'chatty', estimates: [], propensity: 1 };
           },
         },
       };`,
    );
    await using server = startRaw(['--lab', '--config', config]);
    server.send(INITIALIZE);
    server.send(toolCall(2, 'route_prompt', { prompt: 'Hi', pool: ['gpt-5-nano'] }));
    expect((await server.answer(2)).result).toMatchObject({ structuredContent: { status: 'completed' } });
    expect(messages(server.stdout()).map(({ id }) => id)).toEqual([1, 2]);
    for (const printed of ['by a configuration', 'written raw', 'by a policy', '│ model']) {
      expect(server.stderr()).toContain(printed);
    }
  });
});

describe('input that is not the protocol', () => {
  let server: RawServer;
  beforeAll(async () => {
    server = startRaw();
    server.send(INITIALIZE);
    await server.answer(1);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each([
    ['no JSON', 10, 'hello', undefined],
    ['broken JSON', 20, '{"jsonrpc":"2.0","id":20,', undefined],
    ['JSON that is no message', 30, '[1, 2, 3]', undefined],
    ['an unknown method', 40, { jsonrpc: '2.0', id: 40, method: 'tools/destroy' }, -32601],
    ['an unknown tool', 50, toolCall(50, 'no_such_tool', {}), -32602],
    ['no tool name', 60, { jsonrpc: '2.0', id: 60, method: 'tools/call', params: {} }, -32602],
  ])('%s does not end the connection', async (_, id, line, code) => {
    server.send(line);
    if (code !== undefined) expect((await server.answer(id)).error).toMatchObject({ code });
    server.send(toolCall(id + 1, 'list_models', { limit: 1 }));
    const { result } = await server.answer(id + 1);
    expect(result).toMatchObject({ structuredContent: { total: expect.any(Number) } });
    messages(server.stdout());
  });

  test('a message beyond all bounds ends the server, not the machine', async () => {
    await using server = startRaw();
    server.send(INITIALIZE);
    await server.answer(1);
    server.send('x'.repeat(9 * 1024 * 1024));
    expect(await server.ended).toBe(0);
    expect(server.stderr()).toMatch(/exceed|size/i);
  });
});

describe('the end', () => {
  test('comes with the end of standard input', async () => {
    await using server = startRaw();
    server.send(INITIALIZE);
    await server.answer(1);
    server.child.stdin?.end();
    expect(await server.ended).toBe(0);
  });

  test.each(['stdin', 'SIGTERM', 'SIGINT', 'stdin, with the call let go on by itself,'] as const)(
    'by %s cancels and books the call under way',
    async (how) => {
      await using watched = await watchedLab();
      const ledger = join(scratch(), 'ledger.sqlite');
      const letGo = how.startsWith('stdin,');
      await using server = startRaw(['--ledger', ledger, ...(letGo ? ['--wait', '0.5'] : [])], watched.env);
      server.send(INITIALIZE);
      const prompt = 'A long story. [[lab:stall-after-tokens:3]]';
      const call = toolCall(2, 'route_prompt', { prompt, pool: ['gpt-5-nano'] });
      server.send({ ...call, params: { ...call.params, _meta: { progressToken: 1 } } });
      await expect.poll(server.stdout, { timeout: 10_000 }).toContain(letGo ? '"running"' : 'has written');
      const endedAt = performance.now();
      if (how === 'SIGTERM' || how === 'SIGINT') server.child.kill(how);
      else server.child.stdin?.end();
      expect(await server.ended).toBe(0);
      expect(performance.now() - endedAt).toBeLessThan(1_000);
      await eventually(() => watched.lab.usage().aborted === 1, 'the lab sees the abort');
      const account = await openLedger({ path: ledger });
      const entries = await account.entries();
      await account.close();
      expect(entries).toMatchObject([{ state: 'settled', status: 'aborted', model: 'openai/gpt-5-nano' }]);
      expect(entries[0]?.usd).toBeGreaterThan(0);
    },
  );
});

describe('without any key', () => {
  test('it starts, lists tools and models, and says which variable to set', async () => {
    await using client = await connect('modern', ['--ledger', join(scratch(), 'ledger.sqlite')]);
    expect((await client.tools()).map(({ name }) => name)).toContain('route_prompt');
    const { structuredContent } = await client.call('list_models', { provider: 'openai', limit: 1 });
    expect(structuredContent).toMatchObject({
      models: [{ usable: false, missing: expect.stringContaining('OPENAI_API_KEY') }],
    });
    const { isError, content } = await client.call('route_prompt', { prompt: 'Hi', pool: ['gpt-5-nano'] });
    expect(isError).toBe(true);
    expect(content[0]?.text).toContain('OPENAI_API_KEY');
    expect((await client.call('route_prompt', { prompt: 'Hi', dry_run: true })).isError).toBeFalsy();
  });
});

test('a configuration that is wrong ends it with the reason', async () => {
  await using server = startRaw(['--config', join(scratch(), 'absent.json')]);
  expect(await server.ended).toBe(1);
  expect(server.stderr()).toMatch(/no configuration file .*absent\.json.*--config/);
  expect(server.stdout()).toBe('');
});

test('a key is in no output, whatever the provider answers', async () => {
  const canary = 'sk-canary-5f1c9b7e2a';
  await using watched = await watchedLab({}, canary);
  await using server = startRaw(['--ledger', join(scratch(), 'ledger.sqlite')], watched.env);
  server.send(INITIALIZE);
  const faults = ['', 'status-401', 'status-400', 'html-error', 'broken-json-before-tokens', 'no-choices'];
  for (const [index, fault] of faults.entries()) {
    const prompt = fault ? `Hi [[lab:${fault}]]` : 'Hi';
    server.send(toolCall(10 + index, 'route_prompt', { prompt, pool: ['gpt-5-nano'] }));
    await server.answer(10 + index);
  }
  server.send(toolCall(30, 'list_models', { limit: 100 }));
  await server.answer(30);
  expect(watched.lab.usage().calls).toBeGreaterThanOrEqual(faults.length);
  expect(server.stdout() + server.stderr()).not.toContain(canary);
});
