/**
 * Outcome tables: JSON lines, optionally gzipped, one prompt a line with what each model made of it:
 * `{id, task?, prompt | messages, tools?, outcomes: {MODEL: {score, cost, input_tokens?, output_tokens?}}}`.
 * Score 0..1, cost in USD of that call. Unknown fields are ignored; rows may lack some models.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { XrouterError } from '../errors.ts';
import { type PromptView, viewPrompt } from '../policy/prompt-view.ts';
import type { ChatMessage, ToolDefinition } from '../request.ts';
import { bad, records, shaped } from './json-lines.ts';

export interface Outcome {
  /** 0..1. */
  score: number;
  costUsd: number;
  inputTokens?: number;
  outputTokens?: number;
}

/** What a decision may look at. */
export interface TablePrompt {
  id: string;
  task?: string;
  view: PromptView;
}

export interface TableRow extends TablePrompt {
  outcomes: Map<string, Outcome>;
}

export interface OutcomeTable {
  path: string;
  rows: TableRow[];
  /** Every model of some row, sorted. */
  models: string[];
  /** Whose vectors the prompts have, where `embedTables` gave them some. */
  embeddings?: string;
}

/** No call costs more; what is added up and squared from here on then stays a number. */
export const MOST_USD = 1e6;
const content = z.union([z.string(), z.array(z.looseObject({ type: z.string() })), z.null()], {
  error: 'it must be a text or a list of parts',
});
/** Of a line: what is asked. */
export const promptFields = {
  id: z.union([z.string().min(1), z.number()], { error: 'it must be a text or a number' }).transform(String),
  task: z.string().optional(),
  prompt: z.string().optional(),
  messages: z.array(z.looseObject({ role: z.string(), content: content.optional() })).optional(),
  tools: z.array(z.looseObject({})).optional(),
};
const tokens = z.number().nonnegative().optional();
/** Of a line: what one model made of it. */
export const outcomeFields = {
  score: z.number().min(0).max(1),
  cost: z.number().nonnegative().max(MOST_USD),
  input_tokens: tokens,
  output_tokens: tokens,
};
const promptShape = z.object(promptFields);
const rowShape = z.object({ ...promptFields, outcomes: z.record(z.string(), z.object(outcomeFields)) });
type PromptRow = z.infer<typeof promptShape>;

/**
 * Reads prompts only, as `decide` does: outcomes are neither needed nor looked at.
 * @throws XrouterError `invalid_file`, naming the line and the reason
 */
export async function readPrompts(path: string): Promise<TablePrompt[]> {
  const rows: TablePrompt[] = [];
  for await (const { line, value } of records(path)) {
    rows.push(promptOf(path, line, shaped(path, line, value, promptShape, 'an outcome table')));
  }
  return rows;
}

/**
 * Reads a whole table with its outcomes.
 * @throws XrouterError `invalid_file`, naming the line and the reason
 */
export async function readTable(path: string): Promise<OutcomeTable> {
  const rows: TableRow[] = [];
  for await (const { line, value } of records(path)) {
    const row = shaped(path, line, value, rowShape, 'an outcome table');
    const prompt = promptOf(path, line, row);
    const outcomes = new Map<string, Outcome>();
    for (const [model, outcome] of Object.entries(row.outcomes)) {
      if (model === '') throw bad(path, line, 'outcomes has a model without a name');
      outcomes.set(model, {
        score: outcome.score,
        costUsd: outcome.cost,
        ...(outcome.input_tokens === undefined ? {} : { inputTokens: outcome.input_tokens }),
        ...(outcome.output_tokens === undefined ? {} : { outputTokens: outcome.output_tokens }),
      });
    }
    if (outcomes.size === 0) throw bad(path, line, 'outcomes is empty');
    rows.push({ ...prompt, outcomes });
  }
  return { path, rows, models: modelsOf(rows) };
}

/**
 * Whether a policy can be learned from a table at all.
 * @throws XrouterError `invalid_file` for one row, one model, or scores that are all equal
 */
export function requireLearnable(table: OutcomeTable, least: { models: number } = { models: 2 }): void {
  const { path, rows, models } = table;
  const hint = 'Collect outcomes of at least two models on some dozens of prompts of different difficulty.';
  const refuse = (reason: string): never => {
    throw new XrouterError('invalid_file', `${path}: ${reason}; nothing can be learned from it.`, { hint });
  };
  if (rows.length < 2) refuse('the table has one row');
  if (models.length < least.models) refuse(`the table has one model, ${models[0]}`);
  const scores = new Set<number>();
  for (const row of rows) for (const outcome of row.outcomes.values()) scores.add(outcome.score);
  if (scores.size < 2) refuse(`all scores are ${[...scores][0]}`);
}

/**
 * Tables without the rows that an earlier one holds just so, as where one file is a longer copy of another: counted twice
 * they would also stand on both sides where a part is kept back to check by.
 */
export function withoutRepeats(tables: readonly OutcomeTable[]): {
  tables: OutcomeTable[];
  repeated: number;
} {
  if (tables.length < 2) return { tables: [...tables], repeated: 0 };
  const seen = new Set<string>();
  let repeated = 0;
  const left = tables.map((table) => {
    // Ids are told apart within a table only, so none of its own rows is another's repeat.
    const keys = table.rows.map(keyOf);
    const rows = table.rows.filter((_, i) => !seen.has(keys[i]!));
    for (const key of keys) seen.add(key);
    repeated += table.rows.length - rows.length;
    return { ...table, rows, models: modelsOf(rows) };
  });
  return { tables: left.filter(({ rows }) => rows.length > 0), repeated };
}

function modelsOf(rows: readonly TableRow[]): string[] {
  return [...new Set(rows.flatMap(({ outcomes }) => [...outcomes.keys()]))].sort();
}

function keyOf({ id, task, view, outcomes }: TableRow): string {
  const measured = [...outcomes].sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([id, task, view, measured]))
    .digest('base64');
}

/** @throws XrouterError `invalid_file` where there is neither prompt nor messages */
export function requirePrompt(path: string, line: number, { prompt, messages }: PromptRow): void {
  if (prompt === undefined && messages === undefined) throw bad(path, line, 'prompt or messages is missing');
}

function promptOf(path: string, line: number, row: PromptRow): TablePrompt {
  requirePrompt(path, line, row);
  const { prompt, messages } = row;
  const conversation = (messages as unknown as ChatMessage[] | undefined) ?? [
    { role: 'user', content: prompt! },
  ];
  let view: PromptView;
  try {
    view = viewPrompt({
      messages: conversation,
      ...(row.tools ? { tools: row.tools as unknown as ToolDefinition[] } : {}),
    });
  } catch (cause) {
    throw bad(path, line, 'messages are not chat messages', cause);
  }
  return { id: row.id, ...(row.task === undefined ? {} : { task: row.task }), view };
}
