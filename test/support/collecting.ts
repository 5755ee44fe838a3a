/** `xrouter collect` as a process, and the table it writes. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../adapters/cli/main.ts');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export function startCollect(folder: string, ...args: string[]) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'collect', ...args], {
    cwd: folder,
    env: { ...process.env, SHAKY_API_KEY: 'any' },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const ended = new Promise<Ended>((done) => child.on('close', (code) => done({ code, stdout, stderr })));
  return { child, ended };
}

export interface Row {
  id: string;
  task: string;
  outcomes: Record<string, { score: number; cost: number }>;
}

export function rowsOf(path: string): Row[] {
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
