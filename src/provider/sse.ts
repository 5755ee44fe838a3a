/** Incremental parser of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */

export interface SseEvent {
  /** The lines of `data`, joined by newlines. */
  data: string;
  /** The `event` field, where there was one. */
  event?: string;
}

/** Longest line taken, in bytes. A line carries one event, and one event at most one answer. */
export const MAX_SSE_LINE_BYTES = 16 * 1024 * 1024;

const LF = 10;
const CR = 13;

/**
 * Feeds on raw bytes in any cut. Bytes are decoded only up to the last line end seen, and a line end is
 * never part of a longer UTF-8 sequence, so characters cut in two are whole again when they are decoded;
 * and one decode serves all lines of a network read.
 */
export class SseParser {
  readonly #onEvent: (event: SseEvent) => void;
  readonly #maxLineBytes: number;
  /** The beginning of a line whose end has not come; doubles as it grows, so a drip is copied twice at most. */
  #partial = Buffer.alloc(0);
  #partialBytes = 0;
  #data: string | undefined;
  #event: string | undefined;
  #atStart = true;
  #endedWithCr = false;

  constructor(onEvent: (event: SseEvent) => void, maxLineBytes = MAX_SSE_LINE_BYTES) {
    this.#onEvent = onEvent;
    this.#maxLineBytes = maxLineBytes;
  }

  /** @throws RangeError when a line is longer than the bound */
  push(chunk: Buffer): void {
    const end = Math.max(chunk.lastIndexOf(LF), chunk.lastIndexOf(CR)) + 1;
    if (end === 0) {
      this.#keep(chunk);
      return;
    }
    let text: string;
    if (this.#partialBytes > 0) {
      this.#keep(chunk.subarray(0, end));
      text = this.#takePartial();
    } else {
      text = chunk.toString('utf8', 0, end);
    }
    if (end < chunk.length) this.#keep(chunk.subarray(end));
    this.#lines(text);
  }

  /** The input is over: an event whose closing blank line is missing is delivered all the same. */
  end(): void {
    if (this.#partialBytes > 0) this.#lines(`${this.#takePartial()}\n`);
    this.#dispatch();
  }

  #keep(bytes: Buffer): void {
    const length = this.#partialBytes + bytes.length;
    if (length > this.#maxLineBytes) {
      throw new RangeError(`a line of the event stream is longer than ${this.#maxLineBytes} bytes`);
    }
    if (length > this.#partial.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, this.#partial.length * 2, 1024));
      this.#partial.copy(larger, 0, 0, this.#partialBytes);
      this.#partial = larger;
    }
    bytes.copy(this.#partial, this.#partialBytes);
    this.#partialBytes = length;
  }

  #takePartial(): string {
    const text = this.#partial.toString('utf8', 0, this.#partialBytes);
    this.#partialBytes = 0;
    return text;
  }

  /** @param text whole lines, the last one ended */
  #lines(text: string): void {
    let lines = text;
    if (this.#atStart) {
      this.#atStart = false;
      if (lines.charCodeAt(0) === 0xfeff) lines = lines.slice(1);
    }
    if (this.#endedWithCr && lines.charCodeAt(0) === LF) lines = lines.slice(1);
    this.#endedWithCr = lines.endsWith('\r');
    if (lines.includes('\r')) lines = lines.replace(/\r\n?/g, '\n');

    let start = 0;
    for (let end = lines.indexOf('\n'); end !== -1; end = lines.indexOf('\n', start)) {
      this.#line(lines, start, end);
      start = end + 1;
    }
  }

  #line(text: string, start: number, end: number): void {
    if (start === end) {
      this.#dispatch();
    } else if (text.startsWith('data:', start)) {
      const from = start + (text.charCodeAt(start + 5) === 32 ? 6 : 5);
      const value = text.slice(from, Math.max(from, end));
      this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    } else if (text.startsWith('event:', start)) {
      this.#event = text.slice(start + 6, end).trim() || undefined;
    }
    // Comments start with a colon; `id` and `retry` mean nothing to a request that is never resumed.
  }

  #dispatch(): void {
    const data = this.#data;
    const event = this.#event;
    this.#data = undefined;
    this.#event = undefined;
    if (data !== undefined) this.#onEvent(event === undefined ? { data } : { data, event });
  }
}
