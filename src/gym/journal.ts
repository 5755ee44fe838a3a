/**
 * Where `collect` keeps what it has paid for: one line an outcome, appended as soon as it is known, so that
 * a process killed at any moment loses at most the calls that were under way.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { z } from 'zod';
import { XrouterError } from '../errors.ts';
import { type Outcome, outcome, parseLine, parseLines } from './outcome-table.ts';

const header = z.object({ journal: z.literal(1), run: z.string() });
const entry = z.object({ id: z.string(), fingerprint: z.string().optional(), model: z.string(), outcome });

export interface JournalEntry {
  id: string;
  /** Of the task as it was asked. */
  fingerprint?: string;
  model: string;
  outcome: Outcome;
}

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
  const run = lines.length === 0 ? randomUUID() : parseLine(header, lines[0], path, 1).run;
  const entries = lines.slice(1).map((line, index) => parseLine(entry, line, path, index + 2));
  const file = openToAppend(path);
  const append = (value: unknown) => {
    const line = Buffer.from(`${JSON.stringify(value)}\n`);
    const { size } = fstatSync(file);
    try {
      // One write a line: a line is then either there or not, and never mixed with another.
      if (writeSync(file, line) < line.length) throw new Error('the disk has no room for another line');
    } catch (cause) {
      // What a full disk took of the line would spoil the next one.
      truncateSync(path, size);
      throw cannotWrite(path, cause);
    }
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

function openToAppend(path: string): number {
  try {
    return openSync(path, 'a');
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

function cannotWrite(path: string, cause: unknown): XrouterError {
  return new XrouterError('invalid_file', `${path} cannot be written: ${(cause as Error).message}.`, {
    hint: 'The journal stands beside the table; choose an output file in a folder you can write to, with room.',
    cause,
  });
}
