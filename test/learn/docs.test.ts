/** The commands of docs/evaluation.md run and print what the page shows. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/evaluation.md'), 'utf8');

/** Lines without their figures: another version of the training learns another policy from the same table. */
function outline(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .replace(/[-+]?\d+(\.\d+)? %( of its cost)?|never/g, '#')
        .replace(/\$?[-+]?\d[\d.]*/g, '#')
        .replace(/-{2,}/g, '')
        .replace(/\s+/g, ' ')
        .trim(),
    );
}

it('the commands print what is shown: the singles to the digit, the routers and their columns', {
  timeout: 180_000,
}, () => {
  const commands = /```sh\n([\s\S]*?)```/.exec(page)![1]!.replace(/\\\n/g, '').trim().split('\n');
  expect(commands).toHaveLength(4);
  const shown = /```text\n([\s\S]*?)```/.exec(page)![1]!;
  const folder = mkdtempSync(join(tmpdir(), 'evaluation-docs-'));
  const main = join(root, 'adapters/cli/main.ts');
  let printed = '';
  for (const command of commands) {
    const [program, ...args] = command.split(/\s+/);
    expect(program).toBe('xrouter');
    printed = execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }
  expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('</html>');
  rmSync(folder, { recursive: true });

  const singles = shown.split('\n\n')[1]!;
  expect(singles).toContain('best single');
  expect(printed).toContain(singles);
  // What stands in columns; sentences say what came out, and wrap where their figures end.
  const columns = (text: string) =>
    text
      .split('\n')
      .filter((line) => /\S {2,}\S/.test(line))
      .join('\n');
  const tables = (text: string) =>
    outline(columns(text)).filter((line) =>
      /^(one call|trained anew|policy|predictor|nearest|clusters|verifier|right)\b.*#|gain|tasks known|verifier /.test(
        line,
      ),
    );
  expect(tables(shown).length).toBeGreaterThan(10);
  // Whether DAPO added something is the training's affair; then the table has one more column.
  const common = (lines: string[]) => lines.filter((line) => !/^(right # |verifier policy)/.test(line));
  expect(common(tables(printed.split('expected success')[0]!))).toEqual(common(tables(shown)));
  for (const name of ['Calibration', 'Prompt noise', 'Tasks never seen', 'Verifiers', 'Gain']) {
    expect(page).toContain(`**${name}**`);
  }
});
