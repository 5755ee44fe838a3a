/** Running code that a model wrote: no host access, bounded time and memory. */
import { Worker } from 'node:worker_threads';
import { XrouterError } from '../errors.ts';
import type { SandboxJob, SandboxReply } from './sandbox-worker.ts';

export interface SandboxOptions {
  /** CPU time for loading the code and all calls together; default 1000. */
  timeMs?: number;
  /** Memory of the code; default 32 MiB. */
  memoryBytes?: number;
}

export type SandboxResult = { value: unknown } | { error: string };

/** Some of QuickJS's built-in loops never ask whether to stop, so the thread is ended from outside. */
const GRACE_MS = 300;

/** On a busy machine the clock runs ahead of the CPU time that the limit is about. */
const CLOCK_PER_CPU = 4;

/** Until the thread stands; it is not the code's fault if that takes long on a busy machine. */
const START_MS = 30_000;

let worker: Worker | undefined;
let queue: Promise<unknown> = Promise.resolve();

/**
 * Loads JavaScript code and calls one of its functions with each list of arguments. The code runs in
 * QuickJS inside WebAssembly, in a thread of its own; jobs queue, one runs at a time.
 *
 * @param calls one list of JSON arguments for each call
 * @returns for each call its result, as JSON carries it (`undefined` where it has none), or what went wrong;
 * code that does not load gives its error for every call
 * @throws XrouterError `invalid_config` where the optional package `quickjs-emscripten` is not installed
 */
export async function callInSandbox(
  code: string,
  name: string,
  calls: readonly unknown[][],
  options: SandboxOptions = {},
): Promise<SandboxResult[]> {
  const job: SandboxJob = {
    // An answer written as a module is the same code with a word in front.
    code: code.replace(
      /^([^\S\n]*)export\s+(default\s+)?(?=(async\s+)?function|const|let|var|class)/gm,
      '$1',
    ),
    name,
    calls: calls.map((args) => JSON.stringify(args)),
    timeMs: options.timeMs ?? 1000,
    memoryBytes: options.memoryBytes ?? 32 * 1024 * 1024,
  };
  const turn = queue.then(() => runJob(job));
  queue = turn.catch(() => undefined);
  const reply = await turn;
  if ('fault' in reply) return calls.map(() => ({ error: reply.fault }));
  return reply.results.map((result) =>
    'error' in result ? result : { value: result.json === undefined ? undefined : JSON.parse(result.json) },
  );
}

/** Ends the sandbox's thread; the next call starts a new one. The thread keeps no process alive. */
export async function closeSandbox(): Promise<void> {
  const ending = worker;
  worker = undefined;
  await ending?.terminate();
}

async function runJob(job: SandboxJob): Promise<SandboxReply> {
  worker ??= await start();
  const running = worker;
  running.ref();
  const { promise, resolve } = Promise.withResolvers<SandboxReply>();
  const end = () => {
    resolve({ fault: 'time limit exceeded' });
    void closeSandbox();
  };
  let timer = setTimeout(end, START_MS);
  const onMessage = (message: SandboxReply | 'started') => {
    if (message !== 'started') return resolve(message);
    clearTimeout(timer);
    timer = setTimeout(end, job.timeMs * CLOCK_PER_CPU + GRACE_MS);
  };
  // What ends the thread is only ever the code: out of memory, or a fault of the engine it provoked.
  const onEnd = () => {
    worker = undefined;
    resolve({ fault: 'the sandbox stopped it' });
  };
  running.on('message', onMessage).once('error', onEnd).once('exit', onEnd);
  running.postMessage(job);
  const reply = await promise;
  clearTimeout(timer);
  running.off('message', onMessage).off('error', onEnd).off('exit', onEnd);
  running.unref();
  return reply;
}

async function start(): Promise<Worker> {
  try {
    await import('quickjs-emscripten');
  } catch (cause) {
    throw new XrouterError(
      'invalid_config',
      'Code tasks need the package "quickjs-emscripten", which is not installed.',
      {
        cause,
        hint: 'Run: npm install quickjs-emscripten, or leave out the tasks of kind "code".',
      },
    );
  }
  // Beside this file, as source or compiled.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const started = new Worker(new URL(`./sandbox-worker.${extension}`, import.meta.url), {
    env: {},
    execArgv: ['--disable-warning=ExperimentalWarning'],
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  started.once('exit', () => {
    if (worker === started) worker = undefined;
  });
  return started;
}
