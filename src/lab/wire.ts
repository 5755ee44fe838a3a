/** The OpenAI chat completions wire, as far as the lab reads it: the request's shape and the error's. */
import type { ChatMessage, ResponseFormat, ToolChoice, ToolDefinition } from '../request.ts';

export interface ChatBody {
  model: string;
  messages: ChatMessage[];
  stream: boolean;
  includeUsage: boolean;
  tools: ToolDefinition[];
  toolChoice: ToolChoice;
  parallelToolCalls: boolean;
  responseFormat?: ResponseFormat;
  maxTokens?: number;
  stop: string[];
  reasoningEffort?: string;
}

export class WireError extends Error {
  readonly status: number;
  readonly body: string;

  constructor(
    status: number,
    message: string,
    details: { type?: string; param?: string; code?: string } = {},
  ) {
    super(message);
    this.status = status;
    this.body = errorBody(message, details.type ?? 'invalid_request_error', details.param, details.code);
  }
}

/** OpenAI's error body. */
export function errorBody(message: string, type: string, param?: string, code?: string): string {
  return JSON.stringify({ error: { message, type, param: param ?? null, code: code ?? null } });
}

const ROLES = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);

/**
 * Reads and checks a request body.
 * @throws WireError 400 with OpenAI's body; it names the field
 */
export function readChatBody(raw: string): ChatBody {
  let parsed: unknown;
  try {
    parsed = JSON.parse(raw);
  } catch {
    throw new WireError(400, 'The body is not valid JSON. Send one JSON object.');
  }
  if (!isObject(parsed)) throw new WireError(400, 'The body must be a JSON object.');
  const body = parsed;
  if (typeof body.model !== 'string' || body.model === '') {
    throw new WireError(400, 'You must provide a model parameter.', { param: 'model' });
  }
  if (!Array.isArray(body.messages) || body.messages.length === 0) {
    throw invalid('messages', 'must be an array with at least one message');
  }
  checkMessages(body.messages);
  if (body.n !== undefined && body.n !== null && body.n !== 1) {
    throw invalid('n', 'only 1 is supported by the lab');
  }
  const maxTokens = body.max_completion_tokens ?? body.max_tokens ?? undefined;
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && (maxTokens as number) >= 1)) {
    throw invalid('max_tokens', 'must be a whole number of at least 1');
  }
  if (body.temperature !== undefined && body.temperature !== null) {
    const temperature = body.temperature;
    if (typeof temperature !== 'number' || temperature < 0 || temperature > 2) {
      throw invalid('temperature', 'must be a number from 0 to 2');
    }
  }
  const tools = (body.tools ?? []) as ToolDefinition[];
  checkTools(tools);
  const toolChoice = (body.tool_choice ?? 'auto') as ToolChoice;
  checkToolChoice(toolChoice, tools);
  const stop = body.stop ?? [];
  const options = isObject(body.stream_options) ? body.stream_options : {};
  return {
    model: body.model,
    messages: body.messages as ChatMessage[],
    stream: body.stream === true,
    includeUsage: options.include_usage === true,
    tools,
    toolChoice,
    parallelToolCalls: body.parallel_tool_calls !== false,
    responseFormat: readFormat(body.response_format),
    maxTokens: maxTokens as number | undefined,
    stop: (Array.isArray(stop) ? stop : [stop]).filter((text): text is string => typeof text === 'string'),
    reasoningEffort: typeof body.reasoning_effort === 'string' ? body.reasoning_effort : undefined,
  };
}

function checkMessages(messages: unknown[]): void {
  const callIds = new Set<unknown>();
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    if (!isObject(message)) throw invalid(at, 'must be an object');
    if (!ROLES.has(message.role as string)) {
      throw invalid(`${at}.role`, `must be one of ${[...ROLES].join(', ')}`);
    }
    const { content } = message;
    const empty = content === undefined || content === null;
    if (empty ? message.role !== 'assistant' : typeof content !== 'string' && !Array.isArray(content)) {
      throw invalid(`${at}.content`, 'must be a string or an array of content parts');
    }
    if (Array.isArray(content) && !content.every((part) => isObject(part) && typeof part.type === 'string')) {
      throw invalid(`${at}.content`, 'each part must be an object with a type');
    }
    if (Array.isArray(message.tool_calls)) {
      for (const call of message.tool_calls) {
        if (!isObject(call) || !isObject(call.function)) {
          throw invalid(`${at}.tool_calls`, 'each must have an id and a function');
        }
        callIds.add(call.id);
      }
    }
    if (message.role === 'tool' && !callIds.has(message.tool_call_id)) {
      throw invalid(`${at}.tool_call_id`, 'must answer a tool call of an earlier assistant message');
    }
  }
}

function checkTools(tools: unknown): void {
  if (!Array.isArray(tools)) throw invalid('tools', 'must be an array');
  for (const [index, tool] of tools.entries()) {
    const name = isObject(tool) && isObject(tool.function) ? tool.function.name : undefined;
    if (typeof name !== 'string' || !/^[\w-]{1,64}$/.test(name)) {
      throw invalid(`tools[${index}].function.name`, 'must match ^[a-zA-Z0-9_-]{1,64}$');
    }
  }
}

function checkToolChoice(choice: unknown, tools: ToolDefinition[]): void {
  if (choice === 'auto' || choice === 'none') return;
  if (tools.length === 0) throw invalid('tool_choice', 'is only allowed together with tools');
  if (choice === 'required') return;
  const name = isObject(choice) && isObject(choice.function) ? choice.function.name : undefined;
  if (!tools.some((tool) => tool.function.name === name)) {
    throw invalid('tool_choice', 'must be none, auto, required or name one of the tools');
  }
}

function readFormat(format: unknown): ResponseFormat | undefined {
  if (format === undefined || format === null) return undefined;
  const type = isObject(format) ? format.type : undefined;
  if (type === 'text' || type === 'json_object') return { type };
  const schema = isObject(format) ? format.json_schema : undefined;
  if (type !== 'json_schema' || !isObject(schema) || typeof schema.name !== 'string') {
    throw invalid('response_format', 'must be text, json_object, or json_schema with a name');
  }
  return format as unknown as ResponseFormat;
}

function invalid(param: string, problem: string): WireError {
  return new WireError(400, `Invalid '${param}': ${problem}.`, { param, code: 'invalid_value' });
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
