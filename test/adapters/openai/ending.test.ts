/** How it begins and ends, as a process: ports, signals, a kill, and the account after it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createCatalog, openLedger, utcDay } from '../../../src/index.ts';
import { createLab, type Lab, labEnvironment } from '../../../src/lab/index.ts';
import { eventually } from '../../support/lab-router.ts';
import { type Answer, ask, errorIn, eventsIn, PLAIN, send, serving } from './serving.ts';

const MAIN = join(import.meta.dirname, '../../../adapters/cli/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'xrouter-serve-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Started extends AsyncDisposable {
  port: number;
  stdout(): string;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  ended: Promise<number | null>;
}

/** @returns once it takes requests or has ended */
async function start(args: string[], env: object = {}): Promise<Started> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, 'serve', '--port', '0', ...args],
    { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ...env } },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  await Promise.race([ended, expect.poll(() => stderr, { timeout: 15_000 }).toMatch(/Ctrl\+C/)]);
  return {
    port: Number(/at http:\/\/[^:]+:(\d+)\/v1/.exec(stderr)?.[1]),
    stdout: () => stdout,
    stderr: () => stderr,
    kill: (signal) => void child.kill(signal),
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const chat = (content: string, more: object = {}) => ({ model: PLAIN, messages: ask(content), ...more });

/** A stream that has begun, and its answer once it has ended. */
async function begun(port: number, content: string): Promise<{ answer: Promise<Answer> }> {
  const begins = Promise.withResolvers<void>();
  const answer = send(port, chat(content, { stream: true }), { onData: begins.resolve });
  answer.catch(begins.reject);
  await begins.promise;
  return { answer };
}

/** A lab of its own, and the variables that point a server at it. */
async function lab(): Promise<{ lab: Lab; env: object }> {
  const { candidates, providers } = createCatalog();
  const lab = await createLab({ candidates });
  return { lab, env: labEnvironment(lab, providers) };
}

test('a signal ends it when the answers under way have ended, and new requests are sent elsewhere', async () => {
  await using server = await start(['--lab', '--json'], {});
  const { url, candidates } = JSON.parse(server.stdout());
  expect(url).toBe(`http://127.0.0.1:${server.port}/v1`);
  expect(candidates).toBeGreaterThan(50);
  const { answer } = await begun(server.port, 'Slowly. [[lab:slow-drip:40]]');
  server.kill('SIGTERM');
  await eventually(() => server.stderr().includes('Ending: 1 under way'), 'it says what it waits for');
  await expect(send(server.port, chat('Hi'))).rejects.toThrow(/ECONNREFUSED/);
  expect(eventsIn((await answer).body).at(-1)).toBe('[DONE]');
  expect(await server.ended).toBe(0);
  expect(server.stderr()).toMatch(/^[\d:]+ 200 openai\/gpt-4\.1-nano \d+ ms \$[\d.]+ [0-9a-f-]{36}$/m);
  expect(server.stderr()).not.toContain('Slowly');
});

test('a second interrupt cancels what is under way, tells the client, and books it', async () => {
  const { lab: providers, env } = await lab();
  const ledger = join(folder, 'second.sqlite');
  await using server = await start(['--ledger', ledger], env);
  const whole = send(server.port, chat('Stuck. [[lab:hang]]'));
  const { answer: under } = await begun(server.port, 'Stuck. [[lab:stall-after-tokens:2]]');
  server.kill('SIGINT');
  await eventually(() => server.stderr().includes('Ctrl+C again'), 'it waits');
  server.kill('SIGINT');
  expect(eventsIn((await under).body).at(-1)).toMatchObject({ error: { code: 'server_ending' } });
  const answer = await whole;
  expect([answer.status, errorIn(answer).code]).toEqual([503, 'server_ending']);
  expect(await server.ended).toBe(0);
  const account = await openLedger({ path: ledger });
  const entries = await account.entries();
  expect(entries.map(({ state, status }) => [state, status])).toEqual([
    ['settled', 'aborted'],
    ['settled', 'aborted'],
  ]);
  await account.close();
  await providers.close();
});

test('killed in the middle of an answer, what was in flight stays reserved and the next server keeps the budget', async () => {
  const { lab: providers, env } = await lab();
  writeFileSync(
    join(folder, 'killed.json'),
    JSON.stringify({ budgets: { dayUsd: 1 }, limits: { totalMs: 60_000 } }),
  );
  const flags = ['--ledger', join(folder, 'killed.sqlite'), '--config', join(folder, 'killed.json')];
  {
    await using server = await start(flags, env);
    const whole = await send(server.port, chat('What is 2 + 2?'));
    expect(whole.status).toBe(200);
    const { answer: cut } = await begun(server.port, 'Stuck. [[lab:stall-after-tokens:2]]');
    server.kill('SIGKILL');
    await expect(cut).rejects.toThrow();
    await server.ended;
  }
  await using server = await start(flags, env);
  expect((await send(server.port, chat('What is 3 + 3?'))).status).toBe(200);
  const account = await openLedger({ path: join(folder, 'killed.sqlite') });
  const { spentUsd, reservedUsd } = await account.balance({ kind: 'day', key: utcDay(Date.now()) });
  expect(spentUsd).toBeGreaterThan(0);
  // The cut one may have been billed: until it expires it counts in full.
  expect(reservedUsd).toBeGreaterThan(0);
  expect((await account.entries()).map(({ state }) => state).sort()).toEqual([
    'reserved',
    'settled',
    'settled',
  ]);
  await account.close();
  await providers.close();
});

test('a port in use ends it with what to do', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  await using server = await start(['--lab', '--port', String(port)]);
  expect(await server.ended).toBe(1);
  expect(server.stderr()).toMatch(new RegExp(`Port ${port} is in use.*--port`));
  other.close();
});

