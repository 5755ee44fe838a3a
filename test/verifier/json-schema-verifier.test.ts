import { expect, test } from 'vitest';
import { jsonSchemaVerifier } from '../../src/verifier/json-schema-verifier.ts';
import { describeVerifier, inputOf, toolCall } from './shared.ts';

const schema = {
  type: 'object',
  properties: { city: { type: 'string' }, people: { type: 'integer', minimum: 0 } },
  required: ['city'],
  additionalProperties: false,
};
const responseFormat = { type: 'json_schema' as const, json_schema: { name: 'place', schema } };

describeVerifier(() => jsonSchemaVerifier({ schema }), {
  passes: [
    { what: 'JSON that follows the schema', text: '{"city":"Oslo","people":700000}' },
    { what: 'white space around it', text: '\n {"city":"Oslo"} \n' },
    { what: 'content in parts', message: { content: [{ type: 'text', text: '{"city":"Oslo"}' }] } },
    { what: 'a tool call, which is no final answer', message: { tool_calls: [toolCall('find', '{}')] } },
  ],
  fails: [
    { what: 'a wrong type', text: '{"city":5}' },
    { what: 'a missing property', text: '{"people":1}' },
    { what: 'a property too many', text: '{"city":"Oslo","note":""}' },
    { what: 'prose around the JSON', text: 'Here it is: {"city":"Oslo"}' },
    { what: 'a code fence, which a parser would trip over', text: '```json\n{"city":"Oslo"}\n```' },
    { what: 'JSON cut off', text: '{"city":"Os' },
    { what: 'nothing', text: '' },
  ],
});

test('takes the schema from the request, and asks nothing of a request for text', () => {
  const verifier = jsonSchemaVerifier();
  const pass = (text: string, format?: typeof responseFormat | { type: 'json_object' } | { type: 'text' }) =>
    verifier.verify(inputOf({ text, request: { responseFormat: format } }));
  expect(pass('{"city":"Oslo"}', responseFormat)).toMatchObject({ pass: true });
  expect(pass('{"city":5}', responseFormat)).toEqual({
    pass: false,
    reason: '/city: expected string, got integer',
  });
  expect(pass('{}', { type: 'json_object' })).toMatchObject({ pass: true });
  expect(pass('[]', { type: 'json_object' })).toMatchObject({ pass: false });
  expect(pass('free text', { type: 'text' })).toMatchObject({ pass: true });
  expect(pass('free text')).toMatchObject({ pass: true });
});

test('accepts one code fence where that is asked for, and no prose beside it', () => {
  const verifier = jsonSchemaVerifier({ schema, allowFence: true });
  expect(verifier.verify(inputOf({ text: '```json\n{"city":"Oslo"}\n```' }))).toMatchObject({ pass: true });
  expect(verifier.verify(inputOf({ text: '```json\n{"city":1}\n```' }))).toMatchObject({ pass: false });
  expect(verifier.verify(inputOf({ text: 'Sure:\n```json\n{"city":"Oslo"}\n```' }))).toMatchObject({
    pass: false,
  });
});

test('an unsupported keyword is refused when the verifier is made', () => {
  expect(() => jsonSchemaVerifier({ schema: { unevaluatedItems: false } })).toThrow(
    /"unevaluatedItems" is not supported/,
  );
});
