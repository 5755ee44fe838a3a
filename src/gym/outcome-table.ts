/** The outcome table that `collect` writes: reading it, adding to it, writing it as a whole. */
import { existsSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { XrouterError } from '../errors.ts';
import { writeWhole } from '../files.ts';
import { canonical } from '../verifier/json-value.ts';
import type { CollectTask } from './collect.ts';
import { fileText } from './file-text.ts';
import type { JournalEntry } from './journal.ts';
import { hash32 } from './random.ts';

/** One cell of an outcome table, with the names that the file has. */
export interface Outcome {
  /** 0..1. */
  score: number;
  /** USD of this call. */
  cost: number;
  input_tokens?: number;
  output_tokens?: number;
}

/** One line of an outcome table. What is not named here is kept as it is. */
export interface OutcomeRow {
  id: string;
  task?: string;
  outcomes: Record<string, Outcome>;
  [column: string]: unknown;
}

export const outcome = z.looseObject({
  score: z.number().min(0).max(1),
  cost: z.number().nonnegative(),
  input_tokens: z.number().nonnegative().optional(),
  output_tokens: z.number().nonnegative().optional(),
});
const row = z.looseObject({
  id: z.string(),
  task: z.string().optional(),
  outcomes: z.record(z.string(), outcome),
});
/** Outcomes by task id and model. */
export type Known = Map<string, Record<string, Outcome>>;

/** The file that a link stands for, also one that is not there yet; another path as it is. */
export function behindLinks(path: string): string {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return path;
  if (existsSync(path)) return realpathSync(path);
  return resolve(realpathSync(dirname(path)), readlinkSync(path));
}

/**
 * The rows of an outcome table; none where the file does not exist. A name that ends in `.gz` is compressed.
 * @throws XrouterError `invalid_file` that names line and reason
 */
export function readTable(path: string): OutcomeRow[] {
  if (!existsSync(path)) return [];
  // A device may have no end; and the table, once whole, is put in the place of what is there.
  if (!statSync(path).isFile()) {
    throw new XrouterError('invalid_file', `${path} is not a file.`, {
      hint: 'Name a file to go on with or to begin.',
    });
  }
  return parseLines(fileText(path), path).map(
    (line, index) => parseLine(row, line, path, index + 1) as OutcomeRow,
  );
}

/** Writes the whole table, or leaves the old one as it was. */
export async function writeTable(path: string, rows: readonly OutcomeRow[]): Promise<void> {
  const text = rows.map((line) => `${JSON.stringify(line)}\n`).join('');
  try {
    await writeWhole(path, [path.endsWith('.gz') ? gzipSync(text) : text]);
  } catch (cause) {
    throw new XrouterError('invalid_file', (cause as Error).message, {
      hint: 'What is known stays in its journal; make room or the folder writable, and run the same command again.',
      cause,
    });
  }
}

export function keep(known: Known, id: string): Record<string, Outcome> {
  const outcomes: Record<string, Outcome> = {};
  known.set(id, outcomes);
  return outcomes;
}

/** @throws XrouterError `invalid_file` where a row has the id of a task and another prompt */
export function outcomesOf(table: readonly OutcomeRow[], tasks: readonly CollectTask[], out: string): Known {
  const known: Known = new Map(table.map((row) => [row.id, { ...row.outcomes }]));
  const byId = new Map(table.map((row) => [row.id, row]));
  for (const task of tasks) {
    const row = byId.get(task.id);
    if (!row) continue;
    const asked = promptColumns(task);
    const same = (column: string) => canonical(row[column]) === canonical(asked[column]);
    // A table of another origin may hold no tools.
    if (same('prompt') && same('messages') && (row.tools === undefined || same('tools'))) continue;
    throw changedTask(task, out);
  }
  return known;
}

/** What the journal notes of a task, to know it again. */
export function fingerprintOf(task: CollectTask): string {
  return hash32(canonical(promptColumns(task))).toString(36);
}

/**
 * Adds outcomes of a journal to those of the table, which come first.
 * @throws XrouterError `invalid_file` where a task has the id of one that was asked with another prompt
 */
export function addEntries(
  known: Known,
  entries: readonly JournalEntry[],
  tasks: readonly CollectTask[],
  path: string,
): void {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  for (const { id, model, outcome, fingerprint } of entries) {
    const task = byId.get(id);
    if (task && fingerprint !== undefined && fingerprint !== fingerprintOf(task))
      throw changedTask(task, path);
    (known.get(id) ?? keep(known, id))[model] ??= outcome;
  }
}

function changedTask({ id }: CollectTask, path: string): XrouterError {
  return new XrouterError(
    'invalid_file',
    `${path} holds a task "${id}" with another prompt or other tools.`,
    {
      hint: 'Give the changed task another id, or choose another output file.',
    },
  );
}

/** Rows of the table that was there, then the tasks in their order; a row without outcomes is not written. */
export function rowsOf(
  table: readonly OutcomeRow[],
  tasks: readonly CollectTask[],
  known: Known,
): OutcomeRow[] {
  const there = new Set(table.map((row) => row.id));
  const added = tasks
    .filter((task) => !there.has(task.id))
    .map((task) => ({ id: task.id, task: task.task, ...promptColumns(task), outcomes: {} }));
  return [...table, ...added]
    .map((row): OutcomeRow => ({ ...row, outcomes: known.get(row.id) ?? row.outcomes }))
    .filter((row) => Object.keys(row.outcomes).length > 0);
}

function promptColumns({ request }: CollectTask): Record<string, unknown> {
  const [first, second] = request.messages;
  const alone =
    first?.role === 'user' && !second && typeof first.content === 'string' ? first.content : undefined;
  return {
    ...(alone === undefined ? { messages: request.messages } : { prompt: alone }),
    ...(request.tools && { tools: request.tools }),
  };
}

export function parseLines(text: string, path: string): unknown[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, index) => {
    try {
      return JSON.parse(line);
    } catch (cause) {
      throw broken(path, index + 1, (cause as Error).message);
    }
  });
}

/** @throws XrouterError `invalid_file` that names line and reason */
export function parseLine<T>(schema: z.ZodType<T>, value: unknown, path: string, line: number): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw broken(path, line, `${issue.path.join('.') || 'the line'}: ${issue.message}`);
}

function broken(path: string, line: number, reason: string): XrouterError {
  return new XrouterError('invalid_file', `Line ${line} of ${path} is broken: ${reason}.`, {
    hint: 'Mend or remove that line, or choose another output file.',
  });
}
