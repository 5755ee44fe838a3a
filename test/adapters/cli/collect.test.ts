/** `xrouter collect` as a process, over the lab: what it writes, how it stops, and that it goes on. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openLedger } from '../../../src/ledger/index.ts';

const MAIN = join(import.meta.dirname, '../../../adapters/cli/main.ts');
let folder: string;
let out: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-collect-'));
  out = join(folder, 'table.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function start(...args: string[]) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'collect', ...args], {
    cwd: folder,
    env: { ...process.env, SHAKY_API_KEY: 'any' },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const ended = new Promise<Ended>((done) => child.on('close', (code) => done({ code, stdout, stderr })));
  return { child, ended };
}

const WEAK = 'openai/gpt-5-nano';
const STRONG = 'openai/gpt-5';
const gym = (...more: string[]) =>
  start('--tasks', 'gym', '--lab', '--pool', 'gpt-5-nano,gpt-5', '--out', out, ...more);

/** A provider over a real socket, whose answers the test makes. */
async function startProvider(answerOne: (request: IncomingMessage, response: ServerResponse) => unknown) {
  const server = createServer((request, response) => {
    request.resume().on('end', () => answerOne(request, response));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const configure = (more: object) => {
    const config = {
      providers: { shaky: { baseUrl: `http://127.0.0.1:${port}/v1` } },
      models: [
        { id: 'shaky/model', price: { inputUsdPerMTok: 1, outputUsdPerMTok: 1 } },
        { id: 'shaky/cheap', price: { inputUsdPerMTok: 0.01, outputUsdPerMTok: 0.01 } },
      ],
      retry: { maxAttempts: 1 },
    };
    writeFileSync(join(folder, 'xrouter.config.json'), JSON.stringify({ ...config, ...more }));
  };
  configure({});
  return {
    configure,
    /** Of so many tasks, whose right answer is 1. */
    collect(count: number, ...more: string[]) {
      const lines = Array.from({ length: count }, (_, index) =>
        JSON.stringify({ id: `s${index}`, task: 'sums', prompt: `${index}`, answer: 1 }),
      );
      writeFileSync(join(folder, 'tasks.jsonl'), lines.join('\n'));
      return start(
        ...['--tasks', 'tasks.jsonl', '--pool', 'shaky/model', '--out', out],
        ...['--ledger', join(folder, 'ledger.db'), ...more],
      );
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(response: ServerResponse, content = 'Answer: 1', finish_reason = 'stop') {
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason }];
  const usage = { prompt_tokens: 20, completion_tokens: 30, total_tokens: 50 };
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ choices, usage }));
}

