/** The programs of docs/lab.md run and print what their comments say; its table is the data's. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type FaultName, faultInfo, faultNames } from '../../src/lab/index.ts';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/lab.md'), 'utf8');
const programs = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);

test('there are programs', () => {
  expect(programs.length).toBeGreaterThan(2);
});

test.each(programs.map((program, index) => [index + 1, program] as const))(
  'program %i',
  async (_, program) => {
    const folder = mkdtempSync(join(tmpdir(), 'lab-docs-'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const sources = (door: string) => `'${pathToFileURL(join(root, 'src', door)).href}'`;
    const file = join(folder, 'program.mts');
    writeFileSync(
      file,
      program
        .replaceAll("'xrouter/lab'", sources('lab/index.ts'))
        .replaceAll("'xrouter'", sources('index.ts')),
    );
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    const expected = [...program.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)].map((match) => match[1]);
    expect(stdout.trim().split('\n')).toEqual(expected);
  },
);

test('the table lists every fault with its phase and modes, and nothing else', () => {
  const rows = [...text.matchAll(/^\| `([\w-]+)` +\| ([\w ]+?) +\| ([\w, ]+?) +\| (.+?) +\|$/gm)];
  expect(rows.map((row) => row[1])).toEqual(Object.keys(faultNames));
  for (const [, name, phase, modes, does] of rows) {
    const info = faultInfo(name as FaultName);
    expect(phase).toBe(info.phase.replaceAll('_', ' '));
    expect(modes).toBe(info.modes.join(', '));
    expect(does).toContain(info.does);
  }
});

test('the command prints what is shown, but for counts and the list of providers', async () => {
  const shown = /```text\n([\s\S]*?)```/.exec(text)![1]!;
  const child = spawn(process.execPath, [join(root, 'adapters/cli/main.ts'), 'lab', '--port', '0']);
  let printed = '';
  child.stderr.on('data', (data) => {
    printed += data;
  });
  try {
    const plain = (output: string) =>
      output
        .replace(/:\d+/g, ':PORT')
        .replace(/\d+ /g, 'N ')
        .replace(/v1 \(\w+, .*\)/, 'v1');
    await expect.poll(() => plain(printed), { timeout: 5000 }).toContain(plain(shown));
  } finally {
    child.kill();
  }
});
