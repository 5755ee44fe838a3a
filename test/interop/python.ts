/** A Python environment of the tests' own, made once from PyPI and reused while its requirements stay the same. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../.interop');

/** Path of the interpreter. `name` tells environments apart; `requirements` are pip's, with exact versions. */
export async function python(name: string, requirements: string[]): Promise<string> {
  const directory = join(ROOT, name);
  const interpreter = join(directory, 'bin/python');
  const stamp = join(directory, 'requirements.txt');
  const wanted = `${requirements.join('\n')}\n`;
  if ((await readFile(stamp, 'utf8').catch(() => '')) === wanted) return interpreter;
  await rm(directory, { recursive: true, force: true });
  await mkdir(ROOT, { recursive: true });
  await run('python3', ['-m', 'venv', directory]);
  await run(
    interpreter,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements],
    { timeout: 2_000_000 },
  );
  await writeFile(stamp, wanted);
  return interpreter;
}

/** Runs a script with `input` on standard input; its standard output. */
export function runPython(interpreter: string, args: string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      interpreter,
      args,
      { timeout: 400_000, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, PYTHONIOENCODING: 'utf-8' } },
      (error, stdout, stderr) => (error ? reject(new Error(stderr || error.message)) : resolve(stdout)),
    );
    child.stdin!.end(input);
  });
}
