import { describe, expect, test } from 'vitest';
import { COMPATIBLE_WIRE, PROVIDERS } from '../../src/catalog/providers.ts';
import { requestBody } from '../../src/provider/wire.ts';
import type { RouteRequest } from '../../src/request.ts';
import { candidate } from '../support/policy-state.ts';

const messages: RouteRequest['messages'] = [{ role: 'user', content: 'Hi' }];
const plain = candidate('m', 1, 1);
const thinker = { ...plain, reasoning: true };
const wire = { ...COMPATIBLE_WIRE, reasoningEffort: true };
const body = (request: Partial<RouteRequest>) => requestBody(plain, { messages, ...request }, wire);

describe('a request on the wire', () => {
  test('holds what was asked for and nothing else', () => {
    expect(body({})).toEqual({ model: 'm', messages, stream: true, stream_options: { include_usage: true } });
    expect(body({ stream: false })).toEqual({ model: 'm', messages, stream: false });
  });

  test('has the sampling fields by the names of the API', () => {
    const sampling = {
      temperature: 0,
      topP: 0.9,
      maxOutputTokens: 5,
      stop: ['a'],
      seed: 0,
      reasoningEffort: 'low',
    };
    expect(body({ ...sampling, stream: false, parallelToolCalls: false, toolChoice: 'required' })).toEqual({
      model: 'm',
      messages,
      stream: false,
      temperature: 0,
      top_p: 0.9,
      max_tokens: 5,
      stop: ['a'],
      seed: 0,
      parallel_tool_calls: false,
      tool_choice: 'required',
    });
  });

  test('follows what the provider and the model accept', () => {
    const request = { messages, maxOutputTokens: 5, temperature: 0, topP: 1, reasoningEffort: 'low' };
    expect(requestBody(thinker, request, wire)).toMatchObject({ reasoning_effort: 'low', temperature: 0 });
    expect(requestBody(thinker, request, COMPATIBLE_WIRE)).not.toHaveProperty('reasoning_effort');
    const openai = requestBody(thinker, request, PROVIDERS[0]!.wire);
    expect(openai).toMatchObject({ max_completion_tokens: 5, reasoning_effort: 'low' });
    for (const field of ['temperature', 'top_p', 'max_tokens']) expect(openai).not.toHaveProperty(field);
    expect(requestBody(plain, request, { ...wire, streamUsage: 'always' })).not.toHaveProperty(
      'stream_options',
    );
  });

  test('a further field of any name is a field, never what the body inherits from', () => {
    const extraBody = JSON.parse('{"__proto__": {"top_k": 2}}');
    expect(Object.getPrototypeOf(body({ extraBody }))).toBe(Object.prototype);
  });

  test('asks for one answer only, since one was reserved for', () => {
    expect(body({ extraBody: { n: 5, best_of: 5, top_k: 1 } })).toEqual({ ...body({}), top_k: 1 });
  });

  test('carries messages, tools and response format as the very same objects', () => {
    const tools: RouteRequest['tools'] = [{ type: 'function', function: { name: 'f', strict: null } }];
    const responseFormat: RouteRequest['responseFormat'] = {
      type: 'json_schema',
      json_schema: { name: 'x' },
    };
    const made = body({ tools, responseFormat });
    expect(made.messages).toBe(messages);
    expect(made.tools).toBe(tools);
    expect(made.response_format).toBe(responseFormat);
  });

  test('takes extra fields, none of which replaces one that is set', () => {
    const extraBody = {
      model: 'other',
      stream: false,
      stream_options: {},
      temperature: 2,
      top_k: 40,
      rid: 'r',
    };
    expect(body({ temperature: 0.5, extraBody })).toEqual({
      model: 'm',
      messages,
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.5,
      top_k: 40,
      rid: 'r',
    });
  });

  test('keeps the output bound under both names, since the reservation relies on it', () => {
    const extraBody = { max_tokens: 9999, max_completion_tokens: 9999 };
    expect(body({ maxOutputTokens: 5, extraBody })).toMatchObject({ max_tokens: 5 });
    expect(body({ maxOutputTokens: 5, extraBody })).not.toHaveProperty('max_completion_tokens');
    expect(body({ extraBody })).toMatchObject(extraBody);
  });
});
