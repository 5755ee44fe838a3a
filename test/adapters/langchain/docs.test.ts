/** The programs of docs/langchain.md run, with the lab in place of the providers, and print what the page says. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCatalog } from '../../../src/index.ts';
import { createLab, type Lab, labEnvironment } from '../../../src/lab/index.ts';

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/langchain.md'), 'utf8');
const programs = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);
const adapter = pathToFileURL(join(root, 'adapters/langchain/index.ts')).href;

let lab: Lab;
beforeAll(async () => {
  lab = await createLab();
});
afterAll(() => lab.close());

/** What a program printed, run as its reader would run it. */
async function run(program: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'langchain-docs-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const file = join(folder, 'program.mts');
  writeFileSync(file, program.replaceAll("'xrouter/langchain'", `'${adapter}'`));
  const env = { PATH: process.env.PATH, NO_COLOR: '1', ...labEnvironment(lab, createCatalog().providers) };
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env });
  return stdout.trimEnd();
}

test('there are programs', () => {
  expect(programs.length).toBeGreaterThan(5);
});

test.each(programs.map((program, index) => [index + 1, program] as const))(
  'program %i',
  async (_, program) => {
    const promised = [...program.matchAll(/^\/\/ ?(.*)$/gm)].map((match) => match[1]!);
    expect(promised.length).toBeGreaterThan(0);
    lab.reset();
    expect((await run(program)).split('\n')).toEqual(promised);
  },
);
