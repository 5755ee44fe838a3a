/** One connection to the ledger file: opening, transactions, and what to do when the file fails. */
import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { XrouterError } from '../errors.ts';
import * as faults from './file-faults.ts';
import { migrate, versionOf } from './schema.ts';
import { loadSqlite } from './sqlite-module.ts';

export interface DatabaseOptions {
  path: string;
  /**
   * A corrupt file is always kept aside. `refuse`, the default, then fails every opening until the user acts,
   * since an empty account has forgotten what was spent; `start-fresh` begins an empty one.
   */
  onCorrupt?: 'refuse' | 'start-fresh';
  /** Longest wait for the lock of another process, in ms. Default 5000. */
  busyTimeoutMs?: number;
  /** Clock, epoch ms. */
  nowMs?: () => number;
}

/** SQLite's own wait for a lock stops the whole process, so it is short; longer waits are asynchronous. */
const BLOCKING_WAIT_MS = 5;
/** How often a writer looks whether its file is still the one at the path. */
const PLACE_CHECK_MS = 1000;
/** Up to this size every page is looked at when the file is opened; beyond, a bad page shows when it is used. */
const FULLY_CHECKED_BYTES = 8 * 2 ** 20;

/** @throws XrouterError `ledger_unavailable`, with what to do */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { onCorrupt = 'refuse', busyTimeoutMs = 5000, nowMs = Date.now } = options;
  // The file itself, also after a change of folder and behind a link: SQLite keeps the log beside the file.
  const path = existsSync(options.path) ? realpathSync(options.path) : resolve(options.path);
  const deadlineMs = performance.now() + busyTimeoutMs;
  for (;;) {
    const inode = faults.inodeOf(path);
    try {
      if (faults.lostItsContent(path)) throw new CorruptFile('the file is empty, its write-ahead log is not');
      const aside = inode === undefined && onCorrupt === 'refuse' ? faults.keptAside(path) : undefined;
      if (aside) throw faults.corruptLedger(path, aside);
      return new Database(connect(path, inode !== undefined), path, busyTimeoutMs, nowMs);
    } catch (error) {
      const isLate = performance.now() > deadlineMs;
      if (isCorrupt(error) && !isLate) {
        const aside = keepAside(path, inode, nowMs());
        if (aside && onCorrupt === 'refuse') throw faults.corruptLedger(path, aside, error);
        // Otherwise the next round begins afresh, or finds what another process made of it.
      } else if (faults.isBusy(error) && !isLate) {
        await sleep(5 + 10 * Math.random());
      } else {
        throw faults.explainFault(error, path);
      }
    }
  }
}

function keepAside(path: string, inode: number | undefined, nowMs: number): string | undefined {
  try {
    return faults.keepAside(path, inode, nowMs);
  } catch (error) {
    throw faults.explainFault(error, path);
  }
}

/** What the checks of SQLite found, as opposed to what it stumbled over itself. */
class CorruptFile extends Error {}

function isCorrupt(error: unknown): boolean {
  return error instanceof CorruptFile || faults.isCorrupt(error);
}

function connect(path: string, exists: boolean): DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  if (exists) inspect(path);
  else mkdirSync(dirname(path), { recursive: true });
  const db = new DatabaseSync(path, { timeout: BLOCKING_WAIT_MS });
  try {
    // NORMAL writes each commit to the log without fsync: it survives the death of the process (the kernel
    // holds the pages), and a power cut can lose the last commits but never tears the file. FULL would cost
    // an fsync a commit, milliseconds on many disks, for spend that the provider's own account also knows.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    // The log is carried over to the file, with the fsyncs that takes, every 16 MB instead of every 4: a tenth
    // less CPU a call, since the pages of the hot totals are then carried over once for many calls.
    db.exec('PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 16777216');
    migrate(db, path);
    // Finds a disk that cannot be written now, not at the first call.
    db.exec('BEGIN IMMEDIATE; ROLLBACK');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Through a connection that can only read, so that a file found corrupt is kept byte for byte. */
function inspect(path: string): void {
  const { DatabaseSync } = loadSqlite();
  const db = new DatabaseSync(path, { readOnly: true, timeout: BLOCKING_WAIT_MS });
  try {
    versionOf(db, path);
    if (statSync(path).size > FULLY_CHECKED_BYTES) return;
    const found = db.prepare('PRAGMA quick_check(1)').get()?.quick_check;
    if (found !== 'ok') throw new CorruptFile(String(found));
  } finally {
    db.close();
  }
}

export class Database {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #busyTimeoutMs: number;
  readonly #inode: number | undefined;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly nowMs: () => number;
  #placeCheckedMs = Number.NEGATIVE_INFINITY;
  /** Why it is closed for good, where it is. */
  #failure: XrouterError | undefined;

  constructor(db: DatabaseSync, path: string, busyTimeoutMs: number, nowMs: () => number) {
    this.#db = db;
    this.#path = path;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#inode = faults.inodeOf(path);
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.nowMs = nowMs;
  }

  prepare(sql: string): StatementSync {
    return this.#db.prepare(sql);
  }

  /**
   * Runs `work` in one transaction that holds the write lock from its start, so that what it reads stays
   * true until it is written; all of it is kept, or nothing where `work` throws.
   * @throws what `work` throws, and XrouterError `ledger_unavailable`
   */
  write<T>(work: () => T): Promise<T> {
    return this.#whenFree(() => {
      this.#assertInPlace();
      this.#begin.run();
      try {
        const result = work();
        this.#commit.run();
        return result;
      } catch (error) {
        // Some faults, a full disk for one, have rolled back already.
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
        throw error;
      }
    });
  }

  /** Runs `work`, one or more reads. */
  read<T>(work: () => T): Promise<T> {
    return this.#whenFree(work);
  }

  close(): void {
    if (!this.#db.isOpen) return;
    this.#db.close();
    this.#failure ??= new XrouterError('ledger_unavailable', `The ledger ${this.#path} is closed.`, {
      hint: 'Close the ledger only after the last request has ended.',
    });
  }

  async #whenFree<T>(work: () => T): Promise<T> {
    const deadlineMs = performance.now() + this.#busyTimeoutMs;
    for (;;) {
      if (this.#failure) throw this.#failure;
      try {
        return work();
      } catch (error) {
        if (!faults.isBusy(error) || performance.now() > deadlineMs) throw this.#explain(error);
      }
      await sleep(1 + 9 * Math.random());
    }
  }

  #explain(error: unknown): unknown {
    if (!faults.isCorrupt(error)) return faults.explainFault(error, this.#path);
    // Closed before it is moved: SQLite deletes the log by name when it closes, which then may be another's.
    this.#db.close();
    const aside = keepAside(this.#path, this.#inode, this.nowMs()) ?? faults.keptAside(this.#path);
    this.#failure = faults.corruptLedger(this.#path, aside ?? this.#path, error);
    return this.#failure;
  }

  /** A file deleted or replaced under a running process would take the spend with it, unseen. */
  #assertInPlace(): void {
    const now = performance.now();
    if (now - this.#placeCheckedMs < PLACE_CHECK_MS) return;
    if (faults.inodeOf(this.#path) !== this.#inode) {
      throw new XrouterError(
        'ledger_unavailable',
        `The ledger ${this.#path} was moved or deleted while in use.`,
        {
          hint: 'Put it back, or restart xrouter to use what is at that path now.',
        },
      );
    }
    this.#placeCheckedMs = now;
  }
}
