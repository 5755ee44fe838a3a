/** The account in one SQLite file, shared by any number of processes of one machine. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fromNanoUsd } from '../money.ts';
import type { Database, DatabaseOptions } from './database.ts';
import { openDatabase } from './database.ts';
import type { EpisodeOptions, EpisodeStore } from './episodes.ts';
import type {
  Balance,
  BudgetScope,
  Ledger,
  LedgerEntry,
  Reservation,
  ReservationRequest,
  Settlement,
} from './ledger.ts';
import { Renewal } from './renewal.ts';
import type { Totals } from './rules.ts';
import * as rules from './rules.ts';
import { SqliteEpisodes } from './sqlite-episodes.ts';

export interface SqliteLedgerOptions extends DatabaseOptions {
  episodes?: EpisodeOptions;
}

/** A ledger whose file also keeps the episodes; closing it closes both. */
export interface SqliteLedger extends Ledger {
  readonly episodeStore: EpisodeStore;
}

/**
 * Opens the file, and makes it where there is none.
 * @throws XrouterError `ledger_unavailable`: cannot be written, corrupt, locked, of a newer version
 */
export async function openSqliteLedger(options: SqliteLedgerOptions): Promise<SqliteLedger> {
  const database = await openDatabase(options);
  return new FileLedger(database, new SqliteEpisodes(database, options.episodes ?? {}));
}

class FileLedger implements SqliteLedger {
  readonly episodeStore: SqliteEpisodes;
  readonly #database: Database;
  readonly #sql: ReturnType<typeof statements>;
  readonly #renewal: Renewal;

