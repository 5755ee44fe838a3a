/** The account of one process that needs no memory of it afterwards: tests, short scripts. */
import type {
  Balance,
  BudgetScope,
  Ledger,
  LedgerEntry,
  Reservation,
  ReservationRequest,
  Settlement,
} from './ledger.ts';
import type { Totals } from './rules.ts';
import * as rules from './rules.ts';

interface Account extends Totals {
  kind: BudgetScope['kind'];
  key: string;
  /** Entries kept of it; an account of a request is dropped with its last entry. */
  entries: number;
}

interface Row {
  entry: LedgerEntry;
  reservedNano: number | undefined;
  costNano: number | undefined;
  accounts: Account[];
}

export interface MemoryLedgerOptions {
  /** Ended entries kept for `entries()`; the totals of days, sessions and keys stay complete. Default 10000. */
  maxEntries?: number;
  /** Clock, epoch ms. */
  nowMs?: () => number;
}

/**
 * A ledger in memory. A reservation never becomes `lost`: its process is the only one that could notice.
 * Sums are exact up to 9 million USD in a scope.
 */
export function createMemoryLedger(options: MemoryLedgerOptions = {}): Ledger {
  return new MemoryLedger(options.maxEntries ?? 10_000, options.nowMs ?? Date.now);
}

class MemoryLedger implements Ledger {
  readonly #maxEntries: number;
  readonly #nowMs: () => number;
  readonly #rows = new Map<number, Row>();
  readonly #accounts = new Map<string, Account>();
  #lastId = 0;

  constructor(maxEntries: number, nowMs: () => number) {
    this.#maxEntries = maxEntries;
    this.#nowMs = nowMs;
  }

  async reserve(request: ReservationRequest): Promise<Reservation> {
    const scopes = rules.distinctScopes(request.scopes);
    const reservedNano = rules.amountNano(`The worst case of ${request.model}`, request.amountUsd);
    rules.assertFits(
      request,
      reservedNano,
      scopes,
      (scope) => this.#accounts.get(accountKey(scope)) ?? NOTHING,
    );

    const id = ++this.#lastId;
    const row: Row = {
      entry: {
        id: String(id),
        episodeId: request.episodeId,
        callId: request.callId,
        model: request.model,
        reservedUsd: request.amountUsd,
        scopes: scopes.map(({ kind, key }) => ({ kind, key })),
        state: 'reserved',
        createdAt: this.#time(),
      },
      reservedNano,
      costNano: undefined,
      accounts: scopes.map((scope) => this.#account(scope)),
    };
    this.#rows.set(id, row);
    const reserved = rules.contribution('reserved', reservedNano, undefined);
    for (const account of row.accounts) {
      account.entries++;
      add(account, reserved);
    }
    this.#evict();
    return { id: String(id), amountUsd: request.amountUsd };
  }

  async settle(reservationId: string, settlement: Settlement): Promise<void> {
    const costNano = rules.settledNano(settlement);
    const row = this.#row(reservationId);
    if (!row || row.entry.state === 'settled') return;
    this.#move(row, 'settled', costNano);
    Object.assign(row.entry, settlement, { settledAt: this.#time() });
  }

  async release(reservationId: string): Promise<void> {
    const row = this.#row(reservationId);
    if (row?.entry.state !== 'reserved') return;
    this.#move(row, 'released', 0);
    Object.assign(row.entry, { usd: 0, settledAt: this.#time() });
  }

  async balance(scope: Pick<BudgetScope, 'kind' | 'key'>): Promise<Balance> {
    return rules.toBalance(this.#accounts.get(accountKey(scope)) ?? NOTHING);
  }

  async entries(filter: { episodeId?: string; limit?: number } = {}): Promise<LedgerEntry[]> {
    const found: LedgerEntry[] = [];
    const limit = filter.limit ?? 100;
    for (const { entry } of [...this.#rows.values()].reverse()) {
      if (found.length >= limit) break;
      if (filter.episodeId === undefined || entry.episodeId === filter.episodeId) found.push({ ...entry });
    }
    return found;
  }

  async *ended(since: string, most = Number.POSITIVE_INFINITY): AsyncGenerator<LedgerEntry[]> {
    const found = [...this.#rows.values()]
      .filter(
        ({ entry }) => entry.settledAt !== undefined && Date.parse(entry.settledAt) >= Date.parse(since),
      )
      .sort((a, b) => Date.parse(a.entry.settledAt!) - Date.parse(b.entry.settledAt!))
      .slice(-most);
    for (let at = 0; at < found.length; at += rules.PART) {
      yield found.slice(at, at + rules.PART).map(({ entry }) => ({ ...entry }));
    }
  }

  async close(): Promise<void> {}

  #move(row: Row, state: LedgerEntry['state'], costNano: number | undefined): void {
    const before = rules.contribution(row.entry.state, row.reservedNano, row.costNano);
    const change = rules.subtract(rules.contribution(state, row.reservedNano, costNano), before);
    row.entry.state = state;
    row.costNano = costNano;
    for (const account of row.accounts) add(account, change);
  }

  /** `undefined` for an entry that ended and was evicted. */
  #row(reservationId: string): Row | undefined {
    const id = Number(reservationId);
    const row = this.#rows.get(id);
    if (!row && !(Number.isInteger(id) && id >= 1 && id <= this.#lastId)) {
      throw rules.unknownReservation(reservationId);
    }
    return row;
  }

  #account(scope: BudgetScope): Account {
    const key = accountKey(scope);
    let account = this.#accounts.get(key);
    if (!account) {
      account = { kind: scope.kind, key: scope.key, entries: 0, ...NOTHING };
      this.#accounts.set(key, account);
    }
    return account;
  }

  #evict(): void {
    for (const [id, row] of this.#rows) {
      if (this.#rows.size <= this.#maxEntries) return;
      if (row.entry.state === 'reserved') continue;
      this.#rows.delete(id);
      for (const account of row.accounts) {
        if (--account.entries === 0 && account.kind === 'request') this.#accounts.delete(accountKey(account));
      }
    }
  }

  #time(): string {
    return new Date(this.#nowMs()).toISOString();
  }
}

const NOTHING: Totals = { spentNano: 0, reservedNano: 0, unknownCalls: 0 };

function accountKey(scope: Pick<BudgetScope, 'kind' | 'key'>): string {
  return `${scope.kind} ${scope.key}`;
}

function add(account: Account, change: Totals): void {
  account.spentNano += change.spentNano;
  account.reservedNano += change.reservedNano;
  account.unknownCalls += change.unknownCalls;
}
