/** A LangChain chat model as a provider: what the router needs of any candidate, out of what LangChain gives. */
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { type AIMessageChunk, type BaseMessage, isBaseMessageChunk } from '@langchain/core/messages';
import {
  CallError,
  CallTimer,
  EventQueue,
  type ExpiredLimit,
  type Provider,
  type ProviderCall,
  type ProviderEvent,
  timeLimitError,
  type Usage,
} from '../../src/index.ts';
import { toCallError } from './chat-model-errors.ts';
import { bindNative, messagesFor, runConfigFor } from './chat-model-request.ts';
import {
  asAIMessageChunk,
  asOneChunk,
  deltaOf,
  finishOf,
  hasPayload,
  isEmptyAnswer,
} from './converters/native-answer.ts';
import { nativeRequest } from './native.ts';

/**
 * A provider that calls a chat model. Requests that came through `ChatXRouter` reach it with their native
 * messages, tools and options; others are translated.
 *
 * @example
 * ```ts
 * const model = new ChatOpenAI({ model: 'my-model', configuration: { baseURL } });
 * const router = createRouter({ models: [{ id: 'mine/my-model', via: chatModelProvider(model, 'mine') }] });
 * ```
 */
export function chatModelProvider(model: BaseChatModel, id: string): Provider {
  return { id, call: (call) => new ChatModelCall(model, id, call) };
}

class ChatModelCall implements AsyncIterableIterator<ProviderEvent> {
  readonly #model: BaseChatModel;
  readonly #name: string;
  readonly #call: ProviderCall;
  readonly #upstream = new AbortController();
  readonly #events = new EventQueue<ProviderEvent>(() => {});
  #started = false;
  /** Of the model's own run. */
  #runId: string | undefined;
  #timer: CallTimer | undefined;
  /** The answer so far. */
  #answer: BaseMessage | undefined;
  /** Chunks without a word; they go out with the next one that has some, so that failover stays possible. */
  #pending: AIMessageChunk | undefined;

  constructor(model: BaseChatModel, name: string, call: ProviderCall) {
    this.#model = model;
    this.#name = name;
    this.#call = call;
  }

  get #tellsEvents(): boolean {
    return nativeRequest(this.#call.request.native)?.tellsEvents === true;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<ProviderEvent>> {
    if (!this.#started) this.#start();
    return this.#events.take();
  }

  return(): Promise<IteratorResult<ProviderEvent>> {
    this.#started = true;
    this.#end();
    this.#upstream.abort();
    this.#events.clear();
    return this.#events.take();
  }

  #start(): void {
    this.#started = true;
    const { signal, limits } = this.#call;
    if (signal.aborted) {
      this.#onAbort();
      return;
    }
    signal.addEventListener('abort', this.#onAbort, { once: true });
    // An answer that is only seen as a whole has no first token before its last.
    const seen = this.#tellsEvents ? { ...limits, firstTokenMs: limits.totalMs } : limits;
    this.#timer = new CallTimer(seen, (limit) => this.#onExpired(limit));
    // When the model's own client has its connection cannot be seen; the first token limit watches both.
    this.#timer.connected();
    this.#run().catch((error: unknown) => this.#end(this.#failure(error)));
  }

  async #run(): Promise<void> {
    const { request } = this.#call;
    const messages = messagesFor(request);
    const model = bindNative(this.#model, request);
    const config = runConfigFor(request, this.#upstream.signal);
    this.#runId = config.runId;
    if (request.stream === false || this.#tellsEvents) {
      this.#onMessage(await model.invoke(messages, config));
    } else {
      for await (const chunk of await model.stream(messages, config)) {
        if (this.#events.ended) return;
        if (isBaseMessageChunk(chunk)) this.#onChunk(asAIMessageChunk(chunk));
        else this.#onMessage(chunk);
      }
    }
    this.#finish();
  }

  #onMessage(message: BaseMessage): void {
    this.#answer = message;
    this.#timer?.token();
    const native = this.#call.request.stream === false ? undefined : asOneChunk(message);
    this.#events.push({ type: 'delta', delta: { ...deltaOf(message), native } });
  }

  #onChunk(chunk: AIMessageChunk): void {
    this.#answer = this.#answer ? (this.#answer as AIMessageChunk).concat(chunk) : chunk;
    const native = this.#pending ? this.#pending.concat(chunk) : chunk;
    this.#pending = undefined;
    if (!hasPayload(chunk)) {
      this.#pending = native;
      return;
    }
    this.#timer?.token();
    this.#events.push({ type: 'delta', delta: { ...deltaOf(chunk), native } });
  }

  #finish(): void {
    const answer = this.#answer;
    if (!answer) throw this.#broken('stream_cut', 'ended before it began');
    const finish = finishOf(answer);
    // With reason `length` or `content_filter` an empty answer tells its own cause and is the verifier's.
    if (finish.finishReason === 'stop' && isEmptyAnswer(answer)) {
      throw this.#broken('empty_response', 'is empty: no text, no tool call, no refusal', finish.usage);
    }
    this.#events.push({ type: 'finish', ...finish, runId: this.#runId });
    this.#end();
  }

  #broken(code: 'stream_cut' | 'empty_response', what: string, usage?: Usage): CallError {
    const hint = 'Try again, or choose another candidate.';
    const details = { retryable: true, maybeBilled: true, hint, usage };
    return new CallError(code, `The answer of "${this.#name}" ${what}.`, details);
  }

  readonly #onAbort = (): void => {
    this.#events.clear();
    this.#end(
      new CallError('aborted', `The call of "${this.#name}" was aborted by the caller.`, {
        retryable: false,
        hint: 'Nothing to do: the signal of the request was aborted.',
        usage: this.#usage(),
        maybeBilled: this.#timer !== undefined,
        cause: this.#call.signal.reason,
      }),
    );
  };

  #onExpired(limit: ExpiredLimit): void {
    this.#end(timeLimitError(limit, `"${this.#name}"`, { usage: this.#usage(), maybeBilled: true }));
  }

  #usage() {
    return this.#answer && finishOf(this.#answer).usage;
  }

  #failure(error: unknown): CallError {
    return toCallError(error, this.#name, { usage: this.#usage(), streaming: this.#answer !== undefined });
  }

  /** Ends the call once; what the model does then no longer matters. */
  #end(error?: CallError): void {
    if (this.#events.ended) return;
    this.#timer?.stop();
    this.#call.signal.removeEventListener('abort', this.#onAbort);
    this.#events.end(error);
    if (error) this.#upstream.abort(error);
  }
}
