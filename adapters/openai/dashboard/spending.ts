/** The calls of the last month as the ledger has them, brought up to date by what has ended since. */
import { isExploration, type Ledger, type LedgerEntry, toNanoUsd, XrouterError } from '../../../src/index.ts';
import { KEPT_MS, OVERLAP_MS } from './time.ts';

export interface Call {
  atMs: number;
  model: string;
  key?: string;
  session?: string;
  /** `undefined`: unknown. */
  costNano?: number;
  /** What budgets count where the cost is unknown. */
  heldNano: number;
  failed: boolean;
  inputTokens: number;
  outputTokens: number;
}

/** Some 200 bytes each. */
const MOST_CALLS = 200_000;

export class Spending {
  readonly #ledger: Ledger;
  readonly #mostCalls: number;
  readonly #calls = new Map<string, Call>();
  readonly #names = new Map<string, string>();
  #lastEndedMs: number | undefined;
  #droppedUntilMs: number | undefined;
  /** Grows with every change. */
  version = 0;

  constructor(ledger: Ledger, mostCalls = MOST_CALLS) {
    this.#ledger = ledger;
    this.#mostCalls = mostCalls;
  }

  get calls(): Iterable<Call> {
    return this.#calls.values();
  }

  get size(): number {
    return this.#calls.size;
  }

  /** Calls until then are not all held; `undefined`: those of the last month all are. */
  get droppedUntilMs(): number | undefined {
    return this.#droppedUntilMs;
  }

  /** Reads on. @throws XrouterError `ledger_unavailable`; `invalid_config` for a ledger that cannot be followed */
  async follow(nowMs: number): Promise<void> {
    // A ledger of the user's own may have been written before there was anything to follow it by.
    if (typeof this.#ledger.ended !== 'function') {
      throw new XrouterError(
        'invalid_config',
        'The ledger of this router has no `ended`, so it cannot be shown.',
        {
          hint: 'Give your ledger the method `ended(since)` of the interface Ledger, or use a file.',
        },
      );
    }
    const sinceMs = this.#lastEndedMs === undefined ? nowMs - KEPT_MS : this.#lastEndedMs - OVERLAP_MS;
    // One more than is held, so that it shows whether some are not.
    const since = new Date(sinceMs).toISOString();
    for await (const part of this.#ledger.ended(since, this.#mostCalls + 1)) {
      for (const entry of part) this.#add(entry);
      this.#drop(nowMs);
    }
    this.#drop(nowMs);
  }

  #add(entry: LedgerEntry): void {
    this.#lastEndedMs = Math.max(this.#lastEndedMs ?? 0, Date.parse(entry.settledAt!));
    if (isExploration(entry)) return;
    const call = this.#read(entry);
    const before = this.#calls.get(entry.id);
    if (before && before.costNano === call.costNano && before.heldNano === call.heldNano) return;
    this.#calls.set(entry.id, call);
    this.version++;
  }

  #read({ createdAt, model, scopes, state, usd, reservedUsd, status, usage }: LedgerEntry): Call {
    const scope = (kind: string) => this.#name(scopes.find((one) => one.kind === kind)?.key);
    const released = state === 'released';
    return {
      atMs: Date.parse(createdAt),
      model: this.#name(model)!,
      key: scope('key'),
      session: scope('session'),
      costNano: released ? 0 : usd === undefined ? undefined : toNanoUsd(usd),
      heldNano: !released && usd === undefined ? toNanoUsd(reservedUsd ?? 0) : 0,
      failed: released || status !== 'completed',
      inputTokens: usage?.inputTokens ?? 0,
      outputTokens: usage?.outputTokens ?? 0,
    };
  }

  /** Each name once in memory, however many calls have it. */
  #name(name: string | undefined): string | undefined {
    if (name === undefined) return undefined;
    const known = this.#names.get(name);
    if (known === undefined) this.#names.set(name, name);
    return known ?? name;
  }

  #drop(nowMs: number): void {
    for (const [id, { atMs }] of this.#calls) {
      const tooMany = this.#calls.size > this.#mostCalls;
      if (!tooMany && atMs >= nowMs - KEPT_MS) break;
      if (tooMany) this.#droppedUntilMs = Math.max(this.#droppedUntilMs ?? 0, atMs);
      this.#calls.delete(id);
      this.version++;
    }
    if (this.#names.size > 2 * this.#mostCalls) this.#names.clear();
  }
}