interface Row {
  id: string;
  task: string;
  outcomes: Record<string, { score: number; cost: number }>;
}
const rows = (): Row[] =>
  readFileSync(out, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const spent = () =>
  rows()
    .flatMap((row) => Object.values(row.outcomes))
    .reduce((sum, { cost }) => sum + cost, 0);

describe('collect', () => {
  test('measures the gym in the lab: a whole table, where the stronger model is better and dearer', async () => {
    const { code, stdout, stderr } = await gym('--count', '110', '--json').ended;
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('110 rows, 220 of 220'),
    });
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 110,
      done: 220,
      total: 220,
      failures: [],
      setAside: [],
    });
    const mean = (model: string, of: 'score' | 'cost') =>
      rows().reduce((sum, row) => sum + row.outcomes[model]![of], 0) / 110;
    expect(new Set(rows().map((row) => row.task)).size).toBe(11);
    expect(mean(WEAK, 'score')).toBeGreaterThan(0.1);
    expect(mean(STRONG, 'score')).toBeLessThan(0.98);
    expect(mean(STRONG, 'score')).toBeGreaterThan(mean(WEAK, 'score'));
    expect(mean(STRONG, 'cost')).toBeGreaterThan(mean(WEAK, 'cost'));
    expect(existsSync(`${out}.journal`)).toBe(false);
  });

  test('the spending cap holds over resumed runs, and a higher one finishes the table', async () => {
    const account = ['--count', '40', '--ledger', join(folder, 'ledger.db'), '--kinds', 'arithmetic,seating'];
    const first = await gym(...account, '--max-usd', '0.12').ended;
    expect(first).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/another call might exceed the spending cap.*higher --max-usd/),
    });
    const after = { rows: rows().length, spent: spent() };
    expect(after.rows).toBeGreaterThan(0);
    expect(after.rows).toBeLessThan(40);
    expect(after.spent).toBeLessThanOrEqual(0.12);
    expect((await gym(...account, '--max-usd', '0.12').ended).code).toBe(1);
    expect(spent()).toBeLessThanOrEqual(0.12);
    expect((await gym(...account, '--max-usd', '5').ended).code).toBe(0);
    expect(rows()).toHaveLength(40);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'after %s the same command goes on and finishes',
    async (signal) => {
      const args = ['--count', '150', '--kinds', 'seating,tables,extraction'];
      const { child, ended } = gym(...args);
      const journal = () => (existsSync(`${out}.journal`) ? readFileSync(`${out}.journal`, 'utf8') : '');
      await expect
        .poll(() => journal().split('\n').length, { timeout: 10_000, interval: 2 })
        .toBeGreaterThan(20);
      child.kill(signal);
      const stopped = await ended;
      const known = journal()
        .split('\n')
        .slice(1, -1)
        .map((line) => JSON.parse(line));
      if (signal !== 'SIGKILL') {
        expect(stopped).toMatchObject({
          code: 1,
          stderr: expect.stringMatching(/missing: interrupted. Run the same command/),
        });
        expect(rows().length).toBeGreaterThan(5);
        expect(stopped.stderr).not.toContain('failed:');
      }
      expect((await gym(...args).ended).code).toBe(0);
      expect(rows()).toHaveLength(150);
      // What was known before is in the table as it was, not measured anew.
      for (const { id, model, outcome } of known) {
        expect(rows().find((row) => row.id === id)!.outcomes[model]).toEqual(outcome);
      }
    },
  );

  test('a folder or a device is no table: refused before anything is asked', async () => {
    for (const path of [folder, '/dev/full']) {
      const { code, stderr } = await gym('--out', path).ended;
      expect(code).toBe(1);
      expect(stderr).toContain(`${path} is not a file.`);
    }
  });

  test("runs the user's own tasks", async () => {
    const file = join(folder, 'tasks.jsonl');
    // As an editor on Windows writes it: with a byte order mark, and lines that end in CR LF.
    writeFileSync(
      file,
      `\uFEFF${['1 + 1', '17 * 3', '90 - 4']
        .map((sum, index) =>
          JSON.stringify({
            id: `s${index}`,
            task: 'sums',
            prompt: `What is ${sum}?`,
            check: { type: 'regex', pattern: '\\d' },
          }),
        )
        .join('\r\n')}`,
    );
    const { code } = await start('--tasks', file, '--lab', '--pool', 'gpt-5', '--out', out).ended;
    expect(code).toBe(0);
    expect(rows().map((row) => [row.id, row.task, Object.keys(row.outcomes)])).toEqual(
      ['s0', 's1', 's2'].map((id) => [id, 'sums', [STRONG]]),
    );
  });

  test('a model that fails at every other call is asked all the same, and the summary names its failures', async () => {
    let calls = 0;
    await using provider = await startProvider((_, response) => {
      if (calls++ % 2) return answer(response);
      response.writeHead(500).end();
    });
    const { code, stderr } = await provider.collect(20, '--concurrency', '1').ended;
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/10 calls failed:.*500/),
    });
    expect(rows()).toHaveLength(10);
  });

  test('a model that is rate limited is waited for, as long as it asks, and nothing is missing', async () => {
    const times: number[] = [];
    await using provider = await startProvider((_, response) => {
      times.push(Date.now());
      if (times.length !== 4 && times.length !== 5) return answer(response);
      return response.writeHead(429, { 'retry-after-ms': '1500' }).end('{"error":{"message":"slow down"}}');
    });
    expect(await provider.collect(10, '--concurrency', '1').ended).toMatchObject({ code: 0 });
    expect(rows()).toHaveLength(10);
    expect(times).toHaveLength(12);
    expect(times[4]! - times[3]!).toBeGreaterThan(1490);
    expect(times[5]! - times[4]!).toBeGreaterThan(1490);
  });

  test('no connection, an answer cut off and an empty one are no outcome; what they cost is told and booked', async () => {
    let calls = 0;
    await using provider = await startProvider((request, response) => {
      const fault = calls++ % 8;
      if (fault === 1) return request.socket.destroy();
      if (fault === 3) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        return response.end('data: {"choices":[{"index":0,"delta":{"content":"Answer: 1"}}]}\n\n');
      }
      if (fault === 5) return answer(response, '');
      // This one is the model's own doing: a wrong answer.
      if (fault === 7) return answer(response, 'I think that it', 'length');
      return answer(response);
    });
    const { code, stdout, stderr } = await provider.collect(24, '--concurrency', '1', '--json').ended;
    expect(code, stderr).toBe(1);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ done: 15, total: 24, failures: { length: 9 } });
    const scores = rows().map((row) => row.outcomes['shaky/model']!.score);
    expect([
      scores.filter((score) => score === 1).length,
      scores.filter((score) => score === 0).length,
    ]).toEqual([12, 3]);
    const ledger = await openLedger({ path: join(folder, 'ledger.db') });
    try {
      const booked = (await ledger.entries({ limit: 1000 })).map(({ usd }) => usd!);
      expect(summary.spentUsd).toBeCloseTo(
        booked.reduce((sum, usd) => sum + usd, 0),
        9,
      );
    } finally {
      await ledger.close();
    }
  });

  test('a budget of the configuration that leaves no room is named, with where to change it', async () => {
    await using provider = await startProvider((_, response) => answer(response));
    provider.configure({ budgets: { dayUsd: 0.0085 } });
    const day = await provider.collect(20, '--max-usd', '5').ended;
    expect(day).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /outcomes are missing: another call might exceed budgets.dayUsd of the configuration of \$0.0085.*00:00 UTC/,
      ),
    });
    expect(day.stderr).not.toContain('--max-usd');
    // What one call of a model may never cost is no reason to stop the others.
    provider.configure({ budgets: { requestUsd: 0.001 } });
    const request = await provider.collect(20, '--pool', 'shaky/model,shaky/cheap').ended;
    expect(request.stderr).toMatch(
      /shaky\/model was set aside: .*budgets.requestUsd of the configuration refuses it/,
    );
    expect(rows().filter((row) => row.outcomes['shaky/cheap'])).toHaveLength(20);
  });

  test('measurements leave the episodes of the own traffic alone', async () => {
    const path = join(folder, 'ledger.db');
    expect((await gym('--count', '4', '--ledger', path).ended).code).toBe(0);
    const ledger = await openLedger({ path });
    try {
      expect(await ledger.entries()).toHaveLength(8);
      expect(await ledger.episodeStore.episodes()).toEqual([]);
    } finally {
      await ledger.close();
    }
  });

  test('what the lab costs is not booked in the configured account', async () => {
    const path = join(folder, 'real.db');
    writeFileSync(join(folder, 'xrouter.config.json'), JSON.stringify({ ledger: path }));
    expect((await gym('--count', '2').ended).code).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test('tasks that a model cannot be asked are told, and the table is whole without them', async () => {
    const pool = ['--pool', 'gpt-5,deepseek/deepseek-v4-flash', '--kinds', 'extraction,arithmetic'];
    const { code, stderr } = await start('--tasks', 'gym', '--lab', ...pool, '--count', '10', '--out', out)
      .ended;
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('deepseek/deepseek-v4-flash cannot be asked 5 of the tasks'),
    });
    expect(
      rows()
        .map((row) => Object.keys(row.outcomes).length)
        .toSorted(),
    ).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
    expect(existsSync(`${out}.journal`)).toBe(false);
  });

  test.each([
    ['no tasks', ['--pool', 'gpt-5', '--out', 'x'], 2, /--tasks/],
    ['a count of none', ['--tasks', 'gym', '--pool', 'gpt-5', '--out', 'x', '--count', '0'], 2, /1 or more/],
    [
      'a difficulty beyond 1',
      ['--tasks', 'gym', '--pool', 'gpt-5', '--out', 'x', '--difficulty', '2'],
      2,
      /0 to 1/,
    ],
    [
      'an unknown kind',
      ['--tasks', 'gym', '--pool', 'gpt-5', '--out', 'x', '--kinds', 'chess'],
      1,
      /"chess".*arithmetic/,
    ],
    ['an unknown model', ['--tasks', 'gym', '--lab', '--pool', 'gpt-55', '--out', 'x'], 1, /gpt-55/],
    [
      'a tasks file that is not there',
      ['--tasks', 'no.jsonl', '--pool', 'gpt-5', '--out', 'x'],
      1,
      /no.jsonl/,
    ],
    [
      'a folder that is not there',
      ['--tasks', 'gym', '--lab', '--pool', 'gpt-5', '--out', 'no/x'],
      1,
      /no\/x/,
    ],
  ])('%s is told in one line', async (_, args, expected, message) => {
    const { code, stdout, stderr } = await start(...args).ended;
    expect({ code, stderr }).toMatchObject({ code: expected, stderr: expect.stringMatching(message) });
    expect(stdout).toBe('');
  });
});
