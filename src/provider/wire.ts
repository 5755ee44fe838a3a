/** A neutral request as the body of `POST /chat/completions`. */
import type { RouteRequest } from '../request.ts';
import type { JsonRecord } from './json.ts';

export type MaxTokensField = 'max_tokens' | 'max_completion_tokens';

/**
 * Messages, tools and response format are handed on as they are; what is `undefined` is left out.
 * `extraBody` adds fields and never replaces one that the request set: with `maxOutputTokens` set, neither
 * name of that field can be smuggled past it, since the cost was reserved for the bound.
 *
 * @param model the candidate's name on the wire
 */
export function requestBody(
  model: string,
  request: RouteRequest,
  maxTokensField: MaxTokensField,
): JsonRecord {
  const stream = request.stream !== false;
  const body: JsonRecord = { model, messages: request.messages, stream };
  if (stream) body.stream_options = { include_usage: true };
  const set = (field: string, value: unknown): void => {
    if (value !== undefined) body[field] = value;
  };
  set('tools', request.tools);
  set('tool_choice', request.toolChoice);
  set('parallel_tool_calls', request.parallelToolCalls);
  set('response_format', request.responseFormat);
  set('temperature', request.temperature);
  set('top_p', request.topP);
  set(maxTokensField, request.maxOutputTokens);
  set('stop', request.stop);
  set('seed', request.seed);
  set('reasoning_effort', request.reasoningEffort);

  for (const [field, value] of Object.entries(request.extraBody ?? {})) {
    const bounded = request.maxOutputTokens !== undefined && /^max_(completion_)?tokens$/.test(field);
    if (bounded || Object.hasOwn(body, field) || field === 'stream_options') continue;
    set(field, value);
  }
  return body;
}
