/** The programs of docs/served-policy.md run; its table of defects and the tests go together. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/served-policy.md'), 'utf8');
const programs = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);

it('there are programs', () => {
  expect(programs).toHaveLength(2);
});

it.each(programs.map((program, at) => [at + 1, program] as const))('program %i runs', async (_, program) => {
  const folder = mkdtempSync(join(tmpdir(), 'served-docs-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const index = pathToFileURL(join(root, 'src/index.ts')).href;
  const imported = program.includes("from 'xrouter'")
    ? program
    : `import { createDecisionPolicy } from 'xrouter';\n${program}`;
  writeFileSync(
    join(folder, 'program.mts'),
    `${imported.replaceAll("'xrouter'", `'${index}'`)}\nconsole.log(policy.name);`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'program.mts')]);
  expect(stdout.trim()).toMatch(/^(served|decision):/);
});

it('every defect of the table has its test, by its number, and the other way round', () => {
  const rows = [...page.matchAll(/^\| (\d+) +\|/gm)].map(([, number]) => Number(number));
  expect(rows).toEqual(Array.from({ length: 24 }, (_, at) => at + 1));
  const tests = ['defects.test.ts', 'defects-operations.test.ts']
    .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
    .flatMap((source) => [...source.matchAll(/^describe\('(\d+):/gm)].map(([, number]) => Number(number)));
  expect(tests).toEqual(rows);
});
