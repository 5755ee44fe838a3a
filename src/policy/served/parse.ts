/**
 * The router's output as text, taken apart: its thinking, the tool calls, and what is left for the user.
 * Tolerant, since a dropped call costs a turn; but never so that thinking or framing reaches the user.
 */
import type { PyObject } from './python-json.ts';
import type { RouterCall } from './render.ts';
import { readJson } from './repair-json.ts';

export interface RouterOutput {
  /** The turn without its calls, thinking included: what the next prompt repeats. */
  content: string;
  /** The router's reasons; for the trace, never for the user. */
  think: string;
  /** What is left when thinking and calls are taken away; '' where nothing is. */
  text: string;
  calls: RouterCall[];
  /** What was mended, dropped or cut, one short phrase each. */
  problems: string[];
}

/** Where the router's turn ends; what it writes beyond is an imitation of the next turns. */
const TURN_END = /<\|(?:im_end|endoftext|im_start)\|>/;
/** The last one may have been cut off at the token limit. */
const THINK_TAG = /<(\/?)think(?:ing)?(?:>|$)/gi;
const THINK_OR_END = new RegExp(`${TURN_END.source}|${THINK_TAG.source}`, 'i');
const OPEN = '<tool_call>';
const CLOSE = '</tool_call>';
/** More blocks than this are no plan but a loop. */
const MAX_BLOCKS = 32;

/** @param isTool whether a name is a tool of this request; decides whether untagged JSON is a call */
export function parseRouterOutput(output: string, isTool: (name: string) => boolean): RouterOutput {
  const problems: string[] = [];
  let turn = output.toWellFormed();
  const end = TURN_END.exec(turn);
  if (end) {
    if (
      turn
        .slice(end.index)
        .replace(/^<\|(?:im_end|endoftext)\|>/, '')
        .trim() !== ''
    ) {
      problems.push('text after the end of the turn dropped');
    }
    turn = turn.slice(0, end.index);
  }
  const { think, rest } = splitThink(turn, problems);
  const found = takeCalls(rest, problems, isTool);
  if (found.calls.length === 0 && found.text === '' && think.includes(OPEN)) {
    // All it wrote is inside the think tags, the calls too: then those are the calls.
    const inner = takeCalls(think, problems, isTool);
    if (inner.calls.length > 0) {
      problems.push('calls inside the think text');
      const content = `<think>\n${inner.text}\n</think>`;
      return { content, think: inner.text, text: '', calls: inner.calls, problems };
    }
  }
  const thought = turn.endsWith(rest)
    ? turn.slice(0, turn.length - rest.length)
    : `<think>\n${think}\n</think>\n`;
  const lead = /^\s*/.exec(rest)![0];
  const content = (thought + lead + found.text).trim();
  return { content, think, ...found, text: withoutTags(found.text), problems };
}

/** Taking thinking and calls out may have joined the halves of a tag around them. */
function withoutTags(text: string): string {
  let left = text;
  for (let pass = 0; THINK_OR_END.test(left); pass++) {
    left = pass < 3 ? splitThink(left, []).rest.replace(TURN_END, '').trim() : '';
  }
  return left;
}

/**
 * A think block that never ends, ends where a tool call begins, or with the text. A closing tag without its
 * opening one makes all before it thinking: better a lost sentence than thinking in front of the user.
 */
function splitThink(text: string, problems: string[]): { think: string; rest: string } {
  let think = '';
  let rest = '';
  let depth = 0;
  let at = 0;
  for (const tag of text.matchAll(THINK_TAG)) {
    const piece = text.slice(at, tag.index);
    at = tag.index + tag[0].length;
    if (depth > 0) think += piece;
    else rest += piece;
    if (tag[1] === '') {
      depth++;
    } else if (depth > 0) {
      depth--;
    } else {
      problems.push('</think> without <think>');
      think += rest;
      rest = '';
    }
  }
  const tail = text.slice(at);
  if (depth === 0) return { think: think.trim(), rest: rest + tail };
  problems.push('<think> without </think>');
  const call = tail.indexOf(OPEN);
  const cut = call < 0 ? tail.length : call;
  return { think: (think + tail.slice(0, cut)).trim(), rest: rest + tail.slice(cut) };
}

