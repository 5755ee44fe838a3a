/** The TypeScript programs of a page of documentation, run as a reader would run them. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');
const DOORS: Record<string, string> = {
  xrouter: 'src/index.ts',
  'xrouter/lab': 'src/lab/index.ts',
  'xrouter/learn': 'src/learn/index.ts',
  'xrouter/langchain': 'adapters/langchain/index.ts',
  'xrouter/mcp': 'adapters/mcp/index.ts',
  'xrouter/openai': 'adapters/openai/index.ts',
};

export function programsOf(page: string): string[] {
  return [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);
}

/** What the program promises to print: the comment behind a `console.log`, and comment lines after one. */
export function promisedBy(program: string): string[] {
  const lines: string[] = [];
  let printing = false;
  for (const line of program.split('\n')) {
    const behind: string | undefined = /console\.log\(.*\);? \/\/ (.+)$/.exec(line)?.[1];
    const below: string | undefined = printing ? /^\/\/ (.+)$/.exec(line)?.[1] : undefined;
    if (behind ?? below) lines.push((behind ?? below)!);
    printing = /^\}$|console\.log/.test(line) || below !== undefined;
  }
  return lines;
}

type Variables = Record<string, string | undefined>;

/** Runs it in an empty folder with the sources in the package's place; returns the lines it printed. */
export async function run(program: string, env: Variables): Promise<string[]> {
  const folder = programFolder();
  try {
    return await runIn(folder, program, env);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A folder whose programs find the packages that the project has. */
export function programFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'xrouter-docs-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** As `run`, beside the files of a folder. */
export async function runIn(folder: string, program: string, env: Variables): Promise<string[]> {
  const file = join(folder, 'program.mts');
  const toSource = (match: string, door: string) =>
    DOORS[door] ? `from '${pathToFileURL(join(root, DOORS[door])).href}'` : match;
  writeFileSync(file, program.replace(/from '(xrouter[\w/]*)'/g, toSource));
  const args = ['--disable-warning=ExperimentalWarning', file];
  const options = { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ...env }, timeout: 20_000 };
  const { stdout } = await promisify(execFile)(process.execPath, args, options);
  return stdout === '' ? [] : stdout.trimEnd().split('\n');
}
