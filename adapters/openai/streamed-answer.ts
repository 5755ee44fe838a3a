/**
 * An answer on its way to the client as an event stream. The head waits for the first token, so that what fails
 * before it has a status of its own; only a long silence sends it earlier.
 */
import type { ServerResponse } from 'node:http';
import type { Delta, RouteResult } from '../../src/index.ts';
import { ChunkWriter, KEEP_ALIVE } from './chunk-writer.ts';
import type { ApiError } from './errors.ts';
import { headerText, watchStalled } from './exchange.ts';
import type { Silent } from './keep-alive.ts';

export class StreamedAnswer implements Silent {
  wrote = true;
  readonly #response: ServerResponse;
  readonly #includeUsage: boolean;
  readonly #stalledMs: number;
  readonly #signal: AbortSignal;
  #episodeId = '';
  #pending = '';
  #writer: ChunkWriter | undefined;

  /** @param signal tells that the answer is over, whoever reads it */
  constructor(response: ServerResponse, includeUsage: boolean, stalledMs: number, signal: AbortSignal) {
    this.#response = response;
    this.#includeUsage = includeUsage;
    this.#stalledMs = stalledMs;
    this.#signal = signal;
  }

  set episodeId(id: string) {
    this.#episodeId = id;
  }

  /** Resolves once the client has taken enough of it; `undefined`: it has. */
  delta(model: string, delta: Delta): Promise<void> | undefined {
    return this.#write(this.#role(model) + this.#writer!.delta(delta));
  }

  end(result: RouteResult): void {
    let text = this.#role(result.model, result.id);
    // A policy that answers by itself has no deltas.
    if (text !== '') text += this.#writer!.delta(wholeOf(result));
    this.#response.end(this.#taken(text + this.#writer!.end(result)));
  }

  /** After the head only an event can tell of it; there is no [DONE] behind it. */
  fail(error: ApiError): void {
    this.#response.end(this.#taken(`data: ${error.body}\n\n`));
  }

  keepAlive(): void {
    if (this.#response.destroyed || this.#response.writableNeedDrain) return;
    if (!this.#response.headersSent) this.#head();
    this.#response.write(KEEP_ALIVE);
  }

  #head(model?: string): void {
    const id = this.#episodeId;
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      // nginx would collect the stream otherwise.
      'x-accel-buffering': 'no',
      ...(id !== '' && { 'x-request-id': id, 'x-xrouter-episode-id': id }),
      ...(model !== undefined && { 'x-xrouter-model': headerText(model) }),
    });
  }

  /** The first chunk, where it was not sent yet. */
  #role(model: string, id = this.#episodeId): string {
    if (this.#writer) return '';
    this.#episodeId = id;
    if (!this.#response.headersSent) this.#head(model);
    this.#writer = new ChunkWriter(id, Math.floor(Date.now() / 1_000), this.#includeUsage);
    return this.#writer.role(model);
  }

  /** What comes in one turn of the event loop goes out as one. */
  #write(text: string): Promise<void> | undefined {
    if (text === '' || this.#response.destroyed) return undefined;
    this.wrote = true;
    if (this.#pending === '') process.nextTick(this.#flush);
    this.#pending += text;
    return this.#response.writableNeedDrain ? this.#drained() : undefined;
  }

  readonly #flush = (): void => {
    const text = this.#taken('');
    if (text !== '' && !this.#response.destroyed) this.#response.write(text);
  };

  #taken(more: string): string {
    const text = this.#pending + more;
    this.#pending = '';
    return text;
  }

  /** Meanwhile nothing is read from the provider. */
  #drained(): Promise<void> {
    const response = this.#response;
    const stop = watchStalled(response, this.#stalledMs);
    return new Promise((resolve) => {
      const done = () => {
        stop();
        response.off('drain', done).off('close', done);
        this.#signal.removeEventListener('abort', done);
        resolve();
      };
      response.on('drain', done).on('close', done);
      this.#signal.addEventListener('abort', done);
    });
  }
}

function wholeOf({ text, message: { refusal, tool_calls } }: RouteResult): Delta {
  return {
    ...(text !== '' && { content: text }),
    ...(refusal && { refusal }),
    ...(tool_calls && {
      toolCalls: tool_calls.map(({ id, function: called }, index) => ({ index, id, ...called })),
    }),
  };
}