test('keys come from variables, which must be set; they are never told', async () => {
  const key = 'canary-7c2e5a90b1d4e6f8';
  await using server = await start(['--lab', '--key', 'team-a=TEAM_A_KEY'], { TEAM_A_KEY: key });
  expect((await send(server.port, chat('Hi'))).status).toBe(401);
  const headers = { authorization: `Bearer ${key}` };
  const answer = await send(server.port, chat('What is 2 + 2?'), { headers });
  expect(answer.status).toBe(200);
  await eventually(() => / key team-a /.test(server.stderr()), 'the key is named');
  expect(server.stderr() + server.stdout() + answer.body).not.toContain(key);
  await using unset = await start(['--lab', '--key', 'team-a=TEAM_A_KEY']);
  expect(await unset.ended).toBe(2);
  expect(unset.stderr()).toMatch(/TEAM_A_KEY.*is not set/);
});

test('the configuration says how it listens, and flags say it before', async () => {
  const key = 'canary-of-the-file-012345';
  const serve = { port: 1, keys: { sales: 'SALES_KEY' }, maxBodyBytes: 200 };
  const config = { routes: { small: { pool: [PLAIN] } }, budgets: { keys: { sales: 5 } }, serve };
  writeFileSync(join(folder, 'served.json'), JSON.stringify(config));
  const flags = ['--lab', '--json', '--quiet', '--config', join(folder, 'served.json')];
  await using server = await start(flags, { SALES_KEY: key });
  expect(JSON.parse(server.stdout())).toMatchObject({
    keys: ['sales'],
    models: ['xrouter', 'xrouter/small'],
    port: server.port,
  });
  const headers = { authorization: `Bearer ${key}` };
  const body = { model: 'xrouter/small', messages: ask('What is 2 + 2?') };
  expect((await send(server.port, body, { headers })).status).toBe(200);
  expect((await send(server.port, chat('x'.repeat(200)), { headers })).status).toBe(413);
  expect(server.stderr()).not.toMatch(/ 200 /);
});

test('in the same process: after the time for it has passed what is left is cancelled, booked and told', async () => {
  await using server = await serving({ budgets: { dayUsd: 1 } });
  const { answer: stuck } = await begun(server.port, 'Stuck. [[lab:stall-after-tokens:2]]');
  await server.serving.close(100);
  expect(eventsIn((await stuck).body).at(-1)).toMatchObject({ error: { code: 'server_ending' } });
  expect(server.episodes).toHaveLength(1);
  const [entry] = await server.router.ledger.entries();
  expect(entry).toMatchObject({ state: 'settled', status: 'aborted' });
});
