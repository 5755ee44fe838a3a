import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CONTRACT, casesJson, sha256 } from '../../interop/render-cases.ts';
import golden from '../../interop/render-golden.json' with { type: 'json' };
import { commandLine } from '../../support/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'xrouter-render-'));
afterAll(() => rmSync(folder, { recursive: true }));
const xrouter = (...args: string[]) => commandLine(folder, args);

describe('xrouter render', () => {
  it('prints the prompt and nothing else, turns included', async () => {
    const raw = await casesJson();
    const cases: { query: string; pool: string[]; turns?: unknown }[] = JSON.parse(raw);
    const first = await xrouter(
      'render',
      '--contract',
      CONTRACT,
      '--pool',
      cases[0]!.pool.join(','),
      '--query',
      cases[0]!.query,
    );
    expect([first.status, sha256(first.stdout)]).toEqual([0, golden[0]]);

    const index = cases.findIndex((item) => item.turns !== undefined);
    const turns = join(folder, 'turns.json');
    // The array's own text: JSON.stringify would turn 1.0 into 1.
    writeFileSync(turns, raw.slice(raw.indexOf('[', raw.indexOf('"turns"')), raw.lastIndexOf('}')));
    const { pool, query } = cases[index]!;
    const second = await xrouter(
      'render',
      '--contract',
      CONTRACT,
      '--pool',
      pool.join(', '),
      '--query',
      query,
      '--turns',
      turns,
    );
    expect([second.stderr, sha256(second.stdout)]).toEqual(['', golden[index]]);
  });

  it('fails with one line that names the file, and calls a missing option wrong usage', async () => {
    const missing = await xrouter(
      'render',
      '--contract',
      join(tmpdir(), 'no-such-folder'),
      '--pool',
      'a',
      '--query',
      'q',
    );
    expect([missing.status, missing.stdout]).toEqual([1, '']);
    expect(missing.stderr).toMatch(/^xrouter: The contract folder has no .*system_prompt\.txt.*\n$/);
    expect((await xrouter('render', '--pool', 'a')).status).toBe(2);
  });
});
