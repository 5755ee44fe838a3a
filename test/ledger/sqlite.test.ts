import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { loadSqlite } from '../../src/ledger/sqlite-module.ts';
import { call, DAY, limited, temporaryFolder } from './fixtures.ts';
import { ledgerSuite } from './ledger.suite.ts';

async function open(path: string, nowMs?: () => number) {
  const ledger = await openSqliteLedger({ path, nowMs });
  onTestFinished(() => ledger.close());
  return ledger;
}

let aheadMs = 0;
ledgerSuite(
  'sqlite ledger',
  () => open(join(temporaryFolder(), 'ledger.sqlite'), () => Date.now() + aheadMs),
  (ms) => {
    aheadMs += ms;
  },
);

test('what was settled is there when the file is opened again', async () => {
  const path = join(temporaryFolder(), 'new', 'folder', 'ledger.sqlite');
  const first = await open(path);
  const { id } = await first.reserve(call(0.5, [limited(1)]));
  await first.settle(id, { usd: 0.4, status: 'completed' });
  await first.close();
  const second = await open(path);
  expect((await second.entries())[0]).toMatchObject({ id, usd: 0.4 });
  await expect(second.reserve(call(0.7, [limited(1)]))).rejects.toThrow('0.40 are spent');
});

test('a reservation nobody keeps alive is lost after its expiry and counts in full', async () => {
  const path = join(temporaryFolder(), 'ledger.sqlite');
  let now = Date.parse('2026-11-22T10:00:00Z');
  const dead = await open(path, () => now);
  await dead.reserve(call(0.6, [limited(1)], { expiresInMs: 60_000 }));
  await dead.close();
  const alive = await open(path, () => now);
  now += 59_999;
  expect(await alive.balance(DAY)).toEqual({ spentUsd: 0, reservedUsd: 0.6, unknownCalls: 0 });
  now += 1;
  expect(await alive.balance(DAY)).toEqual({ spentUsd: 0.6, reservedUsd: 0, unknownCalls: 1 });
  expect((await alive.entries())[0]).toMatchObject({ state: 'lost', reservedUsd: 0.6, usd: undefined });
  await expect(alive.reserve(call(0.5, [limited(1)]))).rejects.toThrow('0.60 are spent');
});

test('a lost call that settles after all counts what it cost', async () => {
  const path = join(temporaryFolder(), 'ledger.sqlite');
  let now = Date.parse('2026-11-22T10:00:00Z');
  const slow = await open(path, () => now);
  const { id } = await slow.reserve(call(0.6, [limited(1)], { expiresInMs: 60_000 }));
  now += 60_000;
  expect((await slow.balance(DAY)).spentUsd).toBe(0.6);
  await slow.settle(id, { usd: 0.1, status: 'completed' });
  expect(await slow.balance(DAY)).toEqual({ spentUsd: 0.1, reservedUsd: 0, unknownCalls: 0 });
});

test('a long call of a living process is not declared lost by another', async () => {
  const path = join(temporaryFolder(), 'ledger.sqlite');
  const caller = await open(path);
  const other = await open(path);
  const { id } = await caller.reserve(call(0.6, [limited(1)], { expiresInMs: 300 }));
  await sleep(900);
  expect(await other.balance(DAY)).toEqual({ spentUsd: 0, reservedUsd: 0.6, unknownCalls: 0 });
  await caller.settle(id, { usd: 0.5, status: 'completed' });
  expect((await other.balance(DAY)).spentUsd).toBe(0.5);
});

