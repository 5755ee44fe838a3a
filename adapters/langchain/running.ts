/** Generators: the parts of an answer as a message, as chunks, as events. */
import { CallbackManager } from '@langchain/core/callbacks/manager';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { ChatModelStreamEvent } from '@langchain/core/language_models/event';
import type { AIMessage, AIMessageChunk, BaseMessage } from '@langchain/core/messages';
import { mergeConfigs, type RunnableConfig } from '@langchain/core/runnables';
import type { AnswerPart } from './answer-parts.ts';
import type { Way } from './ask.ts';
import { type Answer, responseMetadata, toChunk, toLastChunk, toMessage } from './converters/answer.ts';
import { runIdsOf } from './run-ids.ts';
import { StreamEvents } from './stream-events.ts';

type Parts = AsyncGenerator<AnswerPart, Answer, undefined>;

export async function collect(parts: Parts): Promise<Answer> {
  for (;;) {
    const next = await parts.next();
    if (next.done) return next.value;
  }
}

/** @param id of all chunks, where the caller has a run of its own */
export async function* chunksOf(parts: Parts, id?: string): AsyncGenerator<AIMessageChunk> {
  const answer = yield* chunksBeforeEnd(parts, id);
  yield toLastChunk(id === undefined ? answer : { ...answer, id });
}

async function* chunksBeforeEnd(
  parts: Parts,
  id: string | undefined,
): AsyncGenerator<AIMessageChunk, Answer> {
  let ended = false;
  try {
    for (;;) {
      const next = await parts.next();
      if (next.done) {
        ended = true;
        return next.value;
      }
      yield toChunk(next.value.delta, id ?? next.value.id);
    }
  } finally {
    if (!ended) await parts.return(undefined as never);
  }
}

/** As content-block events. @returns the answer */
export async function* eventsOf(parts: Parts): AsyncGenerator<ChatModelStreamEvent, Answer> {
  const events = new StreamEvents();
  let started = false;
  for (;;) {
    const next = await parts.next();
    const id = next.done ? next.value.id : next.value.id;
    if (!started) yield* events.start(id);
    started = true;
    if (!next.done) {
      yield* events.delta(next.value.delta);
      continue;
    }
    const { result, call } = next.value;
    yield* events.finish({
      finishReason: result.finishReason,
      usage: call?.usage,
      responseMetadata: responseMetadata(next.value),
      blocks: (result.native as AIMessage | undefined)?.contentBlocks,
    });
    return next.value;
  }
}

/** `eventsOf` within a chain run, which LangChain itself opens for every other way of calling but this one. */
export async function* tracedEvents(
  model: BaseChatModel,
  messages: BaseMessage[],
  config: RunnableConfig,
  start: (way: Way) => Parts,
): AsyncGenerator<ChatModelStreamEvent> {
  const manager = CallbackManager.configure(
    config.callbacks,
    undefined,
    config.tags,
    undefined,
    config.metadata,
  );
  const name = config.runName ?? model.getName();
  const inputs = { input: messages };
  const run = await manager?.handleChainStart(
    model.toJSON(),
    inputs,
    config.runId,
    undefined,
    undefined,
    undefined,
    name,
  );
  try {
    const way = { callbacks: run?.getChild(), runIds: runIdsOf(run ?? config, config) };
    const answer = yield* eventsOf(start({ ...way, stream: true, tellTokens: true }));
    await run?.handleChainEnd({ output: toMessage(answer) });
  } catch (error) {
    await run?.handleChainError(error);
    throw error;
  }
}

/** Callbacks, tags and metadata of the constructor hold for the router's run and for the calls of candidates. */
export function inheritingConfig(
  { callbacks, tags, metadata }: Pick<RunnableConfig, 'callbacks' | 'tags' | 'metadata'>,
  config: RunnableConfig,
): RunnableConfig {
  const { versions, ...own } = metadata ?? {};
  if (!callbacks && !tags?.length && Object.keys(own).length === 0) return config;
  return mergeConfigs({ callbacks, tags, metadata: own }, config);
}

export async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

export async function drain(source: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of source);
}

/** Hands an abort on. @returns what ends that */
export function forwardAbort(from: AbortSignal | undefined, to: AbortController): () => void {
  if (!from) return () => {};
  const forward = () => to.abort(from.reason);
  if (from.aborted) forward();
  else from.addEventListener('abort', forward, { once: true });
  return () => from.removeEventListener('abort', forward);
}

/**
 * The generator with a `return` that does not wait for a token that may never come: whoever leaves ends the
 * call at once.
 */
export function endingAtOnce<T>(source: AsyncGenerator<T>, leaving: AbortController): AsyncGenerator<T> {
  const generator: AsyncGenerator<T> = {
    next: () => source.next(),
    return(value) {
      leaving.abort(new DOMException('The consumer left.', 'AbortError'));
      return source.return(value);
    },
    throw: (error) => source.throw(error),
    [Symbol.asyncIterator]: () => generator,
    [Symbol.asyncDispose]: async () => {
      await generator.return(undefined);
    },
  };
  return generator;
}
