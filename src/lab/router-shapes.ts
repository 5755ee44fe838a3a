/**
 * Responses in SGLang's shape. From its source and documentation, not from a running SGLang: see
 * docs/served-policy.md for what that means and how to check against a real one.
 */
import { hex } from './random.ts';

/** Ways in which SGLang's answers differ from OpenAI's, or go wrong; each can be switched on. */
export const routerFaults = {
  'flat-error': '400 with the flat error body',
  unauthorized: '401 with {"error": "Unauthorized"}',
  unavailable: '503 with the flat error body, as under load',
  overflow: '400: the input is longer than the context length',
  'error-in-200': '200 whose body, or first event, is an error',
  'dropped-calls': 'finish_reason tool_calls with no tool_calls: they could not be parsed',
  'text-calls': 'the calls stay in the text, as when they lack their line breaks',
  'null-index': 'tool calls whose index is null',
  'minus-one-index': 'tool calls whose index is -1',
  'no-usage': 'no usage at all',
  abort: 'finish_reason abort',
  cut: 'the connection breaks in the middle of the body',
  hang: 'no answer until the client leaves',
  'not-json': '200 with a page of HTML',
  length: 'the answer is cut off at the token limit',
} as const;
export type RouterFault = keyof typeof routerFaults;

export interface RouterUsage {
  prompt: number;
  completion: number;
  cached: number;
}

interface ParsedCall {
  name: string;
  arguments: string;
}

/** As SGLang's detector for Qwen2.5 does it: line breaks are required, broken blocks and unknown names vanish. */
export function detectCalls(
  text: string,
  tools: readonly string[],
): { content: string; calls: ParsedCall[] } {
  const begin = text.indexOf('<tool_call>\n');
  if (begin < 0) return { content: text, calls: [] };
  const calls: ParsedCall[] = [];
  for (const [, block] of text.matchAll(/<tool_call>\n([\s\S]*?)\n<\/tool_call>/g)) {
    try {
      const call = JSON.parse(block!.trim());
      if (tools.includes(call.name))
        calls.push({ name: call.name, arguments: JSON.stringify(call.arguments ?? {}) });
    } catch {}
  }
  return { content: text.slice(0, begin).trim(), calls };
}

export function flatError(status: number, message: string, type = 'BadRequestError'): string {
  return JSON.stringify({ object: 'error', message, type, param: null, code: status });
}

function usageBody(usage: RouterUsage) {
  return {
    prompt_tokens: usage.prompt,
    total_tokens: usage.prompt + usage.completion,
    completion_tokens: usage.completion,
    // Null unless the server reports its cache and something was cached.
    prompt_tokens_details: usage.cached > 0 ? { cached_tokens: usage.cached } : null,
    reasoning_tokens: 0,
  };
}

export interface ChatAnswer {
  id: string;
  model: string;
  content: string;
  calls: ParsedCall[];
  finishReason: string;
  usage?: RouterUsage;
  index: 'counted' | 'null' | 'minus-one';
}

function callBodies(answer: ChatAnswer) {
  return answer.calls.map(({ name, arguments: args }, at) => ({
    id: `call_${hex(24, answer.id, at)}`,
    index: answer.index === 'counted' ? at : answer.index === 'null' ? null : -1,
    type: 'function',
    function: { name, arguments: args },
  }));
}

export function chatBody(answer: ChatAnswer): string {
  return JSON.stringify({
    id: answer.id,
    object: 'chat.completion',
    created: 1_767_225_600,
    model: answer.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: answer.content,
          reasoning_content: null,
          tool_calls: answer.calls.length > 0 ? callBodies(answer) : null,
        },
        logprobs: null,
        finish_reason: answer.finishReason,
        matched_stop: answer.finishReason === 'stop' ? 151645 : null,
      },
    ],
    ...(answer.usage && { usage: usageBody(answer.usage) }),
    metadata: { weight_version: 'default' },
  });
}

/** Events of a stream: name first, arguments later, the finish and the usage each in a chunk of its own. */
export function chatEvents(answer: ChatAnswer, includeUsage: boolean): string[] {
  const { id, model } = answer;
  const chunk = (choices: unknown[], usage: unknown = null) =>
    `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created: 1_767_225_600, model, choices, usage })}\n\n`;
  const delta = (fields: object) =>
    chunk([{ index: 0, delta: fields, logprobs: null, finish_reason: null, matched_stop: null }]);
  const events = [delta({ role: 'assistant', content: '' })];
  for (const piece of answer.content.match(/[\s\S]{1,12}/gu) ?? [])
    events.push(delta({ content: piece, reasoning_content: null, tool_calls: null }));
  for (const call of callBodies(answer)) {
    const { name, arguments: args } = call.function;
    events.push(delta({ tool_calls: [{ ...call, function: { name, arguments: '' } }] }));
    const half = Math.ceil(args.length / 2);
    for (const piece of [args.slice(0, half), args.slice(half)]) {
      events.push(delta({ tool_calls: [{ ...call, id: null, function: { name: null, arguments: piece } }] }));
    }
  }
  events.push(
    chunk([{ index: 0, delta: {}, logprobs: null, finish_reason: answer.finishReason, matched_stop: null }]),
  );
  if (includeUsage && answer.usage) events.push(chunk([], usageBody(answer.usage)));
  events.push('data: [DONE]\n\n');
  return events;
}

export interface TextAnswer {
  id: string;
  model: string;
  text: string;
  finishReason: string;
  usage?: RouterUsage;
}

export function completionBody({ id, model, text, finishReason, usage }: TextAnswer): string {
  const choice = {
    index: 0,
    text,
    logprobs: null,
    finish_reason: finishReason,
    matched_stop: finishReason === 'stop' ? '<|im_end|>' : null,
  };
  return JSON.stringify({
    id,
    object: 'text_completion',
    created: 1_767_225_600,
    model,
    choices: [choice],
    ...(usage && { usage: usageBody(usage) }),
  });
}

export function generateBody({ id, text, finishReason, usage }: TextAnswer): string {
  const finish_reason =
    finishReason === 'abort'
      ? { type: 'abort', message: 'Aborted', status_code: 503 }
      : { type: finishReason, matched: '<|im_end|>' };
  const counts = usage && {
    prompt_tokens: usage.prompt,
    completion_tokens: usage.completion,
    cached_tokens: usage.cached,
  };
  return JSON.stringify({
    text,
    meta_info: { id, finish_reason, ...counts, e2e_latency: 0.01, weight_version: 'default' },
  });
}

/** One token whose alternatives carry the probabilities of the labels. */
export function labelBody(
  id: string,
  model: string,
  labels: readonly string[],
  probabilities: readonly number[],
  usage: RouterUsage,
): string {
  const ranked = labels
    .map((token, at) => ({ token, logprob: Math.log(probabilities[at]!), bytes: null }))
    .sort((a, b) => b.logprob - a.logprob);
  const content = [{ ...ranked[0]!, top_logprobs: ranked.slice(0, 20) }];
  const choice = {
    index: 0,
    message: { role: 'assistant', content: ranked[0]!.token, reasoning_content: null, tool_calls: null },
    logprobs: { content },
    finish_reason: 'length',
    matched_stop: null,
  };
  return JSON.stringify({
    id,
    object: 'chat.completion',
    created: 1_767_225_600,
    model,
    choices: [choice],
    usage: usageBody(usage),
  });
}
