/**
 * Step 4: the money. Before a call its worst case is *reserved* against every budget that applies; after it
 * the reservation is *settled* with what it really cost. A budget is met only if spent + reserved + the new
 * reservation stay within it, checked and written in one transaction, so that concurrent calls, in one
 * process or several, cannot overrun it together.
 *
 * A reservation whose process died is neither forgotten nor free: after its expiry it counts as spent in
 * full (`lost`), since the call may have been billed.
 */
import type { Provenance, Usage } from '../money.ts';

/** What a budget bounds. `key` names the instance: the session id, the UTC day, the user's key. */
export interface BudgetScope {
  kind: 'request' | 'session' | 'day' | 'key';
  key: string;
  /** The bound in USD; `undefined`: only counted, not bounded. */
  limitUsd?: number;
}

export interface ReservationRequest {
  episodeId: string;
  callId: string;
  model: string;
  /** Worst case in USD; `undefined`: price unknown, refused by any scope that has a limit. */
  amountUsd: number | undefined;
  scopes: BudgetScope[];
  /** Time until the reservation of a dead process counts as spent. */
  expiresInMs: number;
}

export interface Reservation {
  id: string;
  amountUsd: number | undefined;
}

export interface Settlement {
  /** Real cost in USD; `undefined`: unknown, then the reserved worst case counts against the budgets. */
  usd: number | undefined;
  status: 'completed' | 'failed' | 'aborted';
  usage?: Usage;
  /** True where the provider reported no usage, so that it was estimated. */
  estimated?: boolean;
  provenance?: Provenance;
  servedModel?: string;
}

/** How the call ended is there once it is settled; `usd` stays `undefined` where the cost is unknown. */
export interface LedgerEntry extends Partial<Settlement> {
  id: string;
  episodeId: string;
  callId: string;
  model: string;
  reservedUsd: number | undefined;
  /** The budgets it counts against. */
  scopes: Pick<BudgetScope, 'kind' | 'key'>[];
  state: 'reserved' | 'settled' | 'released' | 'lost';
  createdAt: string;
  settledAt?: string;
}

export interface Balance {
  spentUsd: number;
  reservedUsd: number;
  /** Settled or lost calls whose cost is unknown; their reservation is part of `spentUsd` where there was one. */
  unknownCalls: number;
}

export interface Ledger {
  /**
   * Sets the worst case aside.
   * @throws XrouterError `budget_exceeded` (says which budget and by how much) or `unknown_price`
   */
  reserve(request: ReservationRequest): Promise<Reservation>;
  /** Books the real cost, once; settling again is ignored. A cost above the reservation is booked as it is. */
  settle(reservationId: string, settlement: Settlement): Promise<void>;
  /** Gives the reservation back: the call never reached the provider. */
  release(reservationId: string): Promise<void>;
  balance(scope: Pick<BudgetScope, 'kind' | 'key'>): Promise<Balance>;
  /** Entries, newest first. */
  entries(filter?: { episodeId?: string; limit?: number }): Promise<LedgerEntry[]>;
  /**
   * Entries that ended (settled, released or lost) at or after an ISO time, oldest first: for a reader that follows
   * the account. They come in parts, so that others get their turn; a lost call that tells its cost after all comes
   * again.
   * @param most of the newest, where there are more
   */
  ended(since: string, most?: number): AsyncIterable<LedgerEntry[]>;
  close(): Promise<void>;
}