test('reserving stays as fast with 100,000 entries as with none', async () => {
  const path = join(temporaryFolder(), 'ledger.sqlite');
  const ledger = await open(path);
  const before = await medianReserveMs(ledger);
  const { DatabaseSync } = loadSqlite();
  const filler = new DatabaseSync(path, { timeout: 5000 });
  filler.exec(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
    INSERT INTO entries (episode_id, call_id, model, state, reserved_nano, cost_nano, scopes, created_at_ms, expires_at_ms)
    SELECT 'old-' || i, 'call', 'acme/small', 'settled', 1000, 900, '[["day","2026-11-22"]]', 0, 0 FROM n;
    INSERT INTO balances SELECT 'request', 'old-' || id, 900, 0, 0 FROM entries WHERE episode_id LIKE 'old-%'`);
  filler.close();
  const after = await medianReserveMs(ledger);
  // A scan of the entries would take some 10 ms; the margin is for a busy machine.
  expect(after).toBeLessThan(Math.max(5 * before, 2));
  const scans = await ledger.entries({ episodeId: 'old-7' });
  expect(scans).toHaveLength(1);
}, 30_000);

async function medianReserveMs(ledger: Awaited<ReturnType<typeof open>>): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < 200; count++) {
    const start = performance.now();
    await ledger.reserve(call(1e-6, [limited(100), { kind: 'session', key: 's', limitUsd: 100 }]));
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[100]!;
}

test('no warning reaches the terminal, and SQLite is not loaded before a file is opened', () => {
  const index = new URL('../../src/ledger/index.ts', import.meta.url).href;
  const program = `
    import { openLedger } from '${index}';
    const loaded = () => process.moduleLoadList.includes('NativeModule sqlite');
    await (await openLedger({ path: ':memory:' })).close();
    const before = loaded();
    await (await openLedger({ path: process.argv[1] })).close();
    process.emitWarning('mine', 'ExperimentalWarning');
    console.log(JSON.stringify([before, loaded()]));`;
  const path = join(temporaryFolder(), 'ledger.sqlite');
  const script = ['--input-type=module', '-e', `${program}`, path];
  const result = execFileSync('/bin/sh', ['-c', '"$0" "$@" 2>&1', process.execPath, ...script], {
    encoding: 'utf8',
  });
  expect(result).toContain('[false,true]');
  expect(result).toContain('ExperimentalWarning: mine');
  expect(result).not.toContain('SQLite');
});

test('a lost call that tells its cost after all comes again to who follows the account', async () => {
  let nowMs = Date.parse('2026-11-22T12:00:00Z');
  const path = join(temporaryFolder(), 'ledger.sqlite');
  const dead = await openSqliteLedger({ path, nowMs: () => nowMs });
  onTestFinished(() => dead.close());
  const { id } = await dead.reserve(call(0.6, [DAY], { expiresInMs: 1000 }));
  const states = async (since: number) => {
    const found: string[] = [];
    for await (const part of dead.ended(new Date(since).toISOString())) {
      found.push(...part.map(({ state, usd }) => `${state} ${usd}`));
    }
    return found;
  };
  nowMs += 5000;
  expect(await states(0)).toEqual(['lost undefined']);
  nowMs += 5000;
  await dead.settle(id, { usd: 0.25, status: 'completed' });
  expect(await states(nowMs)).toEqual(['settled 0.25']);
  expect(await states(0)).toEqual(['settled 0.25']);
});

test('who follows a long account is told what is new by an index, not by reading it all', async () => {
  const path = join(temporaryFolder(), 'ledger.sqlite');
  await (await openSqliteLedger({ path })).close();
  const { DatabaseSync } = loadSqlite();
  const db = new DatabaseSync(path, { readOnly: true });
  onTestFinished(() => db.close());
  const queries: string[] = [];
  for (const file of ['sqlite.ts', 'sqlite-episodes.ts']) {
    const source = readFileSync(new URL(`../../src/ledger/${file}`, import.meta.url), 'utf8');
    for (const [, sql] of source.matchAll(
      /(?:ended|lastEnded|changed|lastChanged): database\.prepare\(\s*`([^`]+)`/g,
    ))
      queries.push(sql!.replace(/\$\{columns\}/, 'json'));
  }
  expect(queries).toHaveLength(4);
  for (const sql of queries) {
    const detail = db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((row) => String(row.detail));
    expect(detail.join(), sql).toMatch(
      /^SEARCH \w+ USING (COVERING )?INDEX (ended_entries|episodes_by_change)/,
    );
    expect(detail.join(), sql).not.toMatch(/SCAN|TEMP B-TREE/);
  }
});
