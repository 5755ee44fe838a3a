/**
 * Direct calls of one model, as training makes them by the thousand: so many at once, the rest wait; and one
 * that is asked for again, because its answer got lost on the way, is not paid for again.
 */
import { XrouterError } from '../../src/index.ts';

/** Answers kept for repeated calls; the oldest go first. */
const MOST_KEPT = 10_000;

interface Flight<T> {
  promise: Promise<T>;
  controller: AbortController;
  /** Callers that still want the answer; the last to leave cancels the call. */
  waiting: number;
  settled: boolean;
}

export class Rollouts<T> {
  readonly #flights = new Map<string, Flight<T>>();
  readonly #running = new Set<Flight<T>>();
  readonly #queue: (() => void)[] = [];
  readonly #atOnce: number;
  #active = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /**
   * Runs `work`, or joins the call that `key` names already, also where that has ended well. Failures are not
   * kept.
   * @param key `undefined`: a call of its own
   */
  async call(
    key: string | undefined,
    work: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<{ value: T; replayed: boolean }> {
    const known = key === undefined ? undefined : this.#flights.get(key);
    const flight = known ?? this.#start(key, work);
    return { value: await this.#join(flight, signal), replayed: known !== undefined };
  }

  /** Cancels what is under way, and waits until it is booked. */
  async close(): Promise<void> {
    const running = [...this.#running];
    for (const { controller } of running) controller.abort();
    await Promise.allSettled(running.map(({ promise }) => promise));
  }

  #start(key: string | undefined, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const promise = this.#inTurn(work, controller.signal);
    const flight: Flight<T> = { promise, controller, waiting: 0, settled: false };
    this.#running.add(flight);
    if (key !== undefined) {
      this.#flights.set(key, flight);
      if (this.#flights.size > MOST_KEPT) this.#forgetOldest();
    }
    promise.then(
      () => this.#settle(flight),
      () => {
        this.#settle(flight);
        if (key !== undefined && this.#flights.get(key) === flight) this.#flights.delete(key);
      },
    );
    return flight;
  }

  #settle(flight: Flight<T>): void {
    flight.settled = true;
    this.#running.delete(flight);
  }

  async #inTurn(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#active >= this.#atOnce) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#active++;
    try {
      if (signal.aborted) throw cancelled();
      return await work(signal);
    } finally {
      // The turn goes to the next in line, or is given back.
      const next = this.#queue.shift();
      if (next) next();
      else this.#active--;
    }
  }

  async #join(flight: Flight<T>, signal: AbortSignal): Promise<T> {
    flight.waiting++;
    let leave = (): void => {};
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(cancelled());
      signal.addEventListener('abort', leave, { once: true });
      if (signal.aborted) leave();
    });
    try {
      return await Promise.race([flight.promise, left]);
    } finally {
      signal.removeEventListener('abort', leave);
      flight.waiting--;
      if (flight.waiting === 0 && !flight.settled) flight.controller.abort();
    }
  }

  #forgetOldest(): void {
    for (const [key, { settled }] of this.#flights) {
      if (!settled) continue;
      this.#flights.delete(key);
      return;
    }
  }
}

function cancelled(): XrouterError {
  return new XrouterError('aborted', 'The call was cancelled.');
}
