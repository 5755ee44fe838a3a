/** One table, one collection: what happens when several come, and when one is killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AskModel, collect } from '../../src/gym/collect.ts';
import { lockTable } from '../../src/gym/lock.ts';

let folder: string;
let out: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  out = join(folder, 'table.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1);

const runChild = async (log: string, times: number) => {
  const child = join(import.meta.dirname, 'lock-child.ts');
  const args = ['--disable-warning=ExperimentalWarning', child, out, log, String(times)];
  const [, signal] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
  expect(signal).toBe('SIGKILL');
};

test('of processes that come at once, also after one that died holding the lock, one at a time is inside', async () => {
  const log = join(folder, 'log');
  const chains = Array.from({ length: 4 }, async () => {
    for (let child = 0; child < 3; child++) await runChild(log, 20);
  });
  await Promise.all(chains);
  const events = linesOf(log)
    .map((line) => line.split(/ (\d+) /))
    .toSorted(([a], [b]) => (BigInt(a!) < BigInt(b!) ? -1 : 1));
  expect(events.filter(([, , what]) => what?.startsWith('error'))).toEqual([]);
  expect(events).toHaveLength(2 * 4 * 3 * 20);
  for (const [index, [, pid, what]] of events.entries()) {
    expect(what).toBe(index % 2 === 0 ? 'in' : 'out');
    if (what === 'out') expect(pid).toBe(events[index - 1]![1]);
  }
});

test('the lock of a killed process is taken over at once, and what it left is cleared away', async () => {
  await runChild(join(folder, 'log'), 1);
  expect(existsSync(`${out}.lock`)).toBe(true);
  const unlock = lockTable(out);
  expect(() => lockTable(out)).toThrow(/Another collection/);
  unlock();
  expect(readdirSync(folder)).toEqual(['log']);
});

test('a lock that cannot be had is told with the reason, not as another collection', () => {
  writeFileSync(`${out}.lock`, 'notes of my own\n');
  expect(() => lockTable(out)).toThrow(/table.jsonl.lock cannot be locked: file is not a database/);
  expect(() => lockTable(join(folder, 'no', 'table.jsonl'))).toThrow(/no such file or directory/);
});

test('a second collection into the same table is refused while the first one runs, and nothing is asked', async () => {
  const out = join(folder, 'table.jsonl');
  const tasks = ['t0', 't1'].map((id) => ({
    id,
    task: 'echo',
    request: { messages: [{ role: 'user' as const, content: id }] },
    verify: () => ({ score: 1 }),
  }));
  const asked: string[] = [];
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const ask: AskModel = async (_, model) => {
    asked.push(model);
    if (model === 'slow') await released;
    return { message: { role: 'assistant', content: 'x' }, usd: 0.001 };
  };
  const first = collect({ tasks, models: ['slow'], out, ask });
  try {
    await expect(collect({ tasks, models: ['quick'], out, ask })).rejects.toMatchObject({
      code: 'invalid_file',
      message: expect.stringContaining('Another collection is writing'),
    });
    expect(asked).not.toContain('quick');
  } finally {
    release();
    await first;
  }
  await collect({ tasks, models: ['quick'], out, ask });
  expect(linesOf(out).map((line) => Object.keys(JSON.parse(line).outcomes))).toEqual([
    ['slow', 'quick'],
    ['slow', 'quick'],
  ]);
  expect(existsSync(`${out}.lock`)).toBe(false);
});

test('a table behind a link is written where it is, and is one table under both names', async () => {
  const link = join(folder, 'link.jsonl');
  symlinkSync('table.jsonl', link);
  const task = {
    id: 't0',
    task: 'echo',
    request: { messages: [{ role: 'user' as const, content: 'x' }] },
    verify: () => ({ score: 1 }),
  };
  const ask: AskModel = async () => ({ message: { role: 'assistant', content: 'x' }, usd: 0.001 });
  let second: Promise<unknown> | undefined;
  const asking: AskModel = async (...args) => {
    second ??= collect({ tasks: [task], models: ['b'], out, ask });
    await expect(second).rejects.toThrow(/Another collection/);
    return ask(...args);
  };
  // The link stands before its table does.
  await collect({ tasks: [task], models: ['a'], out: link, ask: asking });
  await collect({ tasks: [task], models: ['b'], out: link, ask });
  expect(readdirSync(folder, { withFileTypes: true }).map((entry) => [entry.name, entry.isFile()])).toEqual([
    ['link.jsonl', false],
    ['table.jsonl', true],
  ]);
  expect(Object.keys(JSON.parse(linesOf(out)[0]!).outcomes)).toEqual(['a', 'b']);
});
