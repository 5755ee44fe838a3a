/**
 * Where `collect` keeps what it has paid for: one line an outcome, appended as soon as it is known, so that
 * a process killed at any moment loses at most the calls that were under way.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { XrouterError } from '../errors.ts';

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
  task: string;
  outcomes: Record<string, Outcome>;
  [column: string]: unknown;
}

const outcome = z.looseObject({
  score: z.number().min(0).max(1),
  cost: z.number().nonnegative(),
  input_tokens: z.number().nonnegative().optional(),
  output_tokens: z.number().nonnegative().optional(),
});
const row = z.looseObject({ id: z.string(), task: z.string(), outcomes: z.record(z.string(), outcome) });
const header = z.object({ journal: z.literal(1), run: z.string() });
const entry = z.object({ id: z.string(), model: z.string(), outcome });

export type JournalEntry = z.infer<typeof entry>;

/** An open journal. `run` stays the same when a collection is resumed: its budget is counted under it. */
export interface Journal {
  run: string;
  /** Outcomes of earlier runs. */
  entries: JournalEntry[];
  append(entry: JournalEntry): void;
  close(): void;
  /** Closes and deletes it: the table holds everything. */
  remove(): void;
}

/**
 * Opens the journal of a table, or begins one. A last line without its end is what a killed process leaves;
 * it is cut off, and its call is made again.
 * @throws XrouterError `invalid_file` where another line is broken
 */
export function openJournal(path: string): Journal {
  const begun = existsSync(path);
  const text = begun ? readFileSync(path, 'utf8') : '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) truncateSync(path, Buffer.byteLength(whole));
  const lines = parseLines(whole, path);
  const run = lines.length === 0 ? randomUUID() : parse(header, lines[0], path, 1).run;
  const entries = lines.slice(1).map((line, index) => parse(entry, line, path, index + 2));
  const file = openSync(path, 'a');
  const append = (value: unknown) => {
    // One write a line: a line is then either there or not, and never mixed with another.
    writeSync(file, `${JSON.stringify(value)}\n`);
  };
  if (lines.length === 0) append({ journal: 1, run });
  return {
    run,
    entries,
    append,
    close: () => closeSync(file),
    remove() {
      closeSync(file);
      rmSync(path);
    },
  };
}

/**
 * The rows of an outcome table; none where the file does not exist. A name that ends in `.gz` is compressed.
 * @throws XrouterError `invalid_file` that names line and reason
 */
export function readTable(path: string): OutcomeRow[] {
  if (!existsSync(path)) return [];
  let text: string;
  try {
    const bytes = readFileSync(path);
    text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  } catch (cause) {
    throw new XrouterError('invalid_file', `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  return parseLines(text, path).map((line, index) => parse(row, line, path, index + 1) as OutcomeRow);
}

/** Writes the whole table, or leaves the old one as it was. */
export async function writeTable(path: string, rows: readonly OutcomeRow[]): Promise<void> {
  const text = rows.map((line) => `${JSON.stringify(line)}\n`).join('');
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, path.endsWith('.gz') ? gzipSync(text) : text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function parseLines(text: string, path: string): unknown[] {
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

function parse<T>(schema: z.ZodType<T>, value: unknown, path: string, line: number): T {
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
