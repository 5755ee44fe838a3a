/** Files and disks that fail: a clear error each, and nothing lost. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { DatabaseOptions } from '../../src/ledger/database.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { loadSqlite } from '../../src/ledger/sqlite-module.ts';
import { call, DAY, limited, temporaryFolder } from './fixtures.ts';

async function open(path: string, options: Partial<DatabaseOptions> = {}) {
  const ledger = await openSqliteLedger({ path, ...options });
  onTestFinished(() => ledger.close());
  return ledger;
}

/** A file with `calls` settled calls of 0.01 USD each. */
async function makeLedger(path: string, calls = 300): Promise<void> {
  const ledger = await open(path);
  for (let count = 0; count < calls; count++) {
    const { id } = await ledger.reserve(call(0.02, [DAY]));
    await ledger.settle(id, { usd: 0.01, status: 'completed' });
  }
  await ledger.close();
}

function asideOf(path: string): string[] {
  return readdirSync(join(path, '..'))
    .filter((name) => name.includes('.corrupt-'))
    .map((name) => join(path, '..', name))
    .sort();
}

const GARBAGE = Buffer.alloc(20_000, 'not a database ');

test('a corrupt file is kept aside, byte for byte, and named with how to go on', async () => {
  const path = join(temporaryFolder(), 'ledger.sqlite');
  writeFileSync(path, GARBAGE);
  const error = await open(path).catch((caught) => caught);
  const [aside] = asideOf(path);
  expect(aside).toMatch(/ledger\.sqlite\.corrupt-\d{8}T\d{9}Z$/);
  expect(readFileSync(aside!).equals(GARBAGE)).toBe(true);
  expect(error.code).toBe('ledger_unavailable');
  expect(error.message).toContain(aside);
  expect(error.hint).toContain("onCorrupt: 'start-fresh'");
});

test('it stays closed until the user acts, since an empty account has forgotten what was spent', async () => {
  const path = join(temporaryFolder(), 'ledger.sqlite');
  await makeLedger(path);
  const backup = `${path}.backup`;
  copyFileSync(path, backup);
  writeFileSync(path, GARBAGE);
  for (let attempt = 0; attempt < 3; attempt++) {
    await expect(open(path)).rejects.toMatchObject({ code: 'ledger_unavailable' });
  }
  expect(asideOf(path)).toHaveLength(1);
  renameSync(backup, path);
  expect((await (await open(path)).balance(DAY)).spentUsd).toBe(3);
});

test('told to start fresh, it begins an empty account and still keeps the old file', async () => {
  const path = join(temporaryFolder(), 'ledger.sqlite');
  writeFileSync(path, GARBAGE);
  const ledger = await open(path, { onCorrupt: 'start-fresh' });
  expect((await ledger.balance(DAY)).spentUsd).toBe(0);
  await ledger.reserve(call(0.1, [DAY]));
  await ledger.close();
  writeFileSync(path, GARBAGE);
  await (await open(path, { onCorrupt: 'start-fresh' })).close();
  expect(asideOf(path)).toHaveLength(2);
  expect((await (await open(path)).entries()).length).toBe(0);
});

test('behind a link the file itself is kept aside, with its log', async () => {
  const target = join(temporaryFolder(), 'real.sqlite');
  const link = join(temporaryFolder(), 'link.sqlite');
  writeFileSync(target, GARBAGE);
  symlinkSync(target, link);
  await expect(open(link)).rejects.toMatchObject({ code: 'ledger_unavailable' });
  expect(readFileSync(asideOf(target)[0]!).equals(GARBAGE)).toBe(true);
});

test.each([
  ['cut short', (path: string) => truncateSync(path, 9000)],
  ['scribbled over', (path: string) => scribble(path, 4096)],
])('a file %s is found when it is opened', async (_, damage) => {
  const path = join(temporaryFolder(), 'ledger.sqlite');
  await makeLedger(path);
  damage(path);
  const damaged = readFileSync(path);
  await expect(open(path)).rejects.toMatchObject({ code: 'ledger_unavailable' });
  expect(readFileSync(asideOf(path)[0]!).equals(damaged)).toBe(true);
  expect(existsSync(path)).toBe(false);
});

test('a file emptied while its log was not is kept aside together with the log', async () => {
  const path = join(temporaryFolder(), 'ledger.sqlite');
  const source = join(temporaryFolder(), 'source.sqlite');
  const ledger = await open(source);
  await ledger.reserve(call(0.5, [DAY]));
  const log = readFileSync(`${source}-wal`);
  writeFileSync(path, '');
  writeFileSync(`${path}-wal`, log);
  await expect(open(path)).rejects.toMatchObject({ code: 'ledger_unavailable' });
  const [aside, asideLog] = asideOf(path);
  expect(asideLog).toBe(`${aside}-wal`);
  expect(readFileSync(asideLog!).equals(log)).toBe(true);
});

