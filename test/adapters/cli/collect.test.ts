/** `xrouter collect` as a process, over the lab: what it writes, how it stops, and that it goes on. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openLedger } from '../../../src/ledger/index.ts';
import { rowsOf, startCollect } from '../../support/collecting.ts';

let folder: string;
let out: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-collect-'));
  out = join(folder, 'table.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const WEAK = 'openai/gpt-5-nano';
const STRONG = 'openai/gpt-5';
const gym = (...more: string[]) =>
  startCollect(folder, '--tasks', 'gym', '--lab', '--pool', 'gpt-5-nano,gpt-5', '--out', out, ...more);

const rows = () => rowsOf(out);
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
    const { code } = await startCollect(folder, '--tasks', file, '--lab', '--pool', 'gpt-5', '--out', out)
      .ended;
    expect(code).toBe(0);
    expect(rows().map((row) => [row.id, row.task, Object.keys(row.outcomes)])).toEqual(
      ['s0', 's1', 's2'].map((id) => [id, 'sums', [STRONG]]),
    );
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
    const { code, stderr } = await startCollect(
      folder,
      '--tasks',
      'gym',
      '--lab',
      ...pool,
      '--count',
      '10',
      '--out',
      out,
    ).ended;
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
    const { code, stdout, stderr } = await startCollect(folder, ...args).ended;
    expect({ code, stderr }).toMatchObject({ code: expected, stderr: expect.stringMatching(message) });
    expect(stdout).toBe('');
  });
});
