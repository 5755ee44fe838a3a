/** The command line as a process of its own, as a user runs it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';

const main = join(import.meta.dirname, '../../adapters/cli/main.ts');

export interface Ran {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs it in `folder`, which is also its home, without any key but those of `env`. */
export function commandLine(
  folder: string,
  args: readonly string[],
  { env, input = '' }: { env?: object; input?: string } = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', main, ...args],
      { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ...env } },
      (error, stdout, stderr) => resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}
