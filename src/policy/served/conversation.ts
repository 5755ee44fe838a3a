/**
 * The router's conversation, rebuilt from the steps of the request before every decision: the policy itself
 * keeps nothing, so requests cannot mix.
 */
import type { CallRecord } from '../../episode.ts';
import { textOf } from '../../request.ts';
import type { PolicyStep } from '../policy.ts';
import { isRejected, type WrittenCall } from './move.ts';
import type { RouterTurn } from './render.ts';

/** What becomes of one written call: the candidate it went to, or why it went nowhere. */
export type CallOutcome = { tool: string; model: string } | { tool: string; error: string };

/** The policy's note to itself, kept with each of its steps. */
export class ServedTrace {
  /** When the first decision of the request began; the deadline counts from here. */
  readonly startedAtMs: number;
  /** What the router wrote in this step, and the tool turns that were answered without a call. */
  readonly turns: RouterTurn[] = [];
  /** The calls of the last of these turns, in the order written. */
  readonly outcomes: CallOutcome[] = [];

  constructor(startedAtMs: number) {
    this.startedAtMs = startedAtMs;
  }

  /** The router's thinking is for the router: a result that is printed or sent does not carry it along. */
  toJSON(): { turns: number } {
    return { turns: this.turns.filter(({ role }) => role === 'assistant').length };
  }
}

/** An answer the router may select. */
export interface ToolAnswer {
  /** The tool it came from. */
  tool: string;
  record: CallRecord;
}

/** Longer answers are shown to the router with their middle left out; the user gets them whole. */
const ANSWER_CHARS = 16_000;

const TIMED_OUT =
  'Timeout when trying to call this model. Please change to call another model to get the solution in your next turn.';

export function outcomeOf(written: WrittenCall): CallOutcome {
  const tool = written.call.name;
  return isRejected(written) ? { tool, error: written.error } : { tool, model: written.model };
}

export class Conversation {
  readonly turns: RouterTurn[] = [];
  /** Answers so far, oldest first. */
  readonly answers: ToolAnswer[] = [];
  readonly startedAtMs: number;
  /** Turns the router has taken. */
  taken = 0;

  constructor(steps: readonly PolicyStep[], policy: string, nowMs: number) {
    const traces = steps.map(({ decision }) => (decision.policy === policy ? decision.trace : undefined));
    this.startedAtMs = traces.find(isServedTrace)?.startedAtMs ?? nowMs;
    for (const [index, { calls }] of steps.entries()) {
      const trace = traces[index];
      if (isServedTrace(trace)) this.#replay(trace, calls);
    }
  }

  /** Adds a turn of the router, and what it is answered with. */
  add(turns: readonly RouterTurn[]): void {
    this.turns.push(...turns);
    this.taken += turns.filter(({ role }) => role === 'assistant').length;
  }

  /** The answer a selection names: `tool#2` the second of that tool, the tool alone its latest. */
  find(target: string): CallRecord | undefined {
    const [, tool, ordinal] = /^(.*?)(?:#(\d+))?$/s.exec(target.trim())!;
    const ofTool = this.answers.filter((answer) => normalise(answer.tool) === normalise(tool!));
    const named = ordinal === undefined ? ofTool.at(-1) : ofTool[Number(ordinal) - 1];
    return (named ?? this.answers.find(({ record }) => record.callId === target.trim()))?.record;
  }

  #replay(trace: ServedTrace, calls: readonly CallRecord[]): void {
    this.add(trace.turns);
    for (const outcome of trace.outcomes) {
      this.turns.push({ role: 'tool', content: this.#result(outcome, calls) });
    }
  }

  #result(outcome: CallOutcome, calls: readonly CallRecord[]): string {
    if ('error' in outcome) return outcome.error;
    const { tool } = outcome;
    const record = calls.find((call) => call.model === outcome.model);
    if (record?.status !== 'completed' || !record.message) return failureText(tool, record);
    const count = this.answers.filter((answer) => answer.tool === tool).length;
    this.answers.push({ tool, record });
    const text = shorten(textOf(record.message.content) || record.message.refusal || '');
    // Training never called a model twice; where it happens, the router needs a name for the second answer.
    return count === 0 ? text : `[${tool}#${count + 1}]\n${text}`;
  }
}

function isServedTrace(trace: unknown): trace is ServedTrace {
  return trace instanceof ServedTrace;
}

function failureText(tool: string, record: CallRecord | undefined): string {
  const code = record?.error?.code;
  if (code?.endsWith('_timeout')) return TIMED_OUT;
  return `Error calling ${tool}: ${record?.error?.message ?? 'the call was not made.'}`;
}

function shorten(text: string): string {
  if (text.length <= ANSWER_CHARS) return text;
  const half = ANSWER_CHARS / 2;
  return `${text.slice(0, half)}\n[…]\n${text.slice(-half)}`.toWellFormed();
}

function normalise(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[-.]/g, '_')
    .replace(/^call_/, '');
}
