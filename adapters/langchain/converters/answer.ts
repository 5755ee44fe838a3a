/** An answer of the router as LangChain messages: whole, or as the chunks of a stream. */
import { AIMessage, AIMessageChunk, type ContentBlock, type UsageMetadata } from '@langchain/core/messages';
import type { ChatResult } from '@langchain/core/outputs';
import type { CallRecord, Delta, RouteResult } from '../../../src/index.ts';
import { type RoutingInfo, routingOf } from '../routing.ts';
import { fromToolCalls } from './answer-tools.ts';
import { toTokenUsage, toUsageMetadata } from './usage.ts';

/** A completed request with what only the adapter knows of it. */
export interface Answer {
  result: RouteResult;
  /** The call whose answer was released; `undefined` where the policy answered itself. */
  call?: CallRecord;
  /** What the model thought aloud; '' where it did not, or where nobody was told. */
  reasoning: string;
  /** Id of the message. */
  id: string;
  /** The candidate's name on the wire. */
  wireModel?: string;
}

export interface ResponseMetadata extends Record<string, unknown> {
  /** The real name of the model that answered. */
  model_name: string;
  /** The name it was called by. */
  model: string;
  /** The candidate's provider; with `-openai` behind it where LangChain would take the plain name for another dialect. */
  model_provider: string;
  finish_reason: string;
  routing: RoutingInfo;
}

/** The message, with everything a native one brought along. */
export function toMessage(answer: Answer): AIMessage {
  const { message, native } = answer.result;
  const known = {
    usage_metadata: usageOf(answer),
    response_metadata: responseMetadata(answer),
  };
  if (AIMessage.isInstance(native)) {
    const { content, additional_kwargs, tool_calls, invalid_tool_calls, name } = native;
    const parts = {
      content,
      additional_kwargs,
      tool_calls,
      invalid_tool_calls,
      name,
      id: native.id ?? answer.id,
    };
    return new AIMessage({ ...parts, ...known });
  }
  return new AIMessage({
    id: answer.id,
    content: answer.result.text,
    ...fromToolCalls(message.tool_calls ?? []),
    additional_kwargs: extras({ reasoning: answer.reasoning, refusal: message.refusal ?? undefined }),
    ...known,
  });
}

/** A fragment of the answer. Usage and metadata come once, with `toLastChunk`, since chunks add up. */
export function toChunk(delta: Delta, id: string): AIMessageChunk {
  const { native } = delta;
  if (AIMessageChunk.isInstance(native)) {
    const { content, additional_kwargs, tool_call_chunks, name } = native;
    return new AIMessageChunk({ content, additional_kwargs, tool_call_chunks, name, id: native.id ?? id });
  }
  return new AIMessageChunk({
    id,
    content: delta.content ?? '',
    additional_kwargs: extras(delta),
    tool_call_chunks: delta.toolCalls?.map(({ index, id: callId, name, arguments: args }) => ({
      type: 'tool_call_chunk' as const,
      index,
      id: callId,
      name,
      args,
    })),
  });
}

/** The end of a stream: usage, finish reason, routing. */
export function toLastChunk(answer: Answer): AIMessageChunk {
  const { native } = answer.result;
  return new AIMessageChunk({
    id: AIMessage.isInstance(native) ? (native.id ?? answer.id) : answer.id,
    content: '',
    usage_metadata: usageOf(answer),
    response_metadata: responseMetadata(answer),
  });
}

/** The message with standard content blocks, LangChain's output version 1. */
export function asStandardContent<Message extends AIMessage | AIMessageChunk>(message: Message): Message {
  const Class = message.constructor as new (fields: object) => Message;
  const response_metadata = { ...message.response_metadata, output_version: 'v1' };
  const blocks: ContentBlock[] = message.contentBlocks;
  const { reasoning_content: reasoning } = message.additional_kwargs;
  // Not every dialect of LangChain knows where OpenAI-compatible servers put a model's thoughts.
  const lacks = typeof reasoning === 'string' && !blocks.some(({ type }) => type === 'reasoning');
  const content = lacks ? [{ type: 'reasoning', reasoning }, ...blocks] : blocks;
  return new Class({ ...message, content, response_metadata });
}

/** The message as LangChain's own LLM runs return it. */
export function chatResult(message: AIMessage): ChatResult {
  const { text, usage_metadata: usage } = message;
  return { generations: [{ text, message }], llmOutput: usage && { tokenUsage: toTokenUsage(usage) } };
}

/** Usage of the call that answered, as its model name says; `routing.calls` has the others. */
export function usageOf({ call, result }: Answer): UsageMetadata | undefined {
  const usage = call ? call.usage : result.decision.overhead?.usage;
  return usage && toUsageMetadata(usage);
}

/**
 * LangChain reads a message's content in the dialect that `model_provider` names. These two have dialects of
 * their own, and what came over their OpenAI-compatible API is not written in them.
 */
const OWN_DIALECT = new Set(['anthropic', 'google']);

export function responseMetadata({ result, call, wireModel }: Answer): ResponseMetadata {
  const model = wireModel ?? result.model;
  const provider = call?.provider ?? 'xrouter';
  const { native } = result;
  const told = AIMessage.isInstance(native) ? native.response_metadata : {};
  return {
    ...told,
    model_name: result.servedModel ?? model,
    model,
    model_provider:
      (told.model_provider as string) ?? (OWN_DIALECT.has(provider) ? `${provider}-openai` : provider),
    finish_reason: result.finishReason,
    routing: routingOf(result),
  };
}

function extras({ reasoning, refusal }: Pick<Delta, 'reasoning' | 'refusal'>): Record<string, unknown> {
  return {
    ...(reasoning && { reasoning_content: reasoning }),
    ...(refusal && { refusal }),
  };
}