test('a file that turns out corrupt in use is kept aside, and the account is closed', async () => {
  const path = join(temporaryFolder(), 'ledger.sqlite');
  await makeLedger(path);
  const ledger = await open(path);
  scribble(path, 4096);
  const failures = [];
  for (let attempt = 0; attempt < 2; attempt++) {
    failures.push(await ledger.entries({ limit: 1000 }).catch((caught) => caught));
  }
  const [aside] = asideOf(path);
  for (const error of failures) expect(error).toMatchObject({ code: 'ledger_unavailable' });
  expect(failures[1].message).toContain(aside);
  await expect(ledger.reserve(call(0.1, [limited(1)]))).rejects.toMatchObject({ code: 'ledger_unavailable' });
  await expect(open(path)).rejects.toMatchObject({ code: 'ledger_unavailable' });
});

/** Overwrites every page from `offset` on. */
function scribble(path: string, offset: number): void {
  const content = readFileSync(path);
  content.fill(0xa5, offset);
  writeFileSync(path, content);
}

test('a file of a newer version, or of another program, is refused by name and left alone', async () => {
  const { DatabaseSync } = loadSqlite();
  const newer = join(temporaryFolder(), 'newer.sqlite');
  await makeLedger(newer, 1);
  new DatabaseSync(newer).exec('PRAGMA user_version = 99');
  await expect(open(newer)).rejects.toThrow(/newer xrouter: its schema is version 99/);
  const foreign = join(temporaryFolder(), 'foreign.sqlite');
  new DatabaseSync(foreign).exec('CREATE TABLE customers (name TEXT)');
  const before = readFileSync(foreign);
  await expect(open(foreign, { onCorrupt: 'start-fresh' })).rejects.toThrow('another program');
  expect(readFileSync(foreign).equals(before)).toBe(true);
  expect([...asideOf(newer), ...asideOf(foreign)]).toEqual([]);
});

test('a folder where the file should be, and a file where a folder should be', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'ledger.sqlite'));
  await expect(open(join(folder, 'ledger.sqlite'))).rejects.toThrow(/cannot be written: it is a folder/);
  writeFileSync(join(folder, 'file'), '');
  await expect(open(join(folder, 'file', 'ledger.sqlite'))).rejects.toMatchObject({
    code: 'ledger_unavailable',
    message: expect.stringContaining('is a file, not a folder'),
    hint: expect.stringContaining('a path on a disk that can be written'),
  });
});

/** A file system of its own, where this user may mount one. */
function mountTmpfs(options: string): string | undefined {
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
  });
  return folder;
}

const canMount = process.platform === 'linux' && process.getuid?.() === 0;

test.runIf(canMount)('a disk that is read-only, with a ledger on it and without', async ({ skip }) => {
  const folder = mountTmpfs('size=2m') ?? skip('may not mount');
  await makeLedger(join(folder, 'old.sqlite'), 3);
  execFileSync('mount', ['-o', 'remount,ro', folder]);
  for (const name of ['old.sqlite', 'new.sqlite', 'new/folder/ledger.sqlite']) {
    await expect(open(join(folder, name)), name).rejects.toMatchObject({
      code: 'ledger_unavailable',
      message: expect.stringContaining('read-only'),
      hint: expect.stringContaining('a path on a disk that can be written'),
    });
  }
});

test.runIf(canMount)(
  'a disk that fills up: the call is refused, and what was settled is kept',
  async ({ skip }) => {
    const folder = mountTmpfs('size=400k') ?? skip('may not mount');
    const path = join(folder, 'ledger.sqlite');
    const ledger = await open(path);
    let settled = 0;
    let error: unknown;
    for (; settled < 10_000 && !error; settled += error ? 0 : 1) {
      try {
        const { id } = await ledger.reserve(call(0.02, [DAY]));
        await ledger.settle(id, { usd: 0.01, status: 'completed' });
      } catch (caught) {
        error = caught;
      }
    }
    expect(error).toMatchObject({ code: 'ledger_unavailable', message: expect.stringContaining('full') });
    const balance = await ledger.balance(DAY);
    expect(Math.round(balance.spentUsd * 100)).toBe(settled);
    execFileSync('mount', ['-o', 'remount,size=8m', folder]);
    const { id } = await ledger.reserve(call(0.02, [DAY]));
    await ledger.settle(id, { usd: 0.01, status: 'completed' });
    expect(Math.round((await ledger.balance(DAY)).spentUsd * 100)).toBe(settled + 1);
  },
);

test('a lock that another process does not give back is named, without stopping this process', async () => {
  const path = join(temporaryFolder(), 'ledger.sqlite');
  const ledger = await open(path, { busyTimeoutMs: 200 });
  const { DatabaseSync } = loadSqlite();
  const stuck = new DatabaseSync(path);
  stuck.exec('BEGIN IMMEDIATE');
  let turns = 0;
  const counter = setInterval(() => turns++, 5);
  await expect(ledger.reserve(call(0.1, [DAY]))).rejects.toThrow('locked by another process');
  clearInterval(counter);
  expect(turns).toBeGreaterThan(5);
  stuck.exec('COMMIT');
  await ledger.reserve(call(0.1, [DAY]));
  stuck.close();
});

test('a file deleted under a running process is noticed', async () => {
  const path = join(temporaryFolder(), 'ledger.sqlite');
  const ledger = await open(path);
  renameSync(path, `${path}.gone`);
  await expect(ledger.reserve(call(0.1, [DAY]))).rejects.toThrow('moved or deleted');
});
