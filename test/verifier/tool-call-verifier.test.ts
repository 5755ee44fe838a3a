import { expect, test } from 'vitest';
import type { ToolDefinition } from '../../src/request.ts';
import { toolCallVerifier } from '../../src/verifier/tool-call-verifier.ts';
import { describeVerifier, inputOf, toolCall } from './shared.ts';

const weather: ToolDefinition = {
  type: 'function',
  function: {
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const clock: ToolDefinition = { type: 'function', function: { name: 'clock' } };
const tools = [weather, clock];
const good = toolCall('weather', '{"city":"Lima"}');
const forced = { type: 'function' as const, function: { name: 'clock' } };

describeVerifier(toolCallVerifier, {
  passes: [
    { what: 'a valid call', request: { tools }, message: { tool_calls: [good] } },
    { what: 'two valid calls', request: { tools }, message: { tool_calls: [good, toolCall('clock', '{}')] } },
    {
      what: 'empty arguments of a tool without any',
      request: { tools },
      message: { tool_calls: [toolCall('clock', '')] },
    },
    { what: 'text where the choice is free', request: { tools }, text: 'It is sunny.' },
    { what: 'text of a request without tools', text: '<tool_call> is how some models write it' },
    {
      what: 'the call that was required',
      request: { tools, toolChoice: 'required' },
      message: { tool_calls: [good] },
    },
    {
      what: 'the tool that was required',
      request: { tools, toolChoice: forced },
      message: { tool_calls: [toolCall('clock', '{}')] },
    },
  ],
  fails: [
    { what: 'an unknown tool', request: { tools }, message: { tool_calls: [toolCall('wether', '{}')] } },
    {
      what: 'arguments that are not JSON',
      request: { tools },
      message: { tool_calls: [toolCall('weather', '{city:1}')] },
    },
    {
      what: 'arguments that are a list',
      request: { tools },
      message: { tool_calls: [toolCall('clock', '[]')] },
    },
    { what: 'a missing argument', request: { tools }, message: { tool_calls: [toolCall('weather', '{}')] } },
    {
      what: 'empty arguments where one is needed',
      request: { tools },
      message: { tool_calls: [toolCall('weather', '')] },
    },
    {
      what: 'a second call that is wrong',
      request: { tools },
      message: { tool_calls: [good, toolCall('weather', '{"city":1}')] },
    },
    { what: 'no call where one is required', request: { tools, toolChoice: 'required' }, text: 'Sunny.' },
    { what: 'no call of the required tool', request: { tools, toolChoice: forced }, text: 'Noon.' },
    {
      what: 'another tool than the required one',
      request: { tools, toolChoice: forced },
      message: { tool_calls: [good] },
    },
    {
      what: 'a call where none is allowed',
      request: { tools, toolChoice: 'none' },
      message: { tool_calls: [good] },
    },
    {
      what: 'two calls where one is allowed',
      request: { tools, parallelToolCalls: false },
      message: { tool_calls: [good, good] },
    },
    { what: 'a call written as text', request: { tools }, text: '<tool_call>{"name":"weather"}</tool_call>' },
    { what: 'a call without tools in the request', message: { tool_calls: [good] } },
  ],
});

test('names the argument that is wrong', () => {
  const call = toolCall('weather', '{"city":7}');
  expect(toolCallVerifier().verify(inputOf({ request: { tools }, message: { tool_calls: [call] } }))).toEqual(
    {
      pass: false,
      reason: 'The arguments of "weather" do not follow its schema: /city: expected string, got integer',
    },
  );
});

test('a tool schema that cannot be checked is an error, not a pass', () => {
  const odd: ToolDefinition = {
    type: 'function',
    function: { name: 'odd', parameters: { unevaluatedProperties: false } },
  };
  const input = inputOf({ request: { tools: [odd] }, message: { tool_calls: [toolCall('odd', '{}')] } });
  expect(() => toolCallVerifier().verify(input)).toThrow(/unevaluatedProperties/);
});
