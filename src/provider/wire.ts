/** A neutral request as the body of `POST /chat/completions`. */
import type { Candidate } from '../catalog/candidate.ts';
import type { WireQuirks } from '../catalog/providers.ts';
import type { RouteRequest } from '../request.ts';
import type { JsonRecord } from './json.ts';

/** Fields that would multiply what a call costs beyond what was reserved for it. */
const MULTIPLIERS = new Set(['n', 'best_of', 'stream_options']);

/**
 * Messages, tools and response format are handed on as they are; what is `undefined` is left out, and so is
 * what the chosen model would refuse. `extraBody` adds fields and never replaces one that the request set:
 * with `maxOutputTokens` set, neither name of that field can be smuggled past it, since the cost was reserved
 * for the bound.
 */
export function requestBody(candidate: Candidate, request: RouteRequest, wire: WireQuirks): JsonRecord {
  const stream = request.stream !== false;
  const body: JsonRecord = { model: candidate.model, messages: request.messages, stream };
  if (stream && wire.streamUsage === 'option') body.stream_options = { include_usage: true };
  const set = (field: string, value: unknown): void => {
    if (value !== undefined) body[field] = value;
  };
  set('tools', request.tools);
  set('tool_choice', request.toolChoice);
  set('parallel_tool_calls', request.parallelToolCalls);
  set('response_format', request.responseFormat);
  if (wire.reasoningSampling || !candidate.reasoning) {
    set('temperature', request.temperature);
    set('top_p', request.topP);
  }
  set(wire.outputLimitField, request.maxOutputTokens);
  set('stop', request.stop);
  set('seed', request.seed);
  if (wire.reasoningEffort && candidate.reasoning) set('reasoning_effort', request.reasoningEffort);

  for (const [field, value] of Object.entries(request.extraBody ?? {})) {
    const bounded = request.maxOutputTokens !== undefined && /^max_(completion_)?tokens$/.test(field);
    // From JSON it is a field like others; set, it would be the body's prototype.
    if (bounded || field === '__proto__' || Object.hasOwn(body, field) || MULTIPLIERS.has(field)) continue;
    set(field, value);
  }
  return body;
}
