/**
 * One attempt on the wire: undici's dispatch handler on one side, an async iterator on the other. No stream
 * objects stand between the two, since those and a promise for each chunk are most of what a call costs.
 */
import type { Dispatcher } from 'undici';
import { CallError } from '../errors.ts';
import { AnswerReader } from './answer-reader.ts';
import { EventQueue } from './event-queue.ts';
import { type FailureContext, failureFromResponse, failureOfConnection, targetName } from './failure.ts';
import { CallTimer, type ExpiredLimit, timeLimitError } from './limits.ts';
import type { ProviderCall, ProviderEvent } from './provider.ts';
import { SseParser } from './sse.ts';
import { readCostHeader } from './usage.ts';

type Headers = Record<string, string | string[] | undefined>;

/** What is read of a response that is no event stream, in bytes; of an error only its beginning matters. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;

/** Events that may wait for a slow consumer before the provider is made to wait. */
const MAX_WAITING_EVENTS = 1024;

/** Time a provider gets to close the response after it said `[DONE]`, before its connection is given up. */
const CLOSE_GRACE_MS = 1000;

/** How the body is read; `unknown`, where its type is not told: its first visible character decides. */
type BodyKind = 'events' | 'json' | 'error' | 'unknown';

export type Dispatch = (handler: Dispatcher.DispatchHandler) => void;

export class HttpCall implements AsyncIterableIterator<ProviderEvent>, Dispatcher.DispatchHandler {
  readonly #call: ProviderCall;
  readonly #context: FailureContext;
  readonly #dispatch: Dispatch;
  readonly #reader: AnswerReader;
  /** Ended once the call has its finish or its failure; what the wire does then no longer matters. */
  readonly #events = new EventQueue<ProviderEvent>(() => this.#onDrained());

  #started = false;
  /** The request was written, so that the provider may have it. */
  #sent = false;
  #controller: Dispatcher.DispatchController | undefined;
  #timer: CallTimer | undefined;
  #status = 0;
  #headers: Headers = {};
  #kind: BodyKind = 'unknown';
  #sse: SseParser | undefined;
  #body: Buffer[] = [];
  #bodyBytes = 0;
  #closeGrace: NodeJS.Timeout | undefined;

