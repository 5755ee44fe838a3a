/** The programs of docs/langchain.md run, with the lab in place of the providers, and print what the page says. */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCatalog } from '../../../src/index.ts';
import { createLab, type Lab, labEnvironment } from '../../../src/lab/index.ts';
import { DOORS, programFolder, programsOf, promisedBy, run } from '../../support/programs.ts';

const root = join(import.meta.dirname, '../../..');
const programs = programsOf(readFileSync(join(root, 'docs/langchain.md'), 'utf8'));

let lab: Lab;
beforeAll(async () => {
  lab = await createLab();
});
afterAll(() => lab.close());

test('every program type-checks in a strict project of its user', async () => {
  const folder = programFolder();
  try {
    const files = programs.map((program, index) => {
      const file = `program-${index + 1}.ts`;
      writeFileSync(join(folder, file), program);
      return file;
    });
    const compilerOptions = {
      strict: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable', 'esnext.collection', 'esnext.iterator'],
      types: ['node'],
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      resolveJsonModule: true,
      paths: Object.fromEntries(Object.entries(DOORS).map(([door, file]) => [door, [join(root, file)]])),
    };
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch(
      (failed: { stdout: string }) => failed,
    );
    expect(stdout).toBe('');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);

test('there are programs', () => {
  expect(programs.length).toBeGreaterThan(5);
});

test.each(programs.map((program, index) => [index + 1, program] as const))(
  'program %i',
  async (_, program) => {
    const promised = promisedBy(program);
    expect(promised.length).toBeGreaterThan(0);
    lab.reset();
    expect(await run(program, labEnvironment(lab, createCatalog().providers))).toEqual(promised);
  },
);