function takeCalls(
  source: string,
  problems: string[],
  isTool: (name: string) => boolean,
): { text: string; calls: RouterCall[] } {
  const calls: RouterCall[] = [];
  let text = '';
  let at = 0;
  let close = 0;
  let blocks = 0;
  for (let open = source.indexOf(OPEN); open >= 0; open = source.indexOf(OPEN, at)) {
    if (++blocks > MAX_BLOCKS) {
      problems.push(`more than ${MAX_BLOCKS} tool calls`);
      text += source.slice(at, open);
      at = source.length;
      break;
    }
    const start = open + OPEN.length;
    if (close >= 0 && close < start) close = source.indexOf(CLOSE, start);
    const next = source.indexOf(OPEN, start);
    const closed = close >= 0 && (next < 0 || close < next);
    const stop = closed ? close : next >= 0 ? next : source.length;
    const body = source.slice(start, stop);
    text += source.slice(at, open);
    at = closed ? stop + CLOSE.length : stop;
    // Cut off inside a number: 0.7 and 0.75 begin alike.
    const cut = !closed && /[\d.]\s*$/.test(body);
    const read = cut ? { calls: [], complete: false } : readCalls(body);
    calls.push(...read.calls);
    if (!read.complete) {
      if (read.calls.length > 0 || /^\s*(?:[[{`]|$)/.test(body))
        problems.push('a tool call that cannot be read');
      // No JSON at all: words about tool calls, as in an answer that explains them.
      else text += source.slice(open, at);
    }
  }
  text += source.slice(at);
  if (calls.length > 0) {
    const imitation = text.indexOf('<tool_response>');
    if (imitation >= 0) {
      problems.push('imitated tool response dropped');
      text = text.slice(0, imitation);
    }
    return { text: text.replaceAll(CLOSE, '').trim(), calls };
  }
  return takeUntagged(text.trim(), problems, isTool);
}

/** Calls without their tags, taken only where the whole text is such calls of known tools. */
function takeUntagged(text: string, problems: string[], isTool: (name: string) => boolean) {
  const body = text.replace(CLOSE, '').trim();
  if (/^(?:```|\{|\[)/.test(body)) {
    const { calls, complete } = readCalls(body);
    if (complete && calls.every((call) => isTool(call.name))) {
      problems.push('tool call without its tags');
      return { text: '', calls };
    }
  }
  return { text, calls: [] };
}

/** The calls in one block: an object, several one after another, or an array of them. */
function readCalls(block: string): { calls: RouterCall[]; complete: boolean } {
  const body = block.replace(/^\s*```\w*\s*/, '').trim();
  const calls: RouterCall[] = [];
  let at = 0;
  while (body[at] === '{' || body[at] === '[') {
    const read = readJson(body, at);
    if (!read) return { calls, complete: false };
    for (const item of Array.isArray(read.value) ? read.value : [read.value]) {
      const call = item instanceof Map ? readCall(item) : undefined;
      if (!call) return { calls, complete: false };
      calls.push(call);
    }
    at = read.end;
    while (at < body.length && ' \t\r\n,;'.includes(body[at]!)) at++;
  }
  return { calls, complete: calls.length > 0 };
}

function readCall(object: PyObject): RouterCall | undefined {
  const inner = object.get('function');
  const call = inner instanceof Map ? inner : object;
  const name = call.get('name') ?? (typeof inner === 'string' ? inner : undefined);
  if (typeof name !== 'string' || name === '') return undefined;
  const args = call.get('arguments') ?? call.get('parameters') ?? new Map();
  // OpenAI's shape writes the arguments as JSON text of their own.
  return { name, arguments: typeof args === 'string' ? (readJson(args)?.value ?? args) : args };
}
