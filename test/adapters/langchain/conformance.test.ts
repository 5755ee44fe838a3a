/**
 * What LangChain expects of any chat model: the cases of its own standard tests, which are not published, and
 * stricter where they are lenient. Unit cases first, then those over a real socket.
 */
import { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import {
  AIMessage,
  AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages';
import { RunnableLambda } from '@langchain/core/runnables';
import { tool } from '@langchain/core/tools';
import { concat } from '@langchain/core/utils/stream';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ChatXRouter } from '../../../adapters/langchain/index.ts';
import { labChat } from '../../support/lab-chat.ts';

const OFFLINE = { candidates: ['openai/gpt-5-nano'], env: { OPENAI_API_KEY: 'secret-key' } };

const adder = tool(({ a, b }) => String(a + b), {
  name: 'math_addition',
  description: 'Adds two numbers',
  schema: z.object({ a: z.number(), b: z.number() }),
});

async function whole(stream: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk> {
  let sum: AIMessageChunk | undefined;
  for await (const chunk of stream) {
    expect(chunk).toBeInstanceOf(AIMessageChunk);
    sum = sum ? concat(sum, chunk) : chunk;
  }
  return sum!;
}

describe('unit', () => {
  test('can be made without any field, and with the fields that all chat models share', () => {
    expect(new ChatXRouter()).toBeInstanceOf(ChatXRouter);
    const shared = { temperature: 0, maxTokens: 100, timeout: 60, stopSequences: [], maxRetries: 2 };
    const model = new ChatXRouter({ ...OFFLINE, ...shared });
    expect(model.router.parts.defaults.limits).toEqual({ totalMs: 60 });
    expect(model.router.parts.retry).toEqual({ maxAttempts: 3 });
  });

  test('takes keys by hand, and finds out without them who can be called', () => {
    const both = { candidates: ['openai/gpt-5-nano', 'anthropic/claude-haiku-4-5'] };
    const { router } = new ChatXRouter({ ...both, env: OFFLINE.env });
    const { usable } = router.catalog.usable(router.parts.env);
    expect(usable.map(({ provider }) => provider)).toContain('openai');
    expect(usable.map(({ provider }) => provider)).not.toContain('anthropic');
  });

  test.each([true, false])('streaming: %s decides how invoke calls', async (streaming) => {
    await using under = await labChat({ streaming });
    expect((await under.model.invoke('What is 2 + 3? Only the number.')).text).toBe('5');
    expect(under.lab.usage().requests).toMatchObject([{ stream: streaming }]);
  });

  test('bindTools and withStructuredOutput give runnables', () => {
    const model = new ChatXRouter(OFFLINE);
    expect(model.bindTools([adder]).invoke).toBeTypeOf('function');
    expect(model.withStructuredOutput(z.object({ a: z.number() })).invoke).toBeTypeOf('function');
  });

  test('getLsParams has exactly the keys of LangSmith', () => {
    const model = new ChatXRouter({ ...OFFLINE, temperature: 0.5, maxTokens: 9, stop: ['x'] });
    expect(model.getLsParams({} as never)).toEqual({
      ls_provider: 'openai',
      ls_model_name: 'gpt-5-nano',
      ls_model_type: 'chat',
      ls_temperature: 0.5,
      ls_max_tokens: 9,
      ls_stop: ['x'],
    });
    const two = new ChatXRouter({ candidates: ['openai/gpt-5-nano', 'openai/gpt-5'], env: OFFLINE.env });
    expect(two.getLsParams({} as never)).toMatchObject({ ls_provider: 'xrouter', ls_model_name: 'xrouter' });
  });

  test('an aborted signal calls nobody, in invoke and in stream', async () => {
    await using under = await labChat();
    const signal = AbortSignal.abort();
    await expect(under.model.invoke('Hi', { signal })).rejects.toThrow(/abort/i);
    await expect(async () => whole(await under.model.stream('Hi', { signal }))).rejects.toThrow(/abort/i);
    await expect(under.model.generate([[new HumanMessage('Hi')]], { signal })).rejects.toThrow(/abort/i);
    expect(under.lab.usage().calls).toBe(0);
  });
});

describe('conversation', () => {
  test('batch answers every prompt in its place', async () => {
    await using under = await labChat();
    const replies = await under.model.batch([
      'What is 2 + 3? Only the number.',
      'What is 9 * 9? Only the number.',
    ]);
    expect(replies.map(({ text }) => text)).toEqual(['5', '81']);
  });

  test('batch holds its concurrency', async () => {
    await using under = await labChat({}, { speed: 0 });
    await under.model.batch(
      Array.from({ length: 8 }, (_, n) => `What is ${n} + 1?`),
      { maxConcurrency: 2 },
    );
    const { requests } = under.lab.usage();
    const overlapping = requests.map(
      ({ startedAtMs, endedAtMs }) =>
        requests.filter((other) => other.startedAtMs < endedAtMs && other.endedAtMs > startedAtMs).length,
    );
    expect(requests).toHaveLength(8);
    expect(Math.max(...overlapping)).toBeLessThanOrEqual(2);
  });

  test('a history of several messages is taken', async () => {
    await using under = await labChat();
    const reply = await under.model.invoke([
      new SystemMessage('Be brief.'),
      new HumanMessage('Hello'),
      new AIMessage('Hello to you'),
      new HumanMessage('What is 7 * 6? Give only the number.'),
    ]);
    expect(reply.text).toBe('42');
  });

  test.each([
    ['text', 'call me'],
    [
      'a list of blocks',
      [
        { type: 'text', text: 'Adding.' },
        { type: 'tool_use', id: '1', name: 'math_addition', input: { a: 1, b: 2 } },
      ],
    ],
  ])('a history with tools whose content is %s is taken', async (_, content) => {
    await using under = await labChat();
    const call = { name: 'math_addition', args: { a: 1, b: 2 }, id: '1', type: 'tool_call' as const };
    const history: BaseMessage[] = [
      new HumanMessage('What is 1 + 2?'),
      new AIMessage({ content, tool_calls: [call] }),
      new ToolMessage({ content: '3', tool_call_id: '1', name: 'math_addition' }),
    ];
    const reply = await under.model.bindTools([adder]).invoke(history);
    expect(reply.text).toContain('3');
    const [request] = under.lab.usage().requests;
    expect(request).toMatchObject({ status: 'completed' });
  });

  test('few-shot examples with tools are taken', async () => {
    await using under = await labChat();
    const example = { name: 'math_addition', args: { a: 2, b: 2 }, id: 'e1', type: 'tool_call' as const };
    const reply = await under.model
      .bindTools([adder])
      .invoke([
        new HumanMessage('Add 2 and 2'),
        new AIMessage({ content: '', tool_calls: [example] }),
        new ToolMessage({ content: '4', tool_call_id: 'e1' }),
        new AIMessage('4'),
        new HumanMessage('Add 5 and 6'),
      ]);
    expect(reply.tool_calls).toMatchObject([{ name: 'math_addition', args: { a: 5, b: 6 } }]);
  });
});

describe('tools', () => {
  test.each([
    [
      'OpenAI',
      { type: 'function', function: { name: 'math_addition', description: 'Adds', parameters: numbers() } },
    ],
    ['Anthropic', { name: 'math_addition', description: 'Adds', input_schema: numbers() }],
    ['LangChain', adder],
    [
      'schema and name',
      { name: 'math_addition', description: 'Adds', schema: z.object({ a: z.number(), b: z.number() }) },
    ],
    [
      'a runnable',
      RunnableLambda.from(({ a, b }: { a: number; b: number }) => a + b).asTool({
        name: 'math_addition',
        description: 'Adds',
        schema: z.object({ a: z.number(), b: z.number() }),
      }),
    ],
  ])('a tool in the form of %s is called once, with its arguments', async (_, form) => {
    await using under = await labChat();
    const reply = await under.model.bindTools([form]).invoke('What is 3 + 4?');
    expect(reply.tool_calls).toEqual([
      { type: 'tool_call', name: 'math_addition', args: { a: 3, b: 4 }, id: expect.stringMatching(/^call_/) },
    ]);
  });

  test.each(['invoke', 'stream'] as const)('a round trip by %s: call, result, text', async (how) => {
    await using under = await labChat();
    const bound = under.model.bindTools([adder]);
    const ask = async (messages: BaseMessage[]) =>
      how === 'invoke' ? bound.invoke(messages) : whole(await bound.stream(messages));
    const question = new HumanMessage('What is 3 + 4?');
    const asked = await ask([question]);
    expect(asked.tool_calls).toHaveLength(1);
    expect(asked.usage_metadata!.total_tokens).toBeGreaterThan(0);
    const result = new ToolMessage({
      content: '7',
      tool_call_id: asked.tool_calls![0]!.id!,
      name: 'math_addition',
    });
    const reply = await ask([question, asked, result]);
    expect(reply.text).toContain('7');
    expect(reply.tool_calls).toEqual([]);
  });

  test('nested schemas are filled: records, enums, objects', async () => {
    await using under = await labChat();
    const schema = z.object({
      decision: z.enum(['approve', 'reject']),
      details: z.object({ reason: z.string(), fields: z.record(z.string(), z.unknown()) }),
    });
    const review = tool(() => 'ok', { name: 'review', description: 'Reviews a proposal', schema });
    const reply = await under.model
      .bindTools([review], { tool_choice: 'review' })
      .invoke('Review this proposal');
    expect(schema.safeParse(reply.tool_calls![0]!.args).error).toBeUndefined();
  });

  test.each(['invoke', 'stream'] as const)(
    'parallel calls by %s, and none after their results',
    async (how) => {
      await using under = await labChat();
      const times = tool(() => '', {
        name: 'get_time',
        description: 'Time',
        schema: z.object({ city: z.string() }),
      });
      const weather = tool(() => '', {
        name: 'get_weather',
        description: 'Weather',
        schema: z.object({ city: z.string() }),
      });
      const bound = under.model.bindTools([times, weather]);
      const question = new HumanMessage('What are the time and the weather in Bern?');
      const ask = async (messages: BaseMessage[]) =>
        how === 'invoke' ? bound.invoke(messages) : whole(await bound.stream(messages));
      const asked = await ask([question]);
      expect(asked.tool_calls!.map(({ name }) => name).sort()).toEqual(['get_time', 'get_weather']);
      const results = asked.tool_calls!.map(
        ({ id }) => new ToolMessage({ content: 'fine', tool_call_id: id! }),
      );
      expect((await ask([question, asked, ...results])).tool_calls).toEqual([]);
    },
  );

  test.each([
    ['any', ['math_addition']],
    ['none', []],
    ['math_addition', ['math_addition']],
    [{ type: 'function', function: { name: 'math_addition' } }, ['math_addition']],
    [{ type: 'tool', name: 'math_addition' }, ['math_addition']],
  ])('tool_choice %j is obeyed', async (tool_choice, names) => {
    await using under = await labChat();
    const reply = await under.model.bindTools([adder], { tool_choice }).invoke('Good morning');
    expect(reply.tool_calls!.map(({ name }) => name)).toEqual(names);
  });
});

describe('structured output', () => {
  const schema = z.object({ a: z.number(), b: z.number() }).describe('Two numbers');

  class Formats extends BaseCallbackHandler {
    name = 'formats';
    override awaitHandlers = true;
    seen: unknown[] = [];
    override handleChatModelStart(
      ...[, , , , extra]: Parameters<NonNullable<BaseCallbackHandler['handleChatModelStart']>>
    ) {
      this.seen.push(
        (extra!.options as { ls_structured_output_format?: unknown }).ls_structured_output_format,
      );
    }
  }

  test.each(['functionCalling', 'jsonSchema'] as const)('%s: zod is parsed, and traced', async (method) => {
    await using under = await labChat();
    const formats = new Formats();
    const value = await under.model
      .withStructuredOutput(schema, { method, name: 'numbers' })
      .invoke('What is 3 + 4?', { callbacks: [formats] });
    expect(value).toEqual({ a: expect.any(Number), b: expect.any(Number) });
    expect(formats.seen).toEqual([
      { kwargs: { method }, schema: expect.objectContaining({ type: 'object' }) },
    ]);
  });

  test('functionCalling is the default', async () => {
    await using under = await labChat();
    const formats = new Formats();
    await under.model.withStructuredOutput(schema).invoke('What is 3 + 4?', { callbacks: [formats] });
    expect(formats.seen).toMatchObject([{ kwargs: { method: 'functionCalling' } }]);
  });

  test('jsonMode: any JSON is parsed', async () => {
    await using under = await labChat();
    const parsed = await under.model
      .withStructuredOutput(z.object({ answer: z.string() }), { method: 'jsonMode' })
      .invoke('What is 3 + 4? Answer in JSON.');
    expect(parsed.answer).toBeTypeOf('string');
  });

  test('JSON schema, function definitions and Standard Schema work too', async () => {
    await using under = await labChat();
    const plain = await under.model.withStructuredOutput(numbers()).invoke('What is 3 + 4?');
    const definition = { name: 'numbers', description: 'Two numbers', parameters: numbers() };
    const named = await under.model.withStructuredOutput(definition).invoke('What is 3 + 4?');
    const standard = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) => ({ value: { ...(value as object), checked: true } }),
        jsonSchema: { input: () => numbers(), output: () => numbers() },
      },
    };
    const checked = await under.model.withStructuredOutput(standard as never).invoke('What is 3 + 4?');
    const both = { a: expect.any(Number), b: expect.any(Number) };
    expect(plain).toEqual(both);
    expect(named).toEqual(both);
    expect(checked).toEqual({ ...both, checked: true });
  });

  test.each(['functionCalling', 'jsonSchema', 'jsonMode'] as const)('%s with includeRaw', async (method) => {
    await using under = await labChat();
    const any = method === 'jsonMode' ? z.object({ answer: z.string() }) : schema;
    const { raw, parsed } = await under.model
      .withStructuredOutput(any as typeof schema, { method, includeRaw: true })
      .invoke('What is 3 + 4? Answer in JSON.');
    expect(raw).toBeInstanceOf(AIMessage);
    expect(raw.response_metadata).toHaveProperty('routing.costComplete', true);
    expect(any.safeParse(parsed).success).toBe(true);
  });

  test('an answer that does not parse is null with includeRaw, and an error without', async () => {
    await using under = await labChat();
    const impossible = z.object({ a: z.number().refine(() => false) });
    const raw = await under.model
      .withStructuredOutput(impossible, { includeRaw: true })
      .invoke('What is 3 + 4?');
    expect(raw.parsed).toBeNull();
    await expect(under.model.withStructuredOutput(impossible).invoke('What is 3 + 4?')).rejects.toThrow();
  });
});

describe('content blocks', () => {
  const PNG = 'iVBORw0KGgo=';
  test.each([
    ['text', { type: 'text', text: 'and this' }],
    ['an image by URL', { type: 'image', url: 'https://example.com/a.png' }],
    ['an image as base64', { type: 'image', data: PNG, mimeType: 'image/png' }],
    ['an image as a data URL', { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }],
    ['sound', { type: 'audio', data: 'UklGRg==', mimeType: 'audio/wav' }],
    [
      'a file',
      { type: 'file', data: 'JVBERi0=', mimeType: 'application/pdf', metadata: { filename: 'a.pdf' } },
    ],
  ])('%s is taken, by a candidate that reads it', async (_, block) => {
    await using under = await labChat({ candidates: undefined });
    const reply = await under.model.invoke([
      new HumanMessage({ content: [{ type: 'text', text: 'What is this?' }, block] as never }),
    ]);
    expect(reply.text.length).toBeGreaterThan(0);
  });
});

function numbers() {
  const properties = { a: { type: 'number' }, b: { type: 'number' } };
  return { type: 'object', properties, required: ['a', 'b'] };
}
