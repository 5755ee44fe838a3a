/** Keeps the reservations of a living process from expiring while their calls run. */

/** Renews when a third of the shortest expiry has passed, so that one late timer does no harm. */
const RENEWALS_PER_EXPIRY = 3;
const LONGEST_TIMER_MS = 3_600_000;

export class Renewal {
  readonly #renew: (open: ReadonlyMap<number, number>) => Promise<void>;
  /** Reservation id -> its expiry in ms. */
  readonly #open = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;
  #everyMs = 0;

  constructor(renew: (open: ReadonlyMap<number, number>) => Promise<void>) {
    this.#renew = renew;
  }

  add(id: number, expiresInMs: number): void {
    this.#open.set(id, expiresInMs);
    const everyMs = Math.min(expiresInMs / RENEWALS_PER_EXPIRY, LONGEST_TIMER_MS);
    if (this.#timer && everyMs >= this.#everyMs) return;
    clearInterval(this.#timer);
    this.#everyMs = everyMs;
    this.#timer = setInterval(() => this.#tick(), everyMs);
    this.#timer.unref();
  }

  delete(id: number): void {
    this.#open.delete(id);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#open.clear();
  }

  #tick(): void {
    if (this.#open.size === 0) {
      this.stop();
      return;
    }
    // A renewal that fails makes at worst a call count in full until it settles, which corrects it.
    this.#renew(this.#open).catch(() => {});
  }
}
