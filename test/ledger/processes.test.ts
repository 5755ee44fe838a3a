/** Real processes on one file: killed in the middle, and all at once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { loadSqlite } from '../../src/ledger/sqlite-module.ts';
import { DAY, seededRandom, seedOfRun, temporaryFolder } from './fixtures.ts';
import { nano, totalsOf } from './ledger.suite.ts';

function start(script: string, args: string[]): ChildProcess {
  const file = fileURLToPath(new URL(`children/${script}`, import.meta.url));
  const flags = ['--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

test('after kill -9 every settled entry is there, and totals are the sum of the entries', async () => {
  const path = join(temporaryFolder(), 'ledger.sqlite');
  const random = seededRandom(seedOfRun('kill -9'));
  const settled = new Map<string, number>();
  for (let round = 1; round <= 5; round++) {
    const child = start('settle-forever.ts', [path]);
    const before = settled.size;
    const lines = createInterface({ input: child.stdout! });
    const firstLine = once(lines, 'line');
    lines.on('line', (line) => {
      const [id, usd] = line.split(' ');
      settled.set(id!, Number(usd));
    });
    await firstLine;
    await sleep(100 * random());
    child.kill('SIGKILL');
    await once(lines, 'close');
    expect(settled.size).toBeGreaterThan(before);

    const ledger = await openSqliteLedger({ path });
    const entries = await ledger.entries({ limit: 1e6 });
    const costs = new Map(entries.map(({ id, state, usd }) => [id, state === 'settled' ? usd : undefined]));
    for (const [id, usd] of settled) expect(costs.get(id), `entry ${id}`).toBe(usd);
    const totals = totalsOf(entries);
    const balance = await ledger.balance(DAY);
    expect(nano(balance.spentUsd)).toBe(totals.spent);
    expect(nano(balance.reservedUsd)).toBe(totals.reserved);
    await ledger.close();
    const { DatabaseSync } = loadSqlite();
    const db = new DatabaseSync(path);
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    db.close();
  }
});

test('32 concurrent reservations from four processes against a budget for 3 let exactly 3 through', async () => {
  const path = join(temporaryFolder(), 'ledger.sqlite');
  const children = Array.from({ length: 4 }, () => start('reserve-at-once.ts', [path, '8']));
  const outputs = children.map((child) => createInterface({ input: child.stdout! })[Symbol.asyncIterator]());
  // The file does not exist yet, so the four also make and migrate it at the same time.
  for (const output of outputs) expect((await output.next()).value).toBe('ready');
  // One round could pass by luck, the four being out of step.
  for (let round = 0; round < 100; round++) {
    for (const child of children) child.stdin!.write(`day ${round}\n`);
    const results = await Promise.all(
      outputs.map(async (output) => JSON.parse(String((await output.next()).value))),
    );
    expect(results.reduce((sum, { passed }) => sum + passed, 0)).toBe(3);
    expect(results.flatMap(({ refusals }) => refusals)).toEqual(Array(29).fill('budget_exceeded'));
  }
});
