/** What can be wrong with the ledger's file, told to a person; and how a corrupt file is kept. */
import { accessSync, constants, existsSync, readdirSync, renameSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { XrouterError } from '../errors.ts';

// https://www.sqlite.org/rescode.html; the low byte of an extended code is its primary code.
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_PROTOCOL = 15;
const SQLITE_NOTADB = 26;

function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return undefined;
  return error.errcode & 0xff;
}

/** Another connection holds the lock; the same statement succeeds later. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === SQLITE_BUSY || code === SQLITE_LOCKED || code === SQLITE_PROTOCOL;
}

export function isCorrupt(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

/** A fault of the file or its disk as `ledger_unavailable`; anything else as it is. */
export function explainFault(error: unknown, path: string): unknown {
  const code = sqliteCode(error);
  if (error instanceof XrouterError) return error;
  if (isBusy(error)) {
    return unavailable(`The ledger ${path} is locked by another process.`, error, {
      hint: 'Look for a stopped or debugged process that has it open; the ledger must be on a local disk.',
    });
  }
  if (code === SQLITE_FULL) {
    return unavailable(`The disk of the ledger ${path} is full.`, error, {
      hint: 'Free some space on it; everything settled so far is kept.',
    });
  }
  if (code === SQLITE_READONLY || code === SQLITE_CANTOPEN || code === SQLITE_IOERR || isSystemError(error)) {
    return unavailable(`The ledger ${path} cannot be written: ${reasonNotWritable(path, error)}.`, error, {
      hint: 'Give the ledger a path on a disk that can be written, or use ":memory:" to keep no account on disk.',
    });
  }
  return error;
}

function unavailable(message: string, cause: unknown, details: { hint: string }): XrouterError {
  return new XrouterError('ledger_unavailable', message, { ...details, cause });
}

/** SQLite says only "unable to open", so the file system is asked. */
function reasonNotWritable(path: string, error: unknown): string {
  if (existsSync(path) && statSync(path).isDirectory()) return 'it is a folder';
  let folder = dirname(path);
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  for (const place of existsSync(path) ? [path, folder] : [folder]) {
    try {
      accessSync(place, constants.W_OK);
    } catch (refused) {
      return reasonOfCode(refused, place);
    }
  }
  return reasonOfCode(error, path);
}

function reasonOfCode(error: unknown, place: string): string {
  const code = isSystemError(error) ? error.code : undefined;
  if (code === 'EROFS') return 'its disk is read-only';
  if (code === 'EACCES' || code === 'EPERM') return `no permission to write ${place}`;
  if (code === 'ENOTDIR' || code === 'EEXIST') return `a part of the path ${place} is a file, not a folder`;
  if (code === 'ENOENT') return `${place} does not exist`;
  if (code === 'ENOSPC') return 'its disk is full';
  return error instanceof Error ? error.message : String(error);
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

/**
 * Renames a corrupt file and what belongs to it to `NAME.corrupt-TIMESTAMP`; returns the new name. Returns
 * `undefined` where another process already did, that is where the file at `path` is no longer `inode`.
 */
export function keepAside(path: string, inode: number | undefined, nowMs: number): string | undefined {
  if (inodeOf(path) !== inode) return undefined;
  const aside = asideName(path, nowMs);
  // The main file last: a process that starts meanwhile must not pair a fresh file with the old WAL.
  for (const suffix of ['-wal', '-shm', '']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return aside;
}

function asideName(path: string, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().replaceAll(/[-:.]/g, '');
  const name = `${path}.corrupt-${stamp}`;
  for (let count = 2, free = name; ; count++) {
    if (!['', '-wal', '-shm'].some((suffix) => existsSync(free + suffix))) return free;
    free = `${name}-${count}`;
  }
}

/** The newest file kept aside for `path`, where there is one. */
export function keptAside(path: string): string | undefined {
  const folder = dirname(path);
  const prefix = `${basename(path)}.corrupt-`;
  if (!existsSync(folder)) return undefined;
  const names = readdirSync(folder).filter((name) => name.startsWith(prefix) && !/-(wal|shm)$/.test(name));
  const newest = names.sort().at(-1);
  return newest && join(folder, newest);
}

/** A file whose content is gone although its write-ahead log is not; opening it would delete the log. */
export function lostItsContent(path: string): boolean {
  const size = (name: string) => statSync(name, { throwIfNoEntry: false })?.size ?? 0;
  return size(path) === 0 && size(`${path}-wal`) > 0;
}

export function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

/** The account stays closed until a person says how to go on: an empty one would forget what was spent. */
export function corruptLedger(path: string, aside: string, cause?: unknown): XrouterError {
  return new XrouterError('ledger_unavailable', `The ledger ${path} was corrupt and is kept as ${aside}.`, {
    hint:
      `Put a backup at ${path}, or recover it with: sqlite3 '${aside}' .recover | sqlite3 '${path}' - ` +
      "or begin an empty account, which forgets what was spent, with the ledger option onCorrupt: 'start-fresh'.",
    cause,
  });
}
