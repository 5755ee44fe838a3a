/** One clock for all streams: those that were silent since it last looked get a comment. */

export interface Silent {
  /** Set by whoever writes; the clock takes it back. */
  wrote: boolean;
  keepAlive(): void;
}

export class KeepAliveClock {
  readonly #streams = new Set<Silent>();
  readonly #timer: NodeJS.Timeout;

  constructor(everyMs: number) {
    this.#timer = setInterval(() => this.#look(), everyMs).unref();
  }

  add(stream: Silent): void {
    this.#streams.add(stream);
  }

  delete(stream: Silent): void {
    this.#streams.delete(stream);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const stream of this.#streams) {
      if (!stream.wrote) stream.keepAlive();
      stream.wrote = false;
    }
  }
}