  constructor(call: ProviderCall, context: FailureContext, dispatch: Dispatch) {
    this.#call = call;
    this.#context = context;
    this.#dispatch = dispatch;
    this.#reader = new AnswerReader(context);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<ProviderEvent>> {
    if (!this.#started) this.#start();
    return this.#events.take();
  }

  /** The consumer leaves early: nobody waits for the rest, so the provider need not make it. */
  return(): Promise<IteratorResult<ProviderEvent>> {
    this.#started = true;
    if (!this.#events.ended) {
      this.#settle();
      this.#hangUp();
    }
    this.#events.clear();
    return this.#events.take();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#events.ended) {
      this.#hangUp();
      return;
    }
    this.#sent = true;
    this.#timer?.connected();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    const type = String(headers['content-type'] ?? '');
    if (status >= 300) this.#kind = 'error';
    else if (type.includes('event-stream')) this.#expectEvents();
    else if (type.includes('json')) this.#kind = 'json';
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#events.ended) return;
    if (this.#kind === 'events') this.#pushEvents(chunk);
    else if (this.#kind === 'error') this.#pushError(chunk);
    else this.#pushJson(chunk);
  }

  onResponseEnd(): void {
    clearTimeout(this.#closeGrace);
    this.#controller = undefined;
    if (this.#events.ended) return;
    if (this.#kind === 'error') this.#failWithResponse();
    else if (this.#kind === 'events') this.#guard(() => this.#sse?.end());
    else if (this.#bodyBytes > 0) this.#readJson();
    this.#finish();
  }

  onResponseError(_: Dispatcher.DispatchController, cause: Error): void {
    clearTimeout(this.#closeGrace);
    this.#controller = undefined;
    if (this.#events.ended) return;
    if (this.#kind === 'error') this.#failWithResponse();
    else if (this.#reader.finished) this.#finish();
    else if (this.#status > 0) {
      this.#fail(this.#reader.failure('stream_cut', 'was cut off: the connection broke.', cause));
    } else this.#fail(failureOfConnection(cause, this.#sent, this.#context));
  }

  #start(): void {
    this.#started = true;
    const { signal, limits } = this.#call;
    if (signal.aborted) {
      this.#onAbort();
      return;
    }
    signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#timer = new CallTimer(limits, (limit) => this.#onExpired(limit));
    try {
      this.#dispatch(this);
    } catch (cause) {
      const what = `The request to ${targetName(this.#context)} cannot be sent: ${String(cause)}`;
      const hint = 'Check that messages, tools and extraBody hold JSON values only.';
      this.#fail(new CallError('bad_request', what, { retryable: false, hint, cause }));
    }
  }

  readonly #onAbort = (): void => {
    this.#events.clear();
    this.#fail(
      new CallError('aborted', `The call of ${targetName(this.#context)} was aborted by the caller.`, {
        retryable: false,
        hint: 'Nothing to do: the signal of the request was aborted.',
        usage: this.#reader.usage,
        maybeBilled: this.#sent,
        cause: this.#call.signal.reason,
      }),
    );
  };

  #onExpired(limit: ExpiredLimit): void {
    if (this.#kind === 'error') this.#failWithResponse();
    else if (this.#reader.finished) this.#finish();
    else {
      const details = { usage: this.#reader.usage, maybeBilled: this.#sent };
      this.#fail(timeLimitError(limit, targetName(this.#context), details));
    }
  }

  #expectEvents(): void {
    this.#kind = 'events';
    this.#sse = new SseParser(({ data }) => this.#onEvent(data));
  }

  #pushEvents(chunk: Buffer): void {
    this.#guard(() => this.#sse?.push(chunk));
    if (this.#events.length > MAX_WAITING_EVENTS && !this.#events.ended) {
      this.#controller?.pause();
      this.#timer?.pause();
    }
  }

  #onEvent(data: string): void {
    if (this.#events.ended || data === '') return;
    if (data.startsWith('[DONE]')) {
      this.#finish();
      return;
    }
    const delta = this.#reader.read(data, 'chunk');
    if (delta) this.#events.push({ type: 'delta', delta });
    if (delta || this.#reader.finished) this.#timer?.token();
  }

  #pushError(chunk: Buffer): void {
    this.#collect(chunk);
    if (this.#bodyBytes > MAX_ERROR_BYTES) this.#failWithResponse();
  }

  #pushJson(chunk: Buffer): void {
    if (this.#bodyBytes === 0) {
      const first = firstVisibleCharacter(chunk);
      // Providers send white space to keep the connection while the model works: no token yet.
      if (first === undefined) return;
      if (this.#kind === 'unknown' && this.#call.request.stream !== false && !'{[<'.includes(first)) {
        this.#expectEvents();
        this.#pushEvents(chunk);
        return;
      }
    }
    this.#timer?.token();
    this.#collect(chunk);
    if (this.#bodyBytes > MAX_RESPONSE_BYTES) {
      this.#fail(this.#reader.failure('malformed_response', `is longer than ${MAX_RESPONSE_BYTES} bytes.`));
    }
  }

  #collect(chunk: Buffer): void {
    this.#body.push(chunk);
    this.#bodyBytes += chunk.length;
  }

  #bodyText(): string {
    return Buffer.concat(this.#body, this.#bodyBytes).toString('utf8');
  }

  #readJson(): void {
    this.#guard(() => {
      const delta = this.#reader.read(this.#bodyText(), 'response');
      if (delta) this.#events.push({ type: 'delta', delta });
    });
  }

  #finish(): void {
    if (this.#events.ended) return;
    this.#guard(() => {
      const { delta, finish } = this.#reader.end();
      if (delta) this.#events.push({ type: 'delta', delta });
      finish.reportedUsd ??= readCostHeader(this.#headers['x-litellm-response-cost']);
      this.#events.push({ type: 'finish', ...finish });
      this.#settle();
      // The connection goes back to the pool once the provider ends the response, or is given up.
      if (this.#controller) {
        this.#controller.resume();
        this.#closeGrace = setTimeout(() => this.#hangUp(), CLOSE_GRACE_MS).unref();
      }
    });
  }

  #failWithResponse(): void {
    const { location } = this.#headers;
    const body = this.#bodyText() || (location ? `moved to ${withoutQuery(String(location))}` : '');
    const response = { status: this.#status, headers: this.#headers, body };
    this.#fail(failureFromResponse(response, this.#context));
  }

  /** Runs what reads the response; whatever it throws ends the call. */
  #guard(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (error instanceof CallError) this.#fail(error);
      else this.#fail(this.#reader.failure('malformed_response', `cannot be read: ${String(error)}.`, error));
    }
  }

  #onDrained(): void {
    if (!this.#controller?.paused) return;
    this.#timer?.resume();
    this.#controller.resume();
  }

  #fail(error: CallError): void {
    if (this.#events.ended) return;
    this.#settle(error);
    this.#hangUp();
  }

  #settle(error?: CallError): void {
    this.#timer?.stop();
    this.#call.signal.removeEventListener('abort', this.#onAbort);
    this.#body = [];
    this.#events.end(error);
  }

  /** Ends the upstream request: undici destroys its connection. */
  #hangUp(): void {
    const controller = this.#controller;
    this.#controller = undefined;
    controller?.abort(new Error('The call is over.'));
  }
}

function firstVisibleCharacter(chunk: Buffer): string | undefined {
  for (const byte of chunk) if (byte > 32) return String.fromCharCode(byte);
  return undefined;
}

/** A query may hold keys. */
function withoutQuery(address: string): string {
  return address.split('?', 1)[0] ?? '';
}
