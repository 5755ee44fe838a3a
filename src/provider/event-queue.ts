/** Events on their way from the wire, which pushes, to an async iterator, which pulls. */
const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Ends once, with or without an error; what was pushed before is still delivered first. */
export class EventQueue<Event> {
  readonly #onDrained: () => void;
  #events: Event[] = [];
  #next = 0;
  #waiting: PromiseWithResolvers<IteratorResult<Event>> | undefined;
  #ended = false;
  #error: Error | undefined;

  /** @param onDrained called whenever the consumer has taken everything there is */
  constructor(onDrained: () => void) {
    this.#onDrained = onDrained;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get length(): number {
    return this.#events.length - this.#next;
  }

  push(event: Event): void {
    if (this.#ended) return;
    if (this.#waiting) {
      this.#waiting.resolve({ done: false, value: event });
      this.#waiting = undefined;
    } else {
      this.#events.push(event);
    }
  }

  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (!waiting) this.#error = error;
    else if (error) waiting.reject(error);
    else waiting.resolve(DONE);
  }

  /** Forgets what was not taken yet. */
  clear(): void {
    this.#events = [];
    this.#next = 0;
    this.#error = undefined;
  }

  /** The next event; after the last one the error, once. */
  take(): Promise<IteratorResult<Event>> {
    if (this.#waiting) return this.#waiting.promise.then(() => this.take());
    if (this.length > 0) {
      const value = this.#events[this.#next++] as Event;
      if (this.length === 0) {
        this.#events = [];
        this.#next = 0;
        this.#onDrained();
      }
      return Promise.resolve({ done: false, value });
    }
    if (this.#error) {
      const error = this.#error;
      this.#error = undefined;
      return Promise.reject(error);
    }
    if (this.#ended) return Promise.resolve(DONE);
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }
}
