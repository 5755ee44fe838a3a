/** The programs of docs/langchain.md run, with the lab in place of the providers, and print what the page says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCatalog } from '../../../src/index.ts';
import { createLab, type Lab, labEnvironment } from '../../../src/lab/index.ts';
import { programsOf, promisedBy, run } from '../../support/programs.ts';

const programs = programsOf(readFileSync(join(import.meta.dirname, '../../../docs/langchain.md'), 'utf8'));

let lab: Lab;
beforeAll(async () => {
  lab = await createLab();
});
afterAll(() => lab.close());

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
