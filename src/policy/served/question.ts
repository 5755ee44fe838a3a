/** What the router is asked: the human's words, and as much of the conversation as it needs to choose. */
import type { ChatMessage, RouteRequest } from '../../request.ts';
import { textOf } from '../../request.ts';
import type { PolicyState } from '../policy.ts';

/** The router chooses, it does not answer from the history, so its latest part is enough. */
const HISTORY_CHARS = 6000;
const MESSAGE_CHARS = 1500;

export interface RouterQuestion {
  query: string;
  system?: string;
}

/** What of a state the question depends on. */
export type Asked = Pick<PolicyState, 'request' | 'prompt'>;

/**
 * A conversation of one human message is asked exactly as in training. What came before it, or since, stands
 * in front as a transcript: training had no history, but a choice without it would be blind.
 */
export function routerQuestion(state: Asked): RouterQuestion {
  const { messages } = state.request;
  const { humanIndex } = state.prompt;
  const system = messages.filter(isSystem).map((message) => textOf(message.content));
  const others = messages.filter((message, index) => !isSystem(message) && index !== humanIndex);
  const asked = [state.prompt.text || '(no text)', attachments(state)].filter(Boolean).join('\n');
  const history = transcript(others);
  return {
    query: history === '' ? asked : `Conversation so far:\n${history}\n\nCurrent request:\n${asked}`,
    ...(system.length > 0 && { system: system.join('\n') }),
  };
}

/** The messages a candidate gets where the router's prompt replaces the system prompt; the user's own stays in it. */
export function withSystemPrompt(messages: readonly ChatMessage[], prompt: string): ChatMessage[] {
  const own = messages.filter(isSystem).map((message) => textOf(message.content));
  return [
    { role: 'system', content: [prompt, ...own].join('\n\n') },
    ...messages.filter((message) => !isSystem(message)),
  ];
}

/**
 * Why the router's own words cannot be the answer to this request, where they cannot; its answer is plain
 * text, made without seeing pictures and without the sampling and the tools the user asked for.
 */
export function whyNotItself(state: PolicyState): string | undefined {
  const { tools, toolChoice, responseFormat, stop, extraBody }: RouteRequest = state.request;
  if (tools?.length && toolChoice !== 'none') return 'the request has tools';
  if (responseFormat && responseFormat.type !== 'text') return 'the request asks for a format';
  if (state.prompt.images + state.prompt.audio + state.prompt.files > 0) return 'the request has attachments';
  if (stop?.length) return 'the request has stop sequences';
  if (extraBody && Object.keys(extraBody).length > 0) return 'the request has fields for the provider';
  return undefined;
}

function isSystem(message: ChatMessage): boolean {
  return message.role === 'system' || message.role === 'developer';
}

function attachments({ prompt }: Asked): string {
  const parts = [
    [prompt.images, 'image'],
    [prompt.audio, 'audio'],
    [prompt.files, 'file'],
  ] as const;
  const named = parts.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}`);
  return named.length > 0 ? `[attached: ${named.join(', ')}]` : '';
}

function transcript(messages: readonly ChatMessage[]): string {
  const lines: string[] = [];
  let chars = 0;
  for (const message of messages.toReversed()) {
    const line = `${message.role}: ${shorten(words(message))}`;
    chars += line.length;
    if (chars > HISTORY_CHARS) break;
    lines.unshift(line);
  }
  return lines.join('\n');
}

function words(message: ChatMessage): string {
  const calls = message.role === 'assistant' ? (message.tool_calls ?? []) : [];
  const called = calls.map((call) => `[calls ${call.function.name}]`);
  return [textOf(message.content), ...called].filter(Boolean).join(' ');
}

function shorten(text: string): string {
  return text.length <= MESSAGE_CHARS ? text : `${text.slice(0, MESSAGE_CHARS)} […]`;
}
