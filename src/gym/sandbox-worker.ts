/**
 * The inside of the sandbox: QuickJS, compiled to WebAssembly, in a thread of its own. Only JSON texts pass
 * in and out, and what a test expects never comes in, so code cannot forge a result it did not compute.
 */
import { parentPort } from 'node:worker_threads';
import {
  newQuickJSWASMModule,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  RELEASE_SYNC,
} from 'quickjs-emscripten';

export interface SandboxJob {
  code: string;
  /** Name of the function to call. */
  name: string;
  /** For each call, its arguments as a JSON array. */
  calls: string[];
  timeMs: number;
  memoryBytes: number;
}

/** For each call the result as JSON, or what it threw; `fault` where the code could not even be loaded. */
export type SandboxReply =
  | { results: ({ json: string | undefined } | { error: string })[] }
  | { fault: string };

/** A function's native stack must end before the thread's does; a crash inside costs the whole module. */
const STACK_BYTES = 256 * 1024;

/** The types of Node do not name it. */
declare const WebAssembly: { Memory: new (pages: { initial: number; maximum: number }) => object };

/** What the engine needs before any code runs, in pages of 64 KiB; it asks for no less. */
const ENGINE_PAGES = 256;
const PAGE_BYTES = 64 * 1024;

const LONGEST_RESULT_CHARS = 1_000_000;

/** Taken before the code runs: what it does to `JSON` afterwards no longer matters. */
const HARNESS = `(() => {
  const { parse, stringify } = JSON;
  const { apply } = Reflect;
  return (f, args) => stringify(apply(f, undefined, parse(args)));
})()`;

const PRELUDE = `var module = { exports: {} }, exports = module.exports;
var console = { log() {}, info() {}, warn() {}, error() {}, debug() {} };`;

/** CPU time of this thread, so that a busy machine fails no honest code; before Node 23.9 only the clock. */
function busyMs(): number {
  const usage = process.threadCpuUsage as typeof process.threadCpuUsage | undefined;
  if (!usage) return performance.now();
  const { user, system } = usage.call(process);
  return (user + system) / 1000;
}

async function run(job: SandboxJob): Promise<SandboxReply> {
  // A module of its own: one that was driven out of memory or stack is not fit for the next job.
  // QuickJS's own limit sees single allocations only, not their sum; so the memory itself has an end.
  const maximum = ENGINE_PAGES + Math.ceil(job.memoryBytes / PAGE_BYTES);
  const wasmMemory = new WebAssembly.Memory({ initial: ENGINE_PAGES, maximum });
  const quickjs = await newQuickJSWASMModule(newVariant(RELEASE_SYNC, { wasmMemory }));
  const runtime = quickjs.newRuntime();
  runtime.setMemoryLimit(job.memoryBytes);
  runtime.setMaxStackSize(STACK_BYTES);
  const context = runtime.newContext();
  const deadline = busyMs() + job.timeMs;
  runtime.setInterruptHandler(() => busyMs() > deadline);

  const evaluate = (source: string) => {
    const result = context.evalCode(source, 'answer.js', { type: 'global' });
    return result.error ? { error: describe(context, result.error) } : { value: result.value };
  };
  // From here the code's time counts.
  parentPort?.postMessage('started');
  const harness = evaluate(HARNESS).value!;
  evaluate(PRELUDE);
  const loaded = evaluate(job.code);
  if (loaded.error !== undefined) return { fault: loaded.error };
  const target = evaluate(
    `typeof ${job.name} === 'function' ? ${job.name} : module.exports.${job.name} ?? module.exports`,
  );
  if (target.error !== undefined) return { fault: target.error };
  if (context.typeof(target.value) !== 'function') return { fault: `there is no function "${job.name}"` };

  const results = job.calls.map((args) => {
    const result = context.callFunction(harness, context.undefined, target.value!, context.newString(args));
    if (result.error) return { error: describe(context, result.error) };
    if (context.typeof(result.value) !== 'string') return { json: undefined };
    const json = context.getString(result.value);
    return json.length > LONGEST_RESULT_CHARS ? { error: 'the result is too long' } : { json };
  });
  // Nothing is disposed: the module goes as a whole, and disposing after an overflow aborts.
  return { results };
}

function describe(context: QuickJSContext, error: QuickJSHandle): string {
  const text = (name: string) => {
    if (context.typeof(error) !== 'object') return undefined;
    const part = context.getProp(error, name);
    return context.typeof(part) === 'string' ? context.getString(part).slice(0, 300) : undefined;
  };
  const [name, message] = [text('name'), text('message')];
  if (message === 'interrupted') return 'time limit exceeded';
  if (message === 'out of memory') return 'memory limit exceeded';
  return (
    [name, message].filter((part) => part !== undefined).join(': ') || 'it threw something that is no error'
  );
}

parentPort?.on('message', async (job: SandboxJob) => {
  let reply: SandboxReply;
  try {
    reply = await run(job);
  } catch (error) {
    // The module itself gave up, for example by overflowing the thread's stack.
    reply = {
      fault: `the sandbox stopped it (${error instanceof Error ? error.message : error})`.slice(0, 300),
    };
  }
  parentPort?.postMessage(reply);
});
