/** Tool calls and structured output: through the official SDK and ChatOpenAI, valid for their schema. */

import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { createAgent } from 'langchain';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createLab, type Lab } from '../../src/lab/index.ts';
import { candidates } from './candidates.ts';

let lab: Lab;
let openai: OpenAI;
let chat: ChatOpenAI;
beforeAll(async () => {
  lab = await createLab({ candidates, seed: 11 });
  openai = new OpenAI({ baseURL: lab.baseUrl('openai'), apiKey: 'any', maxRetries: 0 });
  chat = new ChatOpenAI({
    model: 'strong',
    apiKey: 'any',
    maxRetries: 0,
    configuration: { baseURL: lab.baseUrl('openai') },
  });
});
afterAll(() => lab.close());

function definition(name: string, description: string, parameters: z.ZodType): OpenAI.ChatCompletionTool {
  return {
    type: 'function',
    function: { name, description, parameters: z.toJSONSchema(parameters) as Record<string, unknown> },
  };
}
const add = definition('math_addition', 'Adds two numbers', z.object({ a: z.number(), b: z.number() }));
const weather = definition('get_weather', 'Weather of a city', z.object({ city: z.string() }));
const clock = definition('get_time', 'Time in a city', z.object({ city: z.string() }));

type Options = Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>;
async function call(content: string, options: Options) {
  const answer = await openai.chat.completions.create({
    model: 'strong',
    messages: [{ role: 'user', content }],
    ...options,
  });
  const [choice] = answer.choices;
  const calls = (choice!.message.tool_calls ?? []).filter((one) => one.type === 'function');
  return {
    choice: choice!,
    answer,
    calls: calls.map(({ id, function: f }) => ({ id, name: f.name, args: JSON.parse(f.arguments) })),
  };
}

describe('which tool is called', () => {
  test('auto calls the tool the words point to, with values from the prompt', async () => {
    const { calls, choice, answer } = await call('Please add 17 and 25.', { tools: [weather, add] });
    expect(calls).toMatchObject([{ name: 'math_addition', args: { a: 17, b: 25 } }]);
    expect(calls[0]!.id).toMatch(/^call_[0-9a-f]{24}$/);
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    expect(answer.usage!.completion_tokens).toBeGreaterThan(0);
  });

  test('auto answers in text where no tool fits', async () => {
    const { calls, choice } = await call('Hello there!', { tools: [weather, add] });
    expect(calls).toEqual([]);
    expect(choice.message.content).toBeTruthy();
  });

  test('required calls a tool even where none fits, and one only without parallel calls', async () => {
    expect(
      (await call('Hello there!', { tools: [weather, add], tool_choice: 'required' })).calls,
    ).toHaveLength(1);
    const both = { tools: [weather, clock], tool_choice: 'required' as const };
    expect((await call('Weather and time in Paris?', both)).calls).toHaveLength(2);
    const single = await call('Weather and time in Paris?', { ...both, parallel_tool_calls: false });
    expect(single.calls).toHaveLength(1);
  });

  test('a named choice calls that tool, none calls no tool', async () => {
    const named = { type: 'function' as const, function: { name: 'get_time' } };
    const { calls } = await call('Add 1 and 2', { tools: [add, clock], tool_choice: named });
    expect(calls.map(({ name }) => name)).toEqual(['get_time']);
    expect((await call('Add 1 and 2', { tools: [add], tool_choice: 'none' })).calls).toEqual([]);
  });

  test('one tool for several subjects is called once for each', async () => {
    const { calls } = await call('What is the weather in Paris, Rome and New York?', { tools: [weather] });
    expect(calls.map(({ args }) => args.city)).toEqual(['Paris', 'Rome', 'New York']);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
  });

  test('after the results comes text that uses them', async () => {
    const first = await chat.bindTools([add]).invoke('Please add 17 and 25.');
    expect(first.tool_calls).toHaveLength(1);
    const answer = await chat
      .bindTools([add])
      .invoke([
        new HumanMessage('Please add 17 and 25.'),
        first,
        new ToolMessage({ tool_call_id: first.tool_calls![0]!.id!, content: 'the sum is 42' }),
      ]);
    expect(answer.tool_calls).toEqual([]);
    expect(answer.text).toContain('the sum is 42');
  });

  test('tool results with content blocks are accepted', async () => {
    const history = [
      new HumanMessage('Add 1 and 2'),
      new AIMessage({
        content: [{ type: 'text', text: 'I add.' }],
        tool_calls: [{ id: 'call_a', name: 'math_addition', args: { a: 1, b: 2 }, type: 'tool_call' }],
      }),
      new ToolMessage({ tool_call_id: 'call_a', content: [{ type: 'text', text: '3' }] }),
    ];
    expect((await chat.bindTools([add]).invoke(history)).text).toContain('3');
  });

  test('tokens that do not suffice cut the arguments and say so', async () => {
    const { choice } = await call('Hello', { tools: [add], tool_choice: 'none', max_tokens: 2 });
    expect(choice.finish_reason).toBe('length');
    const answer = await openai.chat.completions.create({
      model: 'strong',
      messages: [{ role: 'user', content: 'Please add 17 and 25.' }],
      tools: [add],
      max_tokens: 2,
    });
    expect(answer.choices[0]!.finish_reason).toBe('length');
    const [cut] = answer.choices[0]!.message.tool_calls!.filter((one) => one.type === 'function');
    expect(() => JSON.parse(cut!.function.arguments)).toThrow();
  });
});

