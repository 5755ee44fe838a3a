/** An answer as bytes on the wire: one JSON body, or server-sent events, one a token. */

import type { CallTokens } from './account.ts';
import type { Answer, AnsweredCall } from './answer.ts';
import type { Piece } from './play.ts';
import { tokenize } from './tokens.ts';

/** An answer cut to its limit and in tokens, ready to be sent in either form. */
export interface Spoken {
  id: string;
  created: number;
  model: string;
  reasoning: string[];
  content: string[];
  toolCalls: (Omit<AnsweredCall, 'arguments'> & { arguments: string[] })[];
  finishReason: string | null;
  /** Reasoning is sent along, under this name; `undefined`: it stays hidden, though billed. */
  reasoningField?: string;
}

/** Applies stop sequences and the token limit. Reasoning counts first, as providers do it. */
export function speak(
  answer: Answer,
  head: Pick<Spoken, 'id' | 'created' | 'model' | 'reasoningField'>,
  maxTokens: number,
  stop: string[],
): Spoken {
  let left = maxTokens;
  let cut = false;
  const take = (text: string): string[] => {
    const tokens = tokenize(text);
    if (tokens.length > left) cut = true;
    const taken = tokens.length > left ? tokens.slice(0, left) : tokens;
    left -= taken.length;
    return taken;
  };
  const reasoning = take(answer.reasoning);
  const content = take(upToStop(answer.content, stop));
  const toolCalls = [];
  for (const call of answer.toolCalls) {
    if (cut || left <= 0) {
      cut = true;
      break;
    }
    toolCalls.push({ ...call, arguments: take(call.arguments) });
  }
  const finishReason = cut ? 'length' : toolCalls.length > 0 ? 'tool_calls' : 'stop';
  return { ...head, reasoning, content, toolCalls, finishReason };
}

function upToStop(text: string, stop: string[]): string {
  let end = text.length;
  for (const sequence of stop) {
    const at = sequence === '' ? -1 : text.indexOf(sequence);
    if (at >= 0) end = Math.min(end, at);
  }
  return text.slice(0, end);
}

export function outputTokens(spoken: Spoken): number {
  let tokens = spoken.reasoning.length + spoken.content.length;
  for (const call of spoken.toolCalls) tokens += call.arguments.length;
  return tokens;
}

/** Usage as OpenAI writes it. @param costUsd told only by providers that report what a call cost */
export function usageOf(tokens: CallTokens, costUsd?: number, factor = 1): Record<string, unknown> {
  const input = Math.round(tokens.inputTokens * factor);
  const output = Math.round(tokens.outputTokens * factor);
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: tokens.cachedTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: tokens.reasoningTokens, audio_tokens: 0 },
    ...(costUsd === undefined ? {} : { cost: costUsd * factor }),
  };
}

export interface BodyOptions {
  usage?: Record<string, unknown>;
  noChoices?: boolean;
}

export function jsonBody(spoken: Spoken, { usage, noChoices }: BodyOptions): string {
  const content = spoken.content.join('');
  const message: Record<string, unknown> = {
    role: 'assistant',
    content: content === '' && spoken.toolCalls.length > 0 ? null : content,
    refusal: null,
  };
  if (spoken.reasoningField && spoken.reasoning.length > 0) {
    message[spoken.reasoningField] = spoken.reasoning.join('');
  }
  if (spoken.toolCalls.length > 0) {
    message.tool_calls = spoken.toolCalls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: call.arguments.join('') },
    }));
  }
  return JSON.stringify({
    id: spoken.id,
    object: 'chat.completion',
    created: spoken.created,
    model: spoken.model,
    choices: noChoices ? [] : [{ index: 0, message, logprobs: null, finish_reason: spoken.finishReason }],
    ...(usage ? { usage } : {}),
  });
}

export interface StreamOptions extends BodyOptions {
  /** The client asked for usage: it then stands in every event, null but in the last. */
  includeUsage: boolean;
  /** Arguments one character at a time, calls interleaved. */
  oddFragments?: boolean;
  done?: boolean;
}

export const DONE = 'data: [DONE]\n\n';

/** Server-sent events of an answer. The constant parts of an event are serialised once. */
export function streamPieces(spoken: Spoken, options: StreamOptions): Piece[] {
  const usageNull = options.includeUsage && options.usage ? ',"usage":null' : '';
  const head = `data: {"id":${JSON.stringify(spoken.id)},"object":"chat.completion.chunk","created":${spoken.created},"model":${JSON.stringify(spoken.model)},"choices":[`;
  const tail = `]${usageNull}}\n\n`;
  const event = (delta: string, finish = 'null') =>
    options.noChoices
      ? `${head}${tail}`
      : `${head}{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}${tail}`;
  const pieces: Piece[] = [{ data: event('{"role":"assistant","content":""}'), tokens: 0 }];
  const field = spoken.reasoningField;
  for (const token of spoken.reasoning) {
    // Hidden reasoning takes its time and is billed, yet no event tells of it.
    const data = field ? event(`{${JSON.stringify(field)}:${JSON.stringify(token)}}`) : '';
    pieces.push({ data, tokens: 1 });
  }
  for (const token of spoken.content) {
    pieces.push({ data: event(`{"content":${JSON.stringify(token)}}`), tokens: 1 });
  }
  pieces.push(...callPieces(spoken, event, options.oddFragments === true));
  pieces.push({ data: event('{}', JSON.stringify(spoken.finishReason)), tokens: 0 });
  if (options.includeUsage && options.usage) {
    pieces.push({ data: `${head}],"usage":${JSON.stringify(options.usage)}}\n\n`, tokens: 0 });
  }
  if (options.done !== false) pieces.push({ data: DONE, tokens: 0 });
  return pieces;
}

function callPieces(spoken: Spoken, event: (delta: string) => string, odd: boolean): Piece[] {
  const pieces: Piece[] = [];
  const fragment = (call: object, tokens: number) => {
    pieces.push({ data: event(JSON.stringify({ tool_calls: [call] })), tokens });
  };
  for (const [index, { id, name }] of spoken.toolCalls.entries()) {
    fragment({ index, id, type: 'function', function: { name, arguments: '' } }, 0);
  }
  if (!odd) {
    for (const [index, call] of spoken.toolCalls.entries()) {
      for (const text of call.arguments) fragment({ index, function: { arguments: text } }, 1);
    }
    return pieces;
  }
  const rests = spoken.toolCalls.map((call) =>
    call.arguments.flatMap((token) => [...token].map((char, at) => ({ char, first: at === 0 }))),
  );
  for (let at = 0; rests.some((rest) => at < rest.length); at++) {
    for (const [index, rest] of rests.entries()) {
      const one = rest[at];
      if (!one) continue;
      if (at % 5 === 2) fragment({ index, function: { arguments: '' } }, 0);
      fragment({ index, function: { arguments: one.char } }, one.first ? 1 : 0);
    }
  }
  return pieces;
}