  constructor(database: Database, episodeStore: SqliteEpisodes) {
    this.#database = database;
    this.episodeStore = episodeStore;
    this.#sql = statements(database);
    this.#renewal = new Renewal((open) =>
      this.#database.write(() => {
        const now = this.#database.nowMs();
        for (const [id, expiresInMs] of open) this.#sql.renew.run(now + expiresInMs, id);
      }),
    );
  }

  async reserve(request: ReservationRequest): Promise<Reservation> {
    const scopes = rules.distinctScopes(request.scopes);
    const reservedNano = rules.amountNano(`The worst case of ${request.model}`, request.amountUsd);
    const expiresInMs = Math.ceil(Math.min(Math.max(request.expiresInMs, 1), LONGEST_EXPIRY_MS));

    const id = await this.#database.write(() => {
      const now = this.#database.nowMs();
      this.#loseExpired(now);
      rules.assertFits(request, reservedNano, scopes, (scope) => this.#totals(scope));
      const added = rules.contribution('reserved', reservedNano, undefined);
      for (const { kind, key } of scopes) this.#add(kind, key, added);
      const scopeKeys = JSON.stringify(scopes.map(({ kind, key }) => [kind, key]));
      const { episodeId, callId, model } = request;
      const amount = reservedNano ?? null;
      return this.#sql.insert.run(episodeId, callId, model, amount, scopeKeys, now, now + expiresInMs)
        .lastInsertRowid;
    });
    this.#renewal.add(Number(id), expiresInMs);
    return { id: String(id), amountUsd: request.amountUsd };
  }

  async settle(reservationId: string, settlement: Settlement): Promise<void> {
    const costNano = rules.settledNano(settlement);
    const { status, usage, provenance, servedModel } = settlement;
    await this.#database.write(() => {
      const row = this.#row(reservationId);
      // A call given up as lost or released that tells its cost after all has cost that much.
      if (row.state === 'settled') return;
      this.#move(row, 'settled', costNano);
      this.#sql.settle.run(
        costNano ?? null,
        status,
        usage ? JSON.stringify(usage) : null,
        provenance ? JSON.stringify(provenance) : null,
        servedModel ?? null,
        this.#database.nowMs(),
        row.id,
      );
    });
    this.#renewal.delete(Number(reservationId));
  }

  async release(reservationId: string): Promise<void> {
    await this.#database.write(() => {
      const row = this.#row(reservationId);
      if (row.state !== 'reserved' && row.state !== 'lost') return;
      this.#move(row, 'released', 0);
      this.#sql.release.run(this.#database.nowMs(), row.id);
    });
    this.#renewal.delete(Number(reservationId));
  }

  async balance(scope: Pick<BudgetScope, 'kind' | 'key'>): Promise<Balance> {
    await this.#loseExpiredIfAny();
    return rules.toBalance(await this.#database.read(() => this.#totals(scope)));
  }

  async entries(filter: { episodeId?: string; limit?: number } = {}): Promise<LedgerEntry[]> {
    await this.#loseExpiredIfAny();
    const limit = filter.limit ?? DEFAULT_ENTRIES;
    const rows = await this.#database.read(() =>
      filter.episodeId === undefined
        ? this.#sql.newest.all(limit)
        : this.#sql.newestOfEpisode.all(filter.episodeId, limit),
    );
    return (rows as unknown as EntryRow[]).map(toEntry);
  }

  async *ended(since: string, most?: number): AsyncGenerator<LedgerEntry[]> {
    await this.#loseExpiredIfAny();
    let last = { settled_at_ms: Date.parse(since), id: 0 };
    if (most !== undefined) {
      const read = () => this.#sql.lastEnded.get(last.settled_at_ms, most);
      last = ((await this.#database.read(read)) as typeof last | undefined) ?? last;
    }
    for (;;) {
      const { settled_at_ms: fromMs, id } = last;
      const rows = (await this.#database.read(() =>
        this.#sql.ended.all(fromMs, fromMs, id, rules.PART),
      )) as unknown as (EntryRow & typeof last)[];
      if (rows.length > 0) yield rows.map(toEntry);
      if (rows.length < rules.PART) return;
      last = rows.at(-1)!;
      // Reading holds the process up; between two parts others get their turn.
      await nextTurn();
    }
  }

  async close(): Promise<void> {
    this.#renewal.stop();
    await this.episodeStore.flush();
    this.#database.close();
  }

  async #loseExpiredIfAny(): Promise<void> {
    const now = this.#database.nowMs();
    const some = await this.#database.read(() => this.#sql.expired.get(now));
    if (some) await this.#database.write(() => this.#loseExpired(now));
  }

  /** Reservations nobody renewed: their process died, and the provider may have billed the call. */
  #loseExpired(now: number): void {
    for (const row of this.#sql.expired.all(now) as unknown as OpenRow[]) {
      this.#move(row, 'lost', undefined);
      this.#sql.lose.run(now, row.id);
    }
  }

  /** Changes the totals from what the entry counted to what it counts in its new state. */
  #move(row: OpenRow, state: LedgerEntry['state'], costNano: number | undefined): void {
    const reservedNano = row.reserved_nano ?? undefined;
    const before = rules.contribution(row.state, reservedNano, row.cost_nano ?? undefined);
    const change = rules.subtract(rules.contribution(state, reservedNano, costNano), before);
    for (const [kind, key] of JSON.parse(row.scopes)) this.#add(kind, key, change);
  }

  #row(reservationId: string): OpenRow {
    const row = this.#sql.open.get(reservationId) as unknown as OpenRow | undefined;
    if (!row) throw rules.unknownReservation(reservationId);
    return row;
  }

  #totals(scope: Pick<BudgetScope, 'kind' | 'key'>): Totals {
    const row = this.#sql.totals.get(scope.kind, scope.key);
    return {
      spentNano: Number(row?.spent_nano ?? 0),
      reservedNano: Number(row?.reserved_nano ?? 0),
      unknownCalls: Number(row?.unknown_calls ?? 0),
    };
  }

  #add(kind: string, key: string, change: Totals): void {
    this.#sql.add.run(kind, key, change.spentNano, change.reservedNano, change.unknownCalls);
  }
}

/** What a change of state needs of an entry. */
interface OpenRow {
  id: number;
  state: LedgerEntry['state'];
  reserved_nano: number | null;
  cost_nano: number | null;
  scopes: string;
}

