/** What the router wants, as one of four moves; and the error texts it learned to read where a wish fails. */

import type { RouterOutput } from './parse.ts';
import { dumpPythonJson, type PyJson, PyNumber } from './python-json.ts';
import type { RouterCall } from './render.ts';

export interface ModelCall {
  call: RouterCall;
  /** Id of the model, as the tools were made from. */
  model: string;
  /** Present where the tools require one. */
  systemPrompt?: string;
  /** 0..2; `undefined` where the router named none that makes sense. */
  temperature?: number;
}

/** A call that cannot be made, with the text the router is answered with in its tool turn. */
export interface RejectedCall {
  call: RouterCall;
  error: string;
}

/** What becomes of each call the router wrote, in the order written. */
export type WrittenCall = ModelCall | RejectedCall;

export type RouterMove =
  /** At least one call can be made. */
  | { type: 'call'; calls: WrittenCall[] }
  /** Release the answer of an earlier call, by whatever the router named it with. */
  | { type: 'select'; target: string; call: RouterCall }
  | { type: 'answer'; text: string }
  /** Nothing to act on; `calls` were meant but cannot be made. */
  | { type: 'none'; reason: string; calls: RejectedCall[] };

export function isRejected(call: WrittenCall): call is RejectedCall {
  return 'error' in call;
}

/** Literal texts of the original, which the published checkpoint was trained to recover from. */
const NOT_GIVEN = 'Error: This tool is not given. You cannot call this tool.';
export const selectError = (target: string) =>
  `Error calling select_response: ${target} not found in the conversation context.`;
const promptError = (name: string) =>
  `Error calling ${name}: optimized_system_prompt is required when calling the tool.`;
const SELECT_ALONE = 'Error calling select_response: it must be called alone, after the answers are in.';

/** The tools of one request by name. */
export interface RouterTools {
  /** Tool name to model id. */
  models: ReadonlyMap<string, string>;
  /** Name of the select tool; `undefined` in simple mode. */
  select?: string;
  /** False where the tools take no prompt: a call is then complete without one. */
  promptRequired?: boolean;
}

export function readMove(output: RouterOutput, tools: RouterTools): RouterMove {
  const selects: { call: RouterCall; target: string }[] = [];
  const calls = output.calls.map((written): WrittenCall => {
    const name = resolveTool(written.name, tools);
    if (name === undefined) return { call: written, error: NOT_GIVEN };
    const call = { name, arguments: written.arguments };
    if (name !== tools.select) return readModelCall(call, tools);
    selects.push({ call, target: selectTarget(call.arguments) });
    return { call, error: SELECT_ALONE };
  });
  const [first] = selects;
  if (first && selects.length === calls.length && selects.every(({ target }) => target === first.target)) {
    return { type: 'select', ...first };
  }
  const rejected = calls.filter(isRejected);
  if (rejected.length < calls.length) return { type: 'call', calls };
  if (rejected.length > 0) return { type: 'none', reason: rejected[0]!.error, calls: rejected };
  if (output.text !== '') return { type: 'answer', text: output.text };
  return { type: 'none', reason: output.problems[0] ?? 'the router wrote nothing', calls: [] };
}

function readModelCall(call: RouterCall, tools: RouterTools): WrittenCall {
  const systemPrompt = argument(call.arguments, 'optimized_system_prompt');
  const hasPrompt = typeof systemPrompt === 'string' && systemPrompt.trim() !== '';
  if (!hasPrompt && tools.promptRequired !== false) return { call, error: promptError(call.name) };
  return {
    call,
    model: tools.models.get(call.name)!,
    ...(hasPrompt && { systemPrompt }),
    temperature: readTemperature(argument(call.arguments, 'temperature')),
  };
}

/**
 * The calls that will be made, the others rejected: a candidate that failed before is gone, and each is called
 * once a turn, since the answers are told apart by their tools.
 */
export function planCalls(
  written: readonly WrittenCall[],
  tools: RouterTools & { pool: readonly string[] },
  limits: { candidates: readonly { id: string }[]; most: number },
): WrittenCall[] {
  const called = new Set<string>();
  return written.map((planned) => {
    if (isRejected(planned)) return planned;
    const { call, model } = planned;
    const reject = (why: string) => ({ call, error: `Error calling ${call.name}: ${why}` });
    if (!limits.candidates.some(({ id }) => id === model)) {
      return reject(`Model ${tools.pool[[...tools.models.keys()].indexOf(call.name)]} is not available.`);
    }
    if (called.has(model)) return reject('it is being called already.');
    if (called.size >= limits.most) return reject('no call is left in this turn.');
    called.add(model);
    return planned;
  });
}

/** The tool a name means: as given, or the one it can only mean, such as `birch-2` for `call_birch_2`. */
export function resolveTool(name: string, tools: RouterTools): string | undefined {
  if (tools.models.has(name) || name === tools.select) return name;
  const loose = normalise(name);
  if (tools.select !== undefined && loose === normalise(tools.select)) return tools.select;
  for (const tool of tools.models.keys()) if (normalise(tool) === loose) return tool;
  return undefined;
}

function normalise(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[-.\s]/g, '_')
    .replace(/^(?:functions?_)?(?:call_)?/, '')
    .replace(/\(\)$/, '');
}

function argument(args: PyJson, key: string): PyJson | undefined {
  return args instanceof Map ? args.get(key) : undefined;
}

/** The prompt speaks of `call_id` where the tool says `model_call_name`, so either is read, or a lone string. */
function selectTarget(args: PyJson): string {
  const named = argument(args, 'model_call_name') ?? argument(args, 'call_id');
  const value = named ?? (args instanceof Map && args.size === 1 ? [...args.values()][0] : args);
  return typeof value === 'string' ? value.trim() : value === undefined ? '' : dumpPythonJson(value);
}

function readTemperature(value: PyJson | undefined): number | undefined {
  const written = value instanceof PyNumber ? value.text : typeof value === 'string' ? value.trim() : '';
  const number = written === '' ? Number.NaN : Number(written);
  return Number.isNaN(number) ? undefined : Math.min(2, Math.max(0, number));
}
