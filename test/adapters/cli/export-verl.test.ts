/** `xrouter export verl` as a process: its flags, its output, its exit status. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { files, tableRows } from '../../learn/verl-table.ts';
import { commandLine } from '../../support/command-line.ts';

let made: Awaited<ReturnType<typeof files>>;
beforeAll(async () => {
  made = await files(tableRows(30));
});

const exportVerl = (...args: string[]) => commandLine(made.folder, ['export', 'verl', ...args]);
const input = () => ['--table', made.table, '--catalog', made.catalog];

describe('export verl', () => {
  it('writes the folder and says what is in it', async () => {
    const out = join(made.folder, 'whole');
    const pool = 'lab/tiny,lab/large,lab/huge';
    const { status, stdout, stderr } = await exportVerl(...input(), '--out', out, '--pool', pool, '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ out, candidates: 3, valRows: 3 });
    expect(stderr).toContain('3 for validation, 3 candidates');
    const names = ['export.json', 'recorded.jsonl', 'router_tools.yaml', 'train.parquet', 'val.parquet'];
    expect(readdirSync(out).sort()).toEqual(names);
    expect(JSON.parse(readFileSync(join(out, 'export.json'), 'utf8')).options).toMatchObject({ seed: 1 });
  });

  it('takes prices from the catalog where no pool file is given', async () => {
    const outcomes = { 'gpt-5-nano': { score: 1, cost: 0.001 }, 'gpt-5': { score: 1, cost: 0.01 } };
    const { table } = await files([{ id: 'a', prompt: 'x', outcomes }]);
    const out = join(made.folder, 'catalog');
    const { status } = await exportVerl(
      '--table',
      table,
      '--out',
      out,
      '--val-share',
      '0',
      '--price-factor',
      '1',
    );
    expect(status).toBe(0);
    const yaml = readFileSync(join(out, 'router_tools.yaml'), 'utf8');
    expect(yaml).toContain('candidate: "gpt-5-nano"');
    expect(yaml).toMatch(/Price: \$0\.05 input/);
  });

  it.each([
    ['no --out', [], /--out/],
    ['a pool of one', ['--out', 'o', '--pool-size', '1'], /2 or more/],
    ['bounds the wrong way round', ['--out', 'o', '--lambda', '3,1'], /smaller first/],
    ['a price factor below 1', ['--out', 'o', '--price-factor', '0.5'], /from 1 to 100/],
    ['half a version', ['--out', 'o', '--versions', '0.5'], /whole number/],
  ])('is wrong usage: %s', async (_, flags, message) => {
    const { status, stdout, stderr } = await exportVerl(...input(), ...flags);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(existsSync(join(made.folder, 'o'))).toBe(false);
  });

  it('fails with one line where a model has no price', async () => {
    const { status, stderr } = await exportVerl('--table', made.table, '--out', join(made.folder, 'n'));
    expect(status).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/lab\//);
  });
});
