/** A chat model as LangChain's own LLM run: how it is asked where it has a cache, or by `generate`. */
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { ChatModelStreamEvent } from '@langchain/core/language_models/event';
import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages';
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs';
import type { AnswerPart } from './answer-parts.ts';
import type { Way } from './ask.ts';
import { type Answer, chatResult, toMessage } from './converters/answer.ts';
import { runIdsOf } from './run-ids.ts';
import { chunksOf, collect, eventsOf } from './running.ts';
import type { ChatXRouterCallOptions } from './types.ts';

/** The run is LangChain's, and it counts the tokens: nothing below it may be counted a second time. */
const ALONE: Way = { alone: true, stream: true };

export abstract class LlmRunModel extends BaseChatModel<ChatXRouterCallOptions, AIMessageChunk> {
  /** The parts of the answer as they come. */
  protected abstract answer(
    messages: BaseMessage[],
    options: Partial<ChatXRouterCallOptions>,
    way: Way,
  ): AsyncGenerator<AnswerPart, Answer, undefined>;

  /** Candidates are called with streaming also where the whole answer is wanted. */
  protected abstract get streams(): boolean;

  override async _generate(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    options.signal?.throwIfAborted();
    const way = { ...ALONE, stream: this.streams, runIds: runIdsOf(runManager, undefined) };
    const answer = await collect(this.answer(messages, options, way));
    if (runManager) answer.id = `run-${runManager.runId}`;
    return chatResult(toMessage(answer));
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    options.signal?.throwIfAborted();
    const id = runManager && `run-${runManager.runId}`;
    const place = { prompt: 0, completion: 0 };
    const way = { ...ALONE, runIds: runIdsOf(runManager, undefined) };
    for await (const message of chunksOf(this.answer(messages, options, way), id)) {
      const chunk = new ChatGenerationChunk({ text: message.text, message });
      yield chunk;
      await runManager?.handleLLMNewToken(chunk.text, place, undefined, undefined, undefined, { chunk });
    }
  }

  override async *_streamChatModelEvents(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
  ): AsyncGenerator<ChatModelStreamEvent> {
    options.signal?.throwIfAborted();
    yield* eventsOf(this.answer(messages, options, ALONE));
  }
}
