/** The programs of docs/budgets.md run, and print what the page says. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from './fixtures.ts';

const page = readFileSync(new URL('../../docs/budgets.md', import.meta.url), 'utf8');
const programs = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);
const ledgerUrl = new URL('../../src/ledger/index.ts', import.meta.url).href;

describe('docs/budgets.md', () => {
  test('has programs', () => expect(programs.length).toBeGreaterThan(2));

  test.each(programs)('program %#', (program) => {
    const promised = [...program.matchAll(/^ *\/\/ ?(.*)$/gm)].map((match) => match[1]!);
    const printed = execFileSync(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        '--input-type=module-typescript',
        '-e',
        program.replaceAll("'xrouter'", `'${ledgerUrl}'`),
      ],
      { cwd: temporaryFolder(), encoding: 'utf8' },
    );
    expect(printed.trimEnd().split('\n')).toEqual(promised);
  });
});
