/** What a chat model answered, in the router's words: deltas, usage, finish reason. */
import { AIMessageChunk, type BaseMessage, type BaseMessageChunk } from '@langchain/core/messages';
import type { CallFinish, Delta, FinishReason, ToolCallDelta } from '../../../src/index.ts';
import { toText } from './content.ts';
import { fromUsageMetadata } from './usage.ts';

type Answered = BaseMessage &
  Partial<Pick<AIMessageChunk, 'tool_call_chunks' | 'tool_calls' | 'invalid_tool_calls' | 'usage_metadata'>>;
type Block = Record<string, unknown>;

/** A chunk of whatever class as one of an AI message: where a server leaves out the role, ChatOpenAI yields generic ones. */
export function asAIMessageChunk(chunk: BaseMessageChunk): AIMessageChunk {
  if (AIMessageChunk.isInstance(chunk)) return chunk;
  const { content, additional_kwargs, response_metadata, id } = chunk;
  return new AIMessageChunk({ content, additional_kwargs, response_metadata, id });
}

/** A whole message as the only chunk of a stream. */
export function asOneChunk(message: BaseMessage): AIMessageChunk {
  const { content, additional_kwargs, id, name } = message;
  const tool_call_chunks = toolCallDeltas(message).map(({ arguments: args, ...call }) => ({
    type: 'tool_call_chunk' as const,
    args,
    ...call,
  }));
  return new AIMessageChunk({ content, additional_kwargs, id, name, tool_call_chunks });
}

/** A chunk, or a whole message, as a delta. */
export function deltaOf(message: BaseMessage): Delta {
  const delta: Delta = {};
  const content = toText(message.content);
  const reasoning = reasoningOf(message);
  const { refusal } = message.additional_kwargs;
  const toolCalls = toolCallDeltas(message);
  if (content !== '') delta.content = content;
  if (reasoning !== '') delta.reasoning = reasoning;
  if (typeof refusal === 'string' && refusal !== '') delta.refusal = refusal;
  if (toolCalls.length > 0) delta.toolCalls = toolCalls;
  return delta;
}

/** Whether a chunk holds anything of the answer, in words or in blocks that only LangChain knows. */
export function hasPayload(chunk: BaseMessage): boolean {
  if (Object.keys(deltaOf(chunk)).length > 0) return true;
  return Array.isArray(chunk.content) && chunk.content.some((block) => block.type !== 'text');
}

export function isEmptyAnswer(message: BaseMessage): boolean {
  const { content, refusal, toolCalls } = deltaOf(message);
  if (content !== undefined || refusal !== undefined || toolCalls) return false;
  return !(Array.isArray(message.content) && message.content.some((block) => !EMPTY_ALONE.has(block.type)));
}

/** Blocks that are no answer without others beside them. */
const EMPTY_ALONE = new Set(['text', 'thinking', 'redacted_thinking', 'reasoning']);

export function finishOf(message: BaseMessage): CallFinish {
  const { usage_metadata, response_metadata: metadata } = message as Answered;
  const { model_name, model, id } = metadata as Record<string, unknown>;
  const served = model_name ?? model;
  return {
    finishReason: finishReason(message as Answered),
    usage: fromUsageMetadata(usage_metadata),
    servedModel: typeof served === 'string' && served !== '' ? served : undefined,
    responseId: typeof id === 'string' ? id : message.id,
    native: message,
  };
}

/** The words of Anthropic, Google, Bedrock and Ollama for OpenAI's. */
const FINISH_REASONS: Record<string, FinishReason> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  function_call: 'tool_calls',
  refusal: 'content_filter',
  safety: 'content_filter',
  recitation: 'content_filter',
  guardrail_intervened: 'content_filter',
};

function finishReason({ response_metadata: metadata, tool_calls = [] }: Answered): FinishReason {
  const { finish_reason, stop_reason, finishReason, stopReason, done_reason } = metadata as Record<
    string,
    unknown
  >;
  const told = finish_reason ?? stop_reason ?? finishReason ?? stopReason ?? done_reason;
  const word = typeof told === 'string' && told !== '' ? told.toLowerCase() : undefined;
  const reason = word === undefined ? 'stop' : (FINISH_REASONS[word] ?? word);
  // Google and Ollama say "stop" after a tool call as well.
  return reason === 'stop' && tool_calls.length > 0 ? 'tool_calls' : reason;
}

function reasoningOf(message: BaseMessage): string {
  const { reasoning_content } = message.additional_kwargs;
  if (typeof reasoning_content === 'string') return reasoning_content;
  if (typeof message.content === 'string') return '';
  let text = '';
  for (const block of message.content as Block[]) {
    if (typeof block.thinking === 'string') text += block.thinking;
    else if (block.type === 'reasoning' && typeof block.reasoning === 'string') text += block.reasoning;
  }
  return text;
}

function toolCallDeltas(message: Answered): ToolCallDelta[] {
  const { tool_call_chunks: chunks = [], tool_calls = [], invalid_tool_calls = [] } = message;
  if (chunks.length > 0) {
    return chunks.map(({ index, id, name, args }, position) => ({
      index: index ?? position,
      id,
      name,
      arguments: args,
    }));
  }
  const whole = tool_calls.map(({ id, name, args }) => ({ id, name, arguments: JSON.stringify(args) }));
  const broken = invalid_tool_calls.map(({ id, name, args }) => ({ id, name, arguments: args }));
  return [...whole, ...broken].map((call, index) => ({ index, ...call }));
}
