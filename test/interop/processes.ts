/** Real servers of other projects as child processes, ended with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';

export interface Running extends AsyncDisposable {
  child: ChildProcess;
  /** Standard output so far. */
  output(): string;
  /** What it printed to standard error, for a failure's message. */
  errors(): string;
  stop(): Promise<void>;
}

export function start(command: string, args: string[], env: Record<string, string> = {}): Running {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  child.stderr.on('data', (data) => {
    errors += data;
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.stdin.end();
    child.kill('SIGTERM');
    const hard = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(hard);
  };
  return { child, output: () => output, errors: () => errors, stop, [Symbol.asyncDispose]: stop };
}

/** Waits until the check holds. @throws after the time, with what the process printed */
export async function ready(
  running: Running,
  check: () => boolean | Promise<boolean>,
  withinMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await Promise.resolve(check()).catch(() => false))) {
    if (Date.now() > deadline || running.child.exitCode !== null) {
      throw new Error(`Not ready: ${running.errors().slice(-2000) || running.output().slice(-2000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A port nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