describe('ChatOpenAI', () => {
  test('streams text with usage', async () => {
    let chunks = 0;
    let whole = await chat.invoke('Explain tides.');
    const text = whole.text;
    let first = true;
    for await (const chunk of await chat.stream('Explain tides.')) {
      whole = first ? chunk : (whole as typeof chunk).concat(chunk);
      first = false;
      chunks++;
    }
    expect(chunks).toBeGreaterThan(3);
    expect(whole.text).toBe(text);
    expect(whole.usage_metadata!.total_tokens).toBeGreaterThan(0);
  });

  test('streams tool calls in fragments that fit together', async () => {
    const stream = await chat.bindTools([weather, clock]).stream('Weather and time in Paris?');
    let whole: Awaited<ReturnType<typeof stream.next>>['value'];
    for await (const chunk of stream) whole = whole ? whole.concat(chunk) : chunk;
    expect(whole.tool_calls!.map(({ name }: { name: string }) => name).sort()).toEqual([
      'get_time',
      'get_weather',
    ]);
    for (const { args } of whole.tool_calls!) expect(args.city).toBeTypeOf('string');
  });

  test('runs a tool of its own once', async () => {
    const adder = tool(({ a, b }: { a: number; b: number }) => String(a + b), {
      name: 'math_addition',
      description: 'Adds two numbers',
      schema: z.object({ a: z.number(), b: z.number() }),
    });
    const answer = await chat.bindTools([adder]).invoke('What is 17 + 25?');
    expect(answer.tool_calls).toMatchObject([{ name: 'math_addition', args: { a: 17, b: 25 } }]);
    expect((await adder.invoke(answer.tool_calls![0]!)).content).toBe('42');
  });

  test('carries an agent through its tools to a structured answer', async () => {
    const forecast = tool(async ({ city }: { city: string }) => `21 degrees in ${city}`, {
      name: 'get_weather',
      description: 'Weather of a city',
      schema: z.object({ city: z.string() }),
    });
    const responseFormat = z.object({ city: z.string(), degrees: z.number() });
    const agent = createAgent({ model: chat, tools: [forecast], responseFormat });
    const { messages, structuredResponse } = await agent.invoke({
      messages: [{ role: 'user', content: 'What is the weather in Paris?' }],
    });
    expect(messages.map((message) => message.getType()).slice(0, 3)).toEqual(['human', 'ai', 'tool']);
    expect(structuredResponse).toEqual({ city: 'Paris', degrees: 21 });
  });

  test.each(['functionCalling', 'jsonSchema'] as const)('gives structured output by %s', async (method) => {
    const schema = z.object({ a: z.number(), b: z.number(), operation: z.enum(['subtract', 'add']) });
    const output = await chat
      .withStructuredOutput(schema, { method, name: 'sum' })
      .invoke('What is 17 + 25?');
    expect(output).toEqual({ a: 17, b: 25, operation: 'add' });
  });

  test('accepts pictures, sound and files', async () => {
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' } },
    ];
    const answer = await chat.invoke([new HumanMessage({ content })]);
    expect(answer.text).not.toBe('');
    expect(answer.usage_metadata!.input_tokens).toBeGreaterThan(765);
  });
});
