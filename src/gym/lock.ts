/** One collection at a time into one table: the later one would overwrite what the earlier one paid for. */
import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { XrouterError } from '../errors.ts';
import { isBusy } from '../ledger/file-faults.ts';
import { loadSqlite } from '../ledger/sqlite-module.ts';

/** The file is new, or was removed between looking and locking, at most this often in a row. */
const MOST_TRIES = 20;

/**
 * Takes the lock of a table: the operating system's own, by way of SQLite, on an empty file beside it. The
 * system gives it back when the process dies, however that happens, so there is no dead owner to tell from a
 * living one, also among containers whose processes have the same numbers.
 * @returns gives it back
 * @throws XrouterError `invalid_file` where another collection writes the table, or the folder cannot be written
 */
export function lockTable(out: string): () => void {
  const path = `${out}.lock`;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const before = fileAt(path);
    const database = lockedFile(path, out);
    // Whoever gives the lock back removes the file; a lock on a removed one keeps nobody out.
    if (before !== undefined && before === fileAt(path)) return () => giveBack(database, path);
    database.close();
  }
  throw beingWritten(out);
}

function lockedFile(path: string, out: string): DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    // In memory, or beginning would write a journal beside the file.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return database;
  } catch (cause) {
    database?.close();
    if (isBusy(cause)) throw beingWritten(out);
    throw new XrouterError('invalid_file', `${path} cannot be locked: ${reasonOf(cause, path)}.`, {
      hint: 'It stands beside the table; choose an output file in a folder on a local disk that you can write to.',
      cause,
    });
  }
}

/** SQLite says only "unable to open", so the file system is asked. */
function reasonOf(cause: unknown, path: string): string {
  try {
    closeSync(openSync(path, 'a'));
    return (cause as Error).message;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Removed while it is locked, so that nobody who has just locked it loses it. */
function giveBack(database: DatabaseSync, path: string): void {
  try {
    rmSync(path, { force: true });
    database.close();
  } catch {
    // Windows removes no open file, and not one that another process has opened since.
    database.close();
    try {
      rmSync(path, { force: true });
    } catch {}
  }
}

/** Which file stands at a path: a number may come again, but not with the same time of birth. */
function fileAt(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.ino} ${stat.birthtimeNs}`;
}

function beingWritten(out: string): XrouterError {
  return new XrouterError('invalid_file', `Another collection is writing ${out}.`, {
    hint: 'Wait until it ends, or choose another output file.',
  });
}
