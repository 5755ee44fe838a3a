/** The tables of the ledger file, and how a file of an older version gets to the present one. */
import type { DatabaseSync } from 'node:sqlite';
import { XrouterError } from '../errors.ts';

/** Marks a SQLite file as ours ("xrou"), so that another program's file is never migrated. */
const APPLICATION_ID = 0x78726f75;

/** One step for each version, oldest first; a step that was released is never changed. */
const MIGRATIONS = [
  // `balances` holds the sums of `entries` by scope, kept in the same transaction, so that a budget is
  // checked by one look-up however long the account is. `scopes` is [[kind, key], ...] of the entry.
  `
  CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    episode_id TEXT NOT NULL,
    call_id TEXT NOT NULL,
    model TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'settled', 'released', 'lost')),
    reserved_nano INTEGER,
    cost_nano INTEGER,
    status TEXT,
    usage TEXT,
    provenance TEXT,
    served_model TEXT,
    scopes TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    settled_at_ms INTEGER,
    expires_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX entries_by_episode ON entries (episode_id);
  CREATE INDEX open_entries ON entries (expires_at_ms) WHERE state = 'reserved';

  CREATE TABLE balances (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    spent_nano INTEGER NOT NULL,
    reserved_nano INTEGER NOT NULL,
    unknown_calls INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE episodes (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    started_at_ms INTEGER NOT NULL,
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX episodes_by_start ON episodes (started_at_ms);
  CREATE TABLE feedback (
    episode_id TEXT NOT NULL REFERENCES episodes (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    score REAL NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (episode_id, source)
  ) STRICT, WITHOUT ROWID;
  `,
  // The runs of the caller's trace that an answered request belongs to, so that feedback can name them.
  `
  CREATE TABLE runs (
    run_id TEXT NOT NULL,
    episode_id TEXT NOT NULL REFERENCES episodes (id) ON DELETE CASCADE,
    PRIMARY KEY (run_id, episode_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX runs_by_episode ON runs (episode_id);
  `,
  // For readers that follow the file: what has ended or changed since they last looked.
  `
  CREATE INDEX ended_entries ON entries (settled_at_ms, id) WHERE settled_at_ms IS NOT NULL;
  ALTER TABLE episodes ADD COLUMN changed_at_ms INTEGER NOT NULL DEFAULT 0;
  UPDATE episodes SET changed_at_ms = started_at_ms;
  CREATE INDEX episodes_by_change ON episodes (changed_at_ms, seq);
  `,
];

/**
 * Brings the file to the present version; one process at a time, others wait and then find it done.
 * @throws XrouterError as `versionOf`
 */
export function migrate(db: DatabaseSync, path: string): void {
  if (versionOf(db, path) === MIGRATIONS.length) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const step of MIGRATIONS.slice(versionOf(db, path))) db.exec(step);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/**
 * @returns the file's schema version, 0 for a file that is still empty
 * @throws XrouterError `ledger_unavailable` for a file of a newer version or of another program
 */
export function versionOf(db: DatabaseSync, path: string): number {
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  const applicationId = db.prepare('PRAGMA application_id').get()?.application_id;
  const isEmpty = db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  if (applicationId !== APPLICATION_ID && !(isEmpty && version === 0)) {
    throw new XrouterError('ledger_unavailable', `${path} is a SQLite file of another program.`, {
      hint: 'It was left as it is; give the ledger a path of its own.',
    });
  }
  if (version > MIGRATIONS.length) {
    throw new XrouterError(
      'ledger_unavailable',
      `${path} was written by a newer xrouter: its schema is version ${version}, this xrouter knows ${MIGRATIONS.length}.`,
      { hint: 'It was left as it is; update xrouter, or give this one a ledger path of its own.' },
    );
  }
  return version;
}
