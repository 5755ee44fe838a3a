import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONTRACT, casesJson, sha256 } from '../../interop/render-cases.ts';
import golden from '../../interop/render-golden.json' with { type: 'json' };

function xrouter(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const main = join(import.meta.dirname, '../../../adapters/cli/main.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], (error, stdout, stderr) => {
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

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
    const turns = join(await mkdtemp(join(tmpdir(), 'turns-')), 'turns.json');
    // The array's own text: JSON.stringify would turn 1.0 into 1.
    await writeFile(turns, raw.slice(raw.indexOf('[', raw.indexOf('"turns"')), raw.lastIndexOf('}')));
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
    expect([second.stderr.replace(/.*Warning.*\n?/g, ''), sha256(second.stdout)]).toEqual([
      '',
      golden[index],
    ]);
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