interface EntryRow extends OpenRow {
  episode_id: string;
  call_id: string;
  model: string;
  status: Settlement['status'] | null;
  usage: string | null;
  provenance: string | null;
  served_model: string | null;
  created_at_ms: number;
  settled_at_ms: number | null;
}

const DEFAULT_ENTRIES = 100;
const LONGEST_EXPIRY_MS = 365 * 24 * 3600 * 1000;

function statements(database: Database) {
  const openColumns = 'id, state, reserved_nano, cost_nano, scopes';
  const totals = database.prepare(
    'SELECT spent_nano, reserved_nano, unknown_calls FROM balances WHERE kind = ? AND key = ?',
  );
  // A scope's total may leave the range of a double's integers; its single amounts cannot.
  totals.setReadBigInts(true);
  return {
    totals,
    add: database.prepare(
      `INSERT INTO balances VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
        spent_nano = spent_nano + excluded.spent_nano,
        reserved_nano = reserved_nano + excluded.reserved_nano,
        unknown_calls = unknown_calls + excluded.unknown_calls`,
    ),
    insert: database.prepare(
      `INSERT INTO entries (episode_id, call_id, model, state, reserved_nano, scopes, created_at_ms, expires_at_ms)
        VALUES (?, ?, ?, 'reserved', ?, ?, ?, ?)`,
    ),
    open: database.prepare(`SELECT ${openColumns} FROM entries WHERE id = ?`),
    settle: database.prepare(
      `UPDATE entries SET state = 'settled', cost_nano = ?, status = ?, usage = ?, provenance = ?,
        served_model = ?, settled_at_ms = ? WHERE id = ?`,
    ),
    release: database.prepare(
      `UPDATE entries SET state = 'released', cost_nano = 0, settled_at_ms = ? WHERE id = ?`,
    ),
    renew: database.prepare(`UPDATE entries SET expires_at_ms = ? WHERE id = ? AND state = 'reserved'`),
    expired: database.prepare(
      `SELECT ${openColumns} FROM entries WHERE state = 'reserved' AND expires_at_ms <= ?`,
    ),
    lose: database.prepare(`UPDATE entries SET state = 'lost', settled_at_ms = ? WHERE id = ?`),
    newest: database.prepare('SELECT * FROM entries ORDER BY id DESC LIMIT ?'),
    // The comparison alone says what is asked for; SQLite wants the plain bound beside it to use the partial index.
    ended: database.prepare(
      `SELECT * FROM entries WHERE settled_at_ms >= ? AND (settled_at_ms, id) > (?, ?)
        ORDER BY settled_at_ms, id LIMIT ?`,
    ),
    lastEnded: database.prepare(
      `SELECT settled_at_ms, id FROM entries WHERE settled_at_ms >= ?
        ORDER BY settled_at_ms DESC, id DESC LIMIT 1 OFFSET ?`,
    ),
    newestOfEpisode: database.prepare('SELECT * FROM entries WHERE episode_id = ? ORDER BY id DESC LIMIT ?'),
  };
}

function toEntry(row: EntryRow): LedgerEntry {
  const usd = (nano: number | null) => (nano === null ? undefined : fromNanoUsd(nano));
  return {
    id: String(row.id),
    episodeId: row.episode_id,
    callId: row.call_id,
    model: row.model,
    state: row.state,
    reservedUsd: usd(row.reserved_nano),
    scopes: JSON.parse(row.scopes).map(([kind, key]: [BudgetScope['kind'], string]) => ({ kind, key })),
    usd: usd(row.cost_nano),
    status: row.status ?? undefined,
    usage: row.usage === null ? undefined : JSON.parse(row.usage),
    provenance: row.provenance === null ? undefined : JSON.parse(row.provenance),
    servedModel: row.served_model ?? undefined,
    createdAt: new Date(row.created_at_ms).toISOString(),
    settledAt: row.settled_at_ms === null ? undefined : new Date(row.settled_at_ms).toISOString(),
  };
}
