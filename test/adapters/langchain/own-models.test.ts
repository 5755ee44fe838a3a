import { AIMessage, type BaseMessage, HumanMessage } from '@langchain/core/messages';
import { fakeModel } from '@langchain/core/testing';
import { ChatOpenAI } from '@langchain/openai';
import { describe, expect, test } from 'vitest';
import { routingInfo } from '../../../adapters/langchain/index.ts';
import { type LabChat, labChat, WEATHER } from '../../support/lab-chat.ts';

const chatOpenAI = (under: LabChat, model = 'gpt-5-nano') =>
  new ChatOpenAI({ model, apiKey: 'lab', configuration: { baseURL: under.lab.baseUrl('openai') } });

describe('a chat model of your own as a candidate', () => {
  test('stands under its catalog id, with the facts and prices of the catalog', async () => {
    await using under = await labChat();
    const model = under.another({ candidates: [chatOpenAI(under)] });
    const [candidate] = model.router.catalog.findAll('openai/gpt-5-nano');
    const [bundled] = under.model.router.catalog.findAll('openai/gpt-5-nano');
    expect(candidate).toMatchObject({
      price: bundled!.price,
      benchmarks: bundled!.benchmarks,
      toolCalling: true,
    });
    const reply = await model.invoke('What is 12 * 12? Give only the number.');
    expect(reply.text).toBe('144');
    expect(routingInfo(reply)!.costUsd).toBeCloseTo(under.lab.usage().costUsd, 12);
    expect(routingInfo(reply)).toMatchObject({
      model: 'openai/gpt-5-nano',
      provenance: { source: 'bundled' },
    });
  });

  test('under another id it still has the price of the model it is', async () => {
    await using under = await labChat();
    const model = under.another({ candidates: [{ model: chatOpenAI(under), id: 'azure/my-deployment' }] });
    const reply = await model.invoke('What is 12 * 12? Give only the number.');
    expect(routingInfo(reply)!.costUsd).toBeCloseTo(under.lab.usage().costUsd, 12);
    expect(routingInfo(reply)).toMatchObject({
      model: 'azure/my-deployment',
      provenance: { source: 'bundled' },
    });
  });

  test('what its profile says counts, and what you say counts more', async () => {
    await using under = await labChat();
    const own = chatOpenAI(under);
    Object.defineProperty(own, 'profile', {
      value: { maxInputTokens: 5_000, imageInputs: true, toolCalling: false, structuredOutput: true },
    });
    const candidates = [
      { model: own, structuredOutput: false, price: { inputUsdPerMTok: 1, outputUsdPerMTok: 2 } },
    ];
    const model = under.another({ candidates });
    expect(model.router.catalog.get('openai/gpt-5-nano')).toMatchObject({
      contextTokens: 5_000,
      input: ['text', 'image'],
      toolCalling: false,
      structuredOutput: false,
      price: { provenance: { source: 'user' } },
    });
    expect(model.profile).toMatchObject({
      maxInputTokens: 5_000,
      toolCalling: false,
      structuredOutput: false,
    });
  });

  test('of unknown price the cost is unknown, not zero', async () => {
    const own = fakeModel().respond(new AIMessage('done'));
    await using under = await labChat({ candidates: [{ model: own, id: 'mine/fake' }] });
    const reply = await under.model.invoke('Hi');
    expect(reply.text).toBe('done');
    expect(routingInfo(reply)).toMatchObject({ model: 'mine/fake', costComplete: false });
    expect(routingInfo(reply)).not.toHaveProperty('costUsd');
  });

  test('gets the native messages, and its native answer comes back', async () => {
    const thinking = [
      { type: 'thinking', thinking: 'Let me see.', signature: 'sig-1' },
      { type: 'text', text: 'Four.' },
    ];
    const native = new AIMessage({
      id: 'msg_1',
      content: thinking,
      response_metadata: { model_provider: 'anthropic', stop_reason: 'end_turn', model_name: 'claude-x-1' },
      usage_metadata: {
        input_tokens: 10,
        output_tokens: 5,
        total_tokens: 15,
        input_token_details: { cache_read: 4 },
      },
    });
    const own = fakeModel().respond(native);
    await using under = await labChat({ candidates: [{ model: own, id: 'mine/claude' }] });
    const history: BaseMessage[] = [
      new HumanMessage('What is 1 + 1?'),
      new AIMessage({
        content: [
          { type: 'thinking', thinking: 'Easy.', signature: 'sig-0' },
          { type: 'text', text: '2' },
        ],
      }),
      new HumanMessage({
        content: [
          { type: 'provider_only', payload: 1 },
          { type: 'text', text: 'And 2 + 2?' },
        ],
      }),
    ];
    const reply = await under.model.invoke(history);
    expect(own.calls[0]!.messages).toEqual(history);
    expect(own.calls[0]!.messages[1]).toBe(history[1]);
    expect(reply.content).toEqual(thinking);
    expect(reply.id).toBe('msg_1');
    expect(reply.usage_metadata).toMatchObject({ input_tokens: 10, input_token_details: { cache_read: 4 } });
    expect(reply.response_metadata).toMatchObject({
      model_provider: 'anthropic',
      model_name: 'claude-x-1',
      stop_reason: 'end_turn',
      finish_reason: 'stop',
      routing: { model: 'mine/claude' },
    });
  });

  test('a block that only a chat model could take is refused where a catalog candidate might be chosen', async () => {
    const own = fakeModel().respond(new AIMessage('done'));
    await using under = await labChat({ candidates: [{ model: own, id: 'mine/fake' }, 'openai/gpt-5-nano'] });
    const message = new HumanMessage({ content: [{ type: 'provider_only' }] });
    await expect(under.model.invoke([message])).rejects.toThrow(/"provider_only"/);
  });

  test('gets the tools as they were bound', async () => {
    const own = fakeModel().respondWithTools([{ name: 'get_weather', args: { city: 'Bern' }, id: 'c1' }]);
    const bound: unknown[] = [];
    const bindTools = own.bindTools.bind(own);
    own.bindTools = (...args: Parameters<typeof bindTools>) => {
      bound.push(...args);
      return bindTools(...args);
    };
    await using under = await labChat({ candidates: [{ model: own, id: 'mine/fake' }] });
    const tools = [WEATHER, { type: 'web_search_of_one_provider' }];
    const reply = await under.model.bindTools(tools, { tool_choice: 'any' }).invoke('Weather in Bern?');
    expect(reply.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Bern' }, id: 'c1' }]);
    expect(reply.response_metadata.finish_reason).toBe('tool_calls');
    expect(bound).toEqual([tools, { tool_choice: 'any', maxRetries: 0 }]);
  });

  test('gets the call options that are not the router’s own', async () => {
    const own = fakeModel().respond(new AIMessage('done'));
    await using under = await labChat({ candidates: [{ model: own, id: 'mine/fake' }] });
    const routing = { lambda: 0, session: 's', limits: { maxCalls: 1 }, budgetKey: 'team' };
    await under.model.invoke('Hi', { ...routing, stop: ['###'], custom: 7 } as object);
    const { options } = own.calls[0]!;
    expect(options).toMatchObject({ stop: ['###'], custom: 7 });
    for (const key of Object.keys(routing)) expect(options).not.toHaveProperty(key);
  });

  test('streams its own chunks through, and they add up to its own answer', async () => {
    await using under = await labChat();
    const model = under.another({ candidates: [chatOpenAI(under)] });
    let text = '';
    let usages = 0;
    let chunks = 0;
    const ids = new Set<string | undefined>();
    for await (const chunk of await model.stream('Explain what a prime number is.')) {
      text += chunk.text;
      chunks++;
      ids.add(chunk.id);
      if (chunk.usage_metadata) usages++;
    }
    expect(text).toBe(under.episodes[0]!.steps[0]!.calls[0]!.message!.content);
    expect(chunks).toBeGreaterThan(5);
    expect(usages).toBe(1);
    expect([...ids]).toEqual([expect.stringMatching(/^chatcmpl-/)]);
  });

  test('that fails gives way to the next candidate, without its own retries first', async () => {
    await using under = await labChat({ retry: { maxAttempts: 1 } });
    under.lab.faults.set([{ model: 'openai/gpt-5-nano', fault: 'status-503' }]);
    const model = under.another({
      candidates: [chatOpenAI(under), 'mistral/mistral-small-2603'],
      retry: { maxAttempts: 1 },
    });
    const reply = await model.invoke('What is 12 * 12? Give only the number.');
    expect(routingInfo(reply)!.calls).toMatchObject([
      { model: 'openai/gpt-5-nano', status: 'failed', error: 'provider_error' },
      { model: 'mistral/mistral-small-2603', status: 'completed' },
    ]);
    expect(under.lab.usage().requests).toHaveLength(2);
  });

  test('two of one name need ids of their own', async () => {
    await using under = await labChat();
    const twice = [chatOpenAI(under), chatOpenAI(under)];
    expect(() => under.another({ candidates: twice })).toThrow(
      /Two candidates have the id "openai\/gpt-5-nano"/,
    );
    const model = under.another({
      candidates: [chatOpenAI(under), { model: chatOpenAI(under), id: 'openai/second' }],
    });
    expect(model.router.parts.defaults.pool).toEqual(['openai/gpt-5-nano', 'openai/second']);
  });

  test('with something bound to it is refused with what to do', () => {
    const bound = fakeModel().withConfig({ tags: ['x'] });
    return expect(labChat({ candidates: [bound as never] })).rejects.toThrow(
      /neither an id nor a chat model/,
    );
  });

  test('text and a tool call in one reply both survive, in every way of calling', async () => {
    const reply = () =>
      new AIMessage({
        content: 'Let me look.',
        tool_calls: [{ name: 'get_weather', args: { city: 'Bern' }, id: 'c1', type: 'tool_call' }],
      });
    const own = fakeModel().respond(reply()).respond(reply()).respond(reply());
    await using under = await labChat({ candidates: [{ model: own, id: 'mine/fake' }] });
    const options = { tools: [WEATHER] };
    const calls = [{ name: 'get_weather', args: { city: 'Bern' }, id: 'c1' }];
    const invoked = await under.model.invoke('Weather in Bern?', options);
    expect(invoked).toMatchObject({ text: 'Let me look.', tool_calls: calls });
    let streamed: BaseMessage | undefined;
    for await (const chunk of await under.model.stream('Weather in Bern?', options)) {
      streamed = streamed ? (streamed as typeof chunk).concat(chunk) : chunk;
    }
    expect(streamed).toMatchObject({ text: 'Let me look.', tool_calls: calls });
    const events = await under.model.streamEvents('Weather in Bern?', options);
    expect(events).toMatchObject({ text: 'Let me look.', tool_calls: calls });
    expect(events.response_metadata).toMatchObject({
      finish_reason: 'tool_use',
      routing: { model: 'mine/fake' },
    });
  });
});
