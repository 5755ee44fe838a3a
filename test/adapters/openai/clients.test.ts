/** The clients that people have: the `openai` package and LangChain's ChatOpenAI. */
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { toNanoUsd } from '../../../src/index.ts';
import { ask, billed, books, HEALTHY, PLAIN, type Serving, serving } from './serving.ts';

let server: Serving;
beforeAll(async () => {
  server = await serving({ routes: { small: { pool: [PLAIN] } } });
});
afterAll(() => server[Symbol.asyncDispose]());

const QUESTION = ask('What is 17 * 23?');
const WEATHER = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

/** What stands beside OpenAI's own fields. */
interface Routed {
  xrouter: { episode_id: string; cost_usd: number; price_source: string; calls: { model: string }[] };
}

describe('the openai package', () => {
  test('gets an answer, who gave it and what it cost', async () => {
    const before = billed(server);
    const { data, response } = await server.client.chat.completions
      .create({ model: 'xrouter', messages: QUESTION })
      .withResponse();
    const { xrouter } = data as typeof data & Routed;
    expect(data.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } });
    expect(data.choices[0]?.message.content).toContain('391');
    expect([PLAIN, HEALTHY]).toContain(data.model);
    expect(data.usage?.total_tokens).toBe(data.usage!.prompt_tokens + data.usage!.completion_tokens);
    expect(toNanoUsd(xrouter.cost_usd)).toBe(billed(server) - before);
    expect(xrouter).toMatchObject({ episode_id: data.id, cost_complete: true, price_source: 'bundled' });
    expect(xrouter.calls).toMatchObject([{ model: data.model, status: 'completed', attempts: 1 }]);
    expect(response.headers.get('x-xrouter-model')).toBe(data.model);
    expect(response.headers.get('x-xrouter-episode-id')).toBe(data.id);
    expect(Number(response.headers.get('x-xrouter-cost-usd'))).toBe(xrouter.cost_usd);
    expect(data).toMatchObject({ _request_id: data.id });
  });

  test('gets the same answer as a stream, with its usage and cost on the last chunk', async () => {
    const whole = await server.client.chat.completions.create({ model: PLAIN, messages: QUESTION });
    const stream = await server.client.chat.completions.create({
      model: PLAIN,
      messages: QUESTION,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' });
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage, model: PLAIN });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
    expect((chunks.at(-1) as unknown as Routed).xrouter).toMatchObject({
      episode_id: chunks[0]?.id,
      cost_usd: (whole as typeof whole & Routed).xrouter.cost_usd,
    });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  test('without include_usage the last chunk is the one with the finish reason', async () => {
    const stream = await server.client.chat.completions.create({
      messages: QUESTION,
      model: PLAIN,
      stream: true,
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toHaveProperty('xrouter.cost_usd');
    expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true);
  });

  test('runs a loop of tools, streamed', async () => {
    const asked: string[] = [];
    const runner = server.client.chat.completions.runTools({
      model: 'xrouter',
      stream: true,
      messages: ask('What is the weather in Paris?'),
      tools: [
        {
          type: 'function',
          function: {
            ...WEATHER.function,
            parse: JSON.parse,
            function: ({ city }: { city: string }) => {
              asked.push(city);
              return `Sunny in ${city}, 21 degrees.`;
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBeTruthy();
    expect(asked).toEqual(['Paris']);
    const turn = server.reports.slice(-2).map(({ model }) => model);
    expect(turn[0]).toBe(turn[1]);
  });

  test('runs a loop of tools, whole', async () => {
    const first = await server.client.chat.completions.create({
      model: 'xrouter',
      messages: ask('What is the weather in Oslo?'),
      tools: [WEATHER],
      tool_choice: 'required',
      parallel_tool_calls: true,
    });
    const [choice] = first.choices;
    expect(choice?.finish_reason).toBe('tool_calls');
    const [call] = choice!.message.tool_calls!;
    expect(call).toMatchObject({ type: 'function', function: { name: 'get_weather' } });
    const second = await server.client.chat.completions.create({
      model: 'xrouter',
      messages: [
        ...ask('What is the weather in Oslo?'),
        choice!.message,
        { role: 'tool', tool_call_id: call!.id, content: 'Rain, 9 degrees.' },
      ],
      tools: [WEATHER],
    });
    expect(second.model).toBe(first.model);
    expect(second.choices[0]?.finish_reason).toBe('stop');
  });

  test('parses a structured answer', async () => {
    const answer = z.object({ city: z.string(), country: z.string() });
    const completion = await server.client.chat.completions.parse({
      model: 'xrouter',
      messages: ask('Paris is the capital of France. Extract city and country.'),
      response_format: zodResponseFormat(answer, 'place'),
    });
    expect(answer.safeParse(completion.choices[0]?.message.parsed).success).toBe(true);
  });

  test('reaches a named route, and one candidate by id or alias', async () => {
    const modelOf = async (model: string) =>
      (await server.client.chat.completions.create({ model, messages: QUESTION })).model;
    expect(await modelOf('xrouter/small')).toBe(PLAIN);
    expect(await modelOf('gpt-4.1-nano')).toBe(PLAIN);
    expect(await modelOf(HEALTHY)).toBe(HEALTHY);
  });

  test('sends the router’s own fields beside OpenAI’s', async () => {
    const body = {
      model: 'xrouter',
      messages: QUESTION,
      xrouter: { pool: [PLAIN, HEALTHY], deny: [PLAIN], lambda: 2, session: 'chat-1' },
    };
    const { model } = await server.client.chat.completions.create(body);
    expect(model).toBe(HEALTHY);
    expect(server.episodes.at(-1)).toMatchObject({ session: 'chat-1', lambda: 2 });
    await server.client.chat.completions.create(
      { model: 'xrouter', messages: QUESTION },
      { headers: { 'x-xrouter-session': 'chat-2' } },
    );
    expect(server.episodes.at(-1)).toMatchObject({ session: 'chat-2' });
  });

  test('lists the models, and one by an id with slashes', async () => {
    const ids = [];
    for await (const { id } of server.client.models.list()) ids.push(id);
    expect(ids.slice(0, 2)).toEqual(['xrouter', 'xrouter/small']);
    expect(ids).toContain('openrouter/openai/gpt-5');
    expect(await server.client.models.retrieve('openrouter/openai/gpt-5')).toMatchObject({
      id: 'openrouter/openai/gpt-5',
      object: 'model',
      owned_by: 'openrouter',
      xrouter: { key_configured: true, input_usd_per_mtok: expect.any(Number), price_source: 'bundled' },
    });
    expect(await server.client.models.retrieve('xrouter/small')).toMatchObject({
      xrouter: { pool: [PLAIN] },
    });
    await expect(server.client.models.retrieve('gpt-4.1-nanno')).rejects.toThrow(/gpt-4.1-nano/);
  });

  test.each([
    ['an unknown model', { model: 'gpt-4.1-nanno' }, OpenAI.NotFoundError, 'model_not_found', 'model'],
    ['an unknown route', { model: 'xrouter/smal' }, OpenAI.NotFoundError, 'model_not_found', 'model'],
    ['two answers', { n: 2 }, OpenAI.BadRequestError, 'invalid_request', 'n'],
    ['logprobs', { logprobs: true }, OpenAI.BadRequestError, 'invalid_request', 'logprobs'],
    ['no message', { messages: [] }, OpenAI.BadRequestError, 'invalid_request', 'messages'],
  ])('is told of %s by the class it knows', async (_, body, error, code, param) => {
    const failed = await server.client.chat.completions
      .create({ model: 'xrouter', messages: QUESTION, ...body } as never)
      .catch((thrown: unknown) => thrown);
    expect(failed).toBeInstanceOf(error);
    expect(failed).toMatchObject({ code, param });
  });
});

test('the openai package sends again what may succeed, and not what can only fail again', async () => {
  await using own = await serving({ retry: { maxAttempts: 1 } });
  const client = own.client.withOptions({ maxRetries: 1 });
  const statuses = () => own.reports.splice(0).map(({ status }) => status);
  own.lab.faults.set([{ fault: 'status-500', times: 1 }]);
  await client.chat.completions.create({ model: PLAIN, messages: QUESTION });
  expect(statuses()).toEqual([502, 200]);
  own.lab.faults.set([{ fault: 'status-429:0', times: 1 }]);
  await client.chat.completions.create({ model: PLAIN, messages: QUESTION });
  expect(statuses()).toEqual([429, 200]);
  own.lab.faults.set([{ fault: 'status-401' }]);
  await expect(client.chat.completions.create({ model: PLAIN, messages: QUESTION })).rejects.toBeInstanceOf(
    OpenAI.PermissionDeniedError,
  );
  expect(statuses()).toEqual([403]);
});

describe('LangChain’s ChatOpenAI', () => {
  const chat = (fields: object = {}) =>
    new ChatOpenAI({
      model: 'xrouter',
      apiKey: 'any',
      maxRetries: 0,
      configuration: { baseURL: server.url },
      ...fields,
    });

  test('answers, with its usage', async () => {
    const answer = await chat().invoke('What is 17 * 23?');
    expect(answer.text).toContain('391');
    expect(answer.usage_metadata?.total_tokens).toBeGreaterThan(0);
  });

  test('streams', async () => {
    let text = '';
    let tokens = 0;
    for await (const chunk of await chat().stream('What is 17 * 23?')) {
      text += chunk.text;
      tokens += chunk.usage_metadata?.total_tokens ?? 0;
    }
    expect(text).toContain('391');
    expect(tokens).toBeGreaterThan(0);
  });

  test('calls tools, whole and streamed', async () => {
    const weather = tool(async () => 'sunny', {
      name: 'get_weather',
      description: 'The weather of a city',
      schema: z.object({ city: z.string() }),
    });
    const model = chat().bindTools([weather], { tool_choice: 'get_weather' });
    const whole = await model.invoke('What is the weather in Paris?');
    expect(whole.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Paris' } }]);
    let streamed: Awaited<ReturnType<typeof model.invoke>> | undefined;
    for await (const chunk of await model.stream('What is the weather in Paris?')) {
      streamed = streamed ? streamed.concat(chunk) : chunk;
    }
    expect(streamed?.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Paris' } }]);
  });

  test('answers by a schema', async () => {
    const place = z.object({ city: z.string(), country: z.string() });
    const answer = await chat()
      .withStructuredOutput(place)
      .invoke('Paris is the capital of France. Extract city and country.');
    expect(place.safeParse(answer).success).toBe(true);
  });

  test('does not send again what can only fail again', async () => {
    const before = server.reports.length;
    await expect(chat({ maxRetries: 6, model: 'nobody' }).invoke('Hi')).rejects.toThrow(/no model/);
    expect(server.reports.length - before).toBe(1);
  });
});

test('afterwards the account is what the lab billed, and nothing is set aside', async () => {
  expect(await books(server)).toEqual({ spent: billed(server), reserved: 0 });
});
