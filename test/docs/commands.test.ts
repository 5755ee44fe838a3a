/**
 * Every command shown in docs/commands.md prints what the page shows, digits aside; in the page's order, since
 * what one command writes the next ones read. After a change that is
 * meant, `UPDATE_DOCS=1 npx vitest run test/docs/commands.test.ts` writes the real output into the page.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { poolFromFile, readTable } from '../../src/learn/index.ts';

const root = join(import.meta.dirname, '../..');
const page = join(root, 'docs/commands.md');
const text = readFileSync(page, 'utf8');
const home = mkdtempSync(join(tmpdir(), 'xrouter-commands-'));
const updated = new Map<string, string>();
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
  if (process.env.UPDATE_DOCS) {
    writeFileSync(
      page,
      text.replace(/```console\n\$ (.*)\n([\s\S]*?)```/g, (block, command) => updated.get(command) ?? block),
    );
  }
});

/** The command as a reader types it, in a folder and a home of its own; both outputs as they come. */
function shell(command: string): string {
  const main = `'${process.execPath}' --disable-warning=ExperimentalWarning '${join(root, 'adapters/cli/main.ts')}'`;
  const script = command.replace(/(^|\| |\$\()xrouter /g, `$1${main} `);
  const { stdout } = spawnSync('sh', ['-c', `{ ${script}; } 2>&1`], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return stdout.replaceAll(home, '~').trimEnd();
}

/** Digits, ids and padding vary from run to run. */
const plain = (output: string) =>
  output
    .trimEnd()
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '#')
    .replace(/\d+(\.\d+)?/g, '#')
    .replace(/[ -]{2,}/g, ' ');

describe('docs/commands.md', () => {
  const blocks = [...text.matchAll(/```console\n\$ (.*)\n([\s\S]*?)```/g)].map(
    (match) => [match[1]!, match[2]!] as const,
  );

  it('shows commands', () => expect(blocks.length).toBeGreaterThan(5));

  it.each(blocks)(
    '%s',
    (command, shown) => {
      const printed = shell(command);
      updated.set(command, `\`\`\`console\n$ ${command}\n${printed}\n\`\`\``);
      if (!process.env.UPDATE_DOCS) expect(plain(printed)).toBe(plain(shown));
    },
    60_000,
  );

  it('shows files that are read', async () => {
    const [row, pool] = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, shown], index) => {
      const path = join(home, `shown-${index}.json`);
      writeFileSync(path, shown!);
      return path;
    });
    expect((await readTable(row!)).rows).toHaveLength(1);
    expect(await poolFromFile(pool!)).toMatchObject([{ id: 'mine/small', benchmarks: {} }]);
  });
});
