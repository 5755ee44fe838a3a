/** LangChain messages and OpenAI's chat messages, both ways. */
import {
  AIMessage,
  type BaseMessage,
  type ChatMessage as GenericMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages';
import {
  type AssistantMessage,
  type ChatMessage,
  type TextPart,
  type ToolCall,
  type UserMessage,
  XrouterError,
} from '../../../src/index.ts';
import { fromToolCalls } from './answer-tools.ts';
import { toContent, toText, type UnknownBlocks } from './content.ts';

/**
 * LangChain messages in OpenAI's chat shape. Thoughts of a model are left out, since few providers take them
 * back; a candidate that is a chat model of the user's own gets the native messages instead.
 *
 * @throws XrouterError `invalid_request` where a message or block has no place in that shape
 */
export function toChatMessages(
  messages: readonly BaseMessage[],
  unknown: UnknownBlocks = 'reject',
): ChatMessage[] {
  const answered = new Set<string>();
  for (const message of messages) if (ToolMessage.isInstance(message)) answered.add(message.tool_call_id);
  return messages.map((message) => toChatMessage(message, answered, unknown));
}

function toChatMessage(message: BaseMessage, answered: Set<string>, unknown: UnknownBlocks): ChatMessage {
  switch (message.type) {
    case 'human':
      return userMessage(message, unknown);
    case 'system':
      return systemMessage(message, message.additional_kwargs.__openai_role__ === 'developer');
    case 'ai':
      return assistantMessage(message as AIMessage, answered);
    case 'tool':
      return {
        role: 'tool',
        tool_call_id: (message as ToolMessage).tool_call_id,
        content: toContent(message.content, unknown),
      };
    case 'generic':
      return genericMessage(message as GenericMessage, answered, unknown);
    default:
      throw new XrouterError('invalid_request', `A message of type "${message.type}" cannot be sent.`, {
        hint: 'Send human, ai, system and tool messages.',
      });
  }
}

function genericMessage(message: GenericMessage, answered: Set<string>, unknown: UnknownBlocks): ChatMessage {
  const { role } = message;
  if (role === 'user' || role === 'human') return userMessage(message, unknown);
  if (role === 'system' || role === 'developer') return systemMessage(message, role === 'developer');
  if (role === 'assistant' || role === 'ai') return assistantMessage(message, answered);
  throw new XrouterError('invalid_request', `A message with role ${JSON.stringify(role)} cannot be sent.`, {
    hint: 'Use user, system, developer or assistant; for the result of a tool, a ToolMessage.',
  });
}

function userMessage(message: BaseMessage, unknown: UnknownBlocks): UserMessage {
  return { role: 'user', content: toContent(message.content, unknown), ...nameOf(message) };
}

function systemMessage(message: BaseMessage, developer: boolean): ChatMessage {
  const content = toContent(message.content, 'skip');
  const text = typeof content === 'string' ? content : content.filter((part) => part.type === 'text');
  return {
    role: developer ? 'developer' : 'system',
    content: text as string | TextPart[],
    ...nameOf(message),
  };
}

/** Providers refuse names with other characters, and a name is only a courtesy. */
function nameOf({ name }: BaseMessage): { name?: string } {
  return name !== undefined && /^[\w-]{1,64}$/.test(name) ? { name } : {};
}

function assistantMessage(message: BaseMessage, answered: Set<string>): AssistantMessage {
  const calls = toolCallsOf(message, answered);
  const text = toText(message.content);
  const { refusal } = message.additional_kwargs;
  const assistant: AssistantMessage = {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
  };
  if (typeof refusal === 'string') assistant.refusal = refusal;
  if (calls.length > 0) assistant.tool_calls = calls;
  return assistant;
}

function toolCallsOf(message: BaseMessage, answered: Set<string>): ToolCall[] {
  const { tool_calls = [], invalid_tool_calls = [] } = message as Partial<AIMessage>;
  const calls = tool_calls.map(({ id, name, args }) => toolCall(id, name, JSON.stringify(args)));
  // A call with broken arguments is part of the history only if it was answered: providers refuse a call
  // without its result as well as a result without its call.
  for (const { id, name, args } of invalid_tool_calls) {
    if (id !== undefined && answered.has(id)) calls.push(toolCall(id, name ?? '', args ?? ''));
  }
  if (calls.length > 0 || typeof message.content === 'string') return calls;
  for (const block of message.content as Record<string, unknown>[]) {
    if (block.type !== 'tool_use') continue;
    calls.push(toolCall(block.id as string, block.name as string, JSON.stringify(block.input ?? {})));
  }
  return calls;
}

function toolCall(id: string | undefined, name: string, args: string): ToolCall {
  return { id: id ?? '', type: 'function', function: { name, arguments: args } };
}

/** Chat messages as LangChain messages, for a request that did not come from LangChain. */
export function fromChatMessages(messages: readonly ChatMessage[]): BaseMessage[] {
  const toolNames = new Map<string, string>();
  return messages.map((message) => {
    if (message.role === 'assistant') {
      for (const call of message.tool_calls ?? []) toolNames.set(call.id, call.function.name);
    }
    return fromChatMessage(message, toolNames);
  });
}

function fromChatMessage(message: ChatMessage, toolNames: Map<string, string>): BaseMessage {
  // Parts of OpenAI's shape are content blocks of LangChain as they stand.
  const content = (message.content ?? '') as string;
  switch (message.role) {
    case 'user':
      return new HumanMessage({ content, name: message.name });
    case 'system':
      return new SystemMessage({ content, name: message.name });
    case 'developer': {
      const additional_kwargs = { __openai_role__: 'developer' };
      return new SystemMessage({ content, name: message.name, additional_kwargs });
    }
    case 'tool': {
      const { tool_call_id } = message;
      return new ToolMessage({ content, tool_call_id, name: toolNames.get(tool_call_id) });
    }
    case 'assistant': {
      const additional_kwargs = message.refusal ? { refusal: message.refusal } : {};
      return new AIMessage({ content, ...fromToolCalls(message.tool_calls ?? []), additional_kwargs });
    }
  }
}
