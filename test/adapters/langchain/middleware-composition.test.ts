/** The middleware beside LangChain's own, in either order. */
import { AIMessage, type BaseMessage, HumanMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { Command, MemorySaver } from '@langchain/langgraph';
import {
  createAgent,
  createMiddleware,
  humanInTheLoopMiddleware,
  llmToolSelectorMiddleware,
  modelCallLimitMiddleware,
  modelFallbackMiddleware,
  modelRetryMiddleware,
  providerStrategy,
  summarizationMiddleware,
  toolStrategy,
} from 'langchain';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ChatXRouter, routingInfo } from '../../../adapters/langchain/index.ts';
import { routerErrorIn } from '../../../adapters/langchain/middleware/index.ts';
import { sumUsd } from '../../../src/index.ts';
import { labAgents, OWN_MODEL, STRANGER, WEATHER_TOOL } from '../../support/lab-agents.ts';
import { PAIR } from '../../support/lab-router.ts';
import { json, startScriptedServer } from '../../support/scripted-server.ts';

const ask = (content = 'What is the weather in Bern?') => ({ messages: [new HumanMessage(content)] });
const BACKUP = 'gpt-4.1-nano';
/** Nobody of the router's pool answers; the others do. */
const POOL_DOWN = PAIR.map((model) => ({ model, fault: 'status-500' as const }));
const QUICK = { retry: { maxAttempts: 1 } };

const modelOf = (messages: BaseMessage[]) =>
  (messages.at(-1)!.response_metadata as { model_name?: string }).model_name;

describe('a fallback', () => {
  test.each(['outside', 'inside'] as const)('%s answers with its own model, and is booked', async (where) => {
    await using under = await labAgents({ faults: POOL_DOWN });
    const fallback = modelFallbackMiddleware(under.another(BACKUP));
    const routing = under.middleware(QUICK);
    const agent = createAgent({
      model: under.own,
      tools: [WEATHER_TOOL],
      middleware: where === 'outside' ? [fallback, routing] : [routing, fallback],
    });
    const { messages, runCost } = await agent.invoke(ask());
    expect(messages.at(-1)!.text).toContain('Sunny in Bern');
    expect(modelOf(messages)).toBe(BACKUP);
    expect(runCost.models[`openai/${BACKUP}`]).toMatchObject({ calls: 2 });
    // Two steps, each with a request that failed and one to the backup.
    expect(runCost.requests).toBe(4);
    expect(runCost.costComplete).toBe(true);
    expect(runCost.costUsd).toBeGreaterThan(0);
    expect(runCost.costUsd).toBe(await under.bookedUsd());
  });

  test('does not answer where a budget refused, as long as it stands before the routing', async () => {
    await using under = await labAgents();
    const fallback = modelFallbackMiddleware(under.another(BACKUP));
    const routing = under.middleware({ budgets: { dayUsd: 1e-9 } });
    const closed = createAgent({ model: under.own, tools: [], middleware: [fallback, routing] });
    const error = await closed.invoke(ask()).catch((thrown: unknown) => thrown);
    expect(routerErrorIn(error)).toMatchObject({ code: 'budget_exceeded' });
    expect(under.lab.usage().calls).toBe(0);
    // Behind it LangChain's fallback answers a refusal too, and it is booked though the budget has nothing left.
    const open = createAgent({ model: under.own, tools: [], middleware: [routing, fallback] });
    const { runCost } = await open.invoke(ask('What is 2 + 3?'));
    expect(runCost.costUsd).toBeGreaterThan(0);
    expect(runCost.costUsd).toBe(await under.bookedUsd());
  });

  test('to a model that no catalog knows costs nobody knows what', async () => {
    await using under = await labAgents({ faults: POOL_DOWN });
    const fallback = modelFallbackMiddleware(under.another(STRANGER));
    const agent = createAgent({
      model: under.own,
      tools: [],
      middleware: [fallback, under.middleware(QUICK)],
    });
    const { runCost } = await agent.invoke(ask('What is 2 + 3?'));
    expect(runCost).not.toHaveProperty('costUsd');
    expect(runCost).toMatchObject({ costComplete: false, requests: 2 });
    expect((await under.ledger.balance(under.today)).unknownCalls).toBe(1);
  });
});

describe('the agent’s own model', () => {
  test('does not answer where the router cannot, unless the user says so', async () => {
    await using under = await labAgents({ faults: POOL_DOWN });
    const closed = createAgent({ model: under.own, tools: [], middleware: [under.middleware(QUICK)] });
    await expect(closed.invoke(ask())).rejects.toThrow(/500|fail/i);
    const open = createAgent({
      model: under.own,
      tools: [WEATHER_TOOL],
      middleware: [under.middleware({ ...QUICK, failOpen: true })],
    });
    const { messages, runCost } = await open.invoke(ask());
    expect(modelOf(messages)).toBe(OWN_MODEL);
    expect(runCost.costUsd).toBe(await under.bookedUsd());
    expect(runCost.models[`openai/${OWN_MODEL}`]).toMatchObject({ calls: 2 });
  });

  test('is not called where a mistake of the caller is the reason', async () => {
    await using under = await labAgents();
    const agent = createAgent({
      model: under.own,
      tools: [],
      middleware: [under.middleware({ failOpen: true })],
    });
    const run = agent.invoke(ask(), { context: { routing: { pool: ['no/such-model'] } } });
    await expect(run).rejects.toMatchObject({ cause: { code: 'unknown_model' } });
    expect(under.lab.usage().calls).toBe(0);
  });

  test('is not called where one was down and the other too dear for the budget', async () => {
    await using under = await labAgents({ faults: [{ model: PAIR[0], fault: 'status-500' }] });
    const dear = 'openai/gpt-5.2-pro';
    const candidates = [PAIR[0], under.catalog.find(dear)?.id ?? 'openai/gpt-5.2'];
    const middleware = under.middleware({
      ...QUICK,
      candidates,
      lambda: 100,
      maxTokens: 2_000,
      runUsd: 0.002,
      failOpen: true,
    });
    const agent = createAgent({ model: under.own, tools: [], middleware: [middleware] });
    await expect(agent.invoke(ask('What is 2 + 3?'))).rejects.toThrow();
    expect(under.episodes[0]!.refusals.map(({ code }) => code).sort()).toEqual(['budget', 'failed_before']);
    // The one that failed.
    expect(under.lab.usage().calls).toBe(1);
  });

  test('may be a router itself: its requests are counted, and not booked twice', async () => {
    await using under = await labAgents({ faults: POOL_DOWN });
    const routing = under.middleware({ ...QUICK, failOpen: true });
    const model = new ChatXRouter({ router: routing.router, pool: [`openai/${BACKUP}`] });
    const agent = createAgent({ model, tools: [], middleware: [routing] });
    const { runCost } = await agent.invoke(ask('What is 2 + 3?'));
    expect(runCost.models[`openai/${BACKUP}`]).toMatchObject({ calls: 1 });
    expect(runCost.costUsd).toBe(await under.bookedUsd());
  });
});

describe('a retry', () => {
  test.each(['outside', 'inside'] as const)(
    '%s repeats the request, and every attempt counts',
    async (where) => {
      await using under = await labAgents({
        faults: PAIR.map((model) => ({ model, fault: 'end-after-tokens:3', nth: 1 })),
      });
      const retry = modelRetryMiddleware({ maxRetries: 3, initialDelayMs: 1, retryOn: () => true });
      const routing = under.middleware(QUICK);
      const agent = createAgent({
        model: under.own,
        tools: [WEATHER_TOOL],
        middleware: where === 'outside' ? [retry, routing] : [routing, retry],
      });
      const { messages, runCost } = await agent.invoke(ask());
      expect(messages.at(-1)!.text).toContain('Sunny in Bern');
      expect(under.episodes.length).toBeGreaterThan(2);
      expect(runCost.requests).toBe(under.episodes.length);
      expect(runCost.knownUsd).toBe(sumUsd(under.episodes.map(({ knownUsd }) => knownUsd)));
      expect(runCost.knownUsd).toBe(await under.bookedUsd());
    },
  );

  test('inside knows that a budget will not change its mind', async () => {
    await using under = await labAgents();
    const routing = under.middleware({ budgets: { dayUsd: 1e-9 } });
    const retry = modelRetryMiddleware({ maxRetries: 3, initialDelayMs: 1, onFailure: 'error' });
    const agent = createAgent({ model: under.own, tools: [], middleware: [routing, retry] });
    await expect(agent.invoke(ask())).rejects.toThrow(/day budget/);
    expect(under.episodes).toHaveLength(1);
  });

  test('that gives up leaves its message, and what the attempts cost', async () => {
    await using under = await labAgents({ faults: [{ fault: 'end-after-tokens:3' }] });
    const retry = modelRetryMiddleware({ maxRetries: 1, initialDelayMs: 1, retryOn: () => true });
    const agent = createAgent({ model: under.own, tools: [], middleware: [retry, under.middleware(QUICK)] });
    const { messages, runCost } = await agent.invoke(ask('What is 2 + 3?'));
    expect(messages.at(-1)!.text).toMatch(/failed after 2 attempts/);
    expect(runCost.requests).toBe(2);
    expect(runCost.knownUsd).toBeGreaterThan(0);
    expect(runCost.knownUsd).toBe(await under.bookedUsd());
  });
});

describe('a run that failed', () => {
  test('counts for the thread, once, when the next one begins', async () => {
    await using under = await labAgents({ faults: [{ fault: 'end-after-tokens:3', times: 2 }] });
    const agent = createAgent({
      model: under.own,
      tools: [],
      checkpointer: new MemorySaver(),
      middleware: [modelFallbackMiddleware(), under.middleware(QUICK)],
    });
    const config = { configurable: { thread_id: 'unlucky' } };
    const error = await agent.invoke(ask('What is 2 + 3?'), config).catch((thrown: unknown) => thrown);
    expect(routerErrorIn(error)).toMatchObject({ code: 'no_candidate', hint: expect.any(String) });
    expect(routerErrorIn(new Error('something else'))).toBeUndefined();
    const failedUsd = await under.bookedUsd();
    expect(failedUsd).toBeGreaterThan(0);
    const { runCost, threadCost } = await agent.invoke(ask('What is 12 * 12?'), config);
    expect(runCost.requests).toBe(1);
    expect(threadCost.requests).toBe(2);
    expect(threadCost.knownUsd).toBe(await under.bookedUsd());
    expect(sumUsd([failedUsd, runCost.knownUsd])).toBe(await under.bookedUsd());
  });
});

describe('a run in several processes', () => {
  test('that take turns is counted once, step by step', async () => {
    const called = (id: string) => ({
      id,
      type: 'function',
      function: { name: 'get_weather', arguments: '{"city":"Bern"}' },
    });
    const reply = (message: object, prompt_tokens: number) =>
      json({
        model: 'small',
        choices: [{ message: { role: 'assistant', content: null, ...message }, finish_reason: 'stop' }],
        usage: { prompt_tokens, completion_tokens: 5 },
      });
    await using server = await startScriptedServer(
      reply({ tool_calls: [called('c1')] }, 10),
      reply({ tool_calls: [called('c2')] }, 200),
      reply({ content: 'Sunny.' }, 3_000),
    );
    await using under = await labAgents();
    const checkpointer = new MemorySaver();
    const process = () =>
      createAgent({
        model: under.own,
        tools: [WEATHER_TOOL],
        checkpointer,
        middleware: [
          under.middleware({
            candidates: ['mine/small'],
            bundled: false,
            providers: { mine: { baseUrl: server.url, keyless: true } },
            models: [
              { id: 'mine/small', toolCalling: true, price: { inputUsdPerMTok: 1, outputUsdPerMTok: 2 } },
            ],
          }),
          // Behind the routing: the run waits before the routing has counted.
          humanInTheLoopMiddleware({ interruptOn: { get_weather: true } }),
        ],
      });
    const [one, other] = [process(), process()];
    const config = { configurable: { thread_id: 'shared' } };
    const approve = () => new Command({ resume: { decisions: [{ type: 'approve' }] } }) as never;
    await one.invoke(ask(), config);
    expect((await other.invoke(approve(), config)).__interrupt__).toHaveLength(1);
    const { messages, runCost, threadCost } = await one.invoke(approve(), config);
    expect(messages.at(-1)!.text).toBe('Sunny.');
    expect(runCost).toMatchObject({ requests: 3, models: { 'mine/small': { calls: 3 } } });
    expect(runCost.costUsd).toBe(await under.bookedUsd());
    expect(threadCost).toEqual(runCost);
  });

  test('that a human lets lie counts for the thread when the next begins', async () => {
    await using under = await labAgents();
    const agent = createAgent({
      model: under.own,
      tools: [WEATHER_TOOL],
      checkpointer: new MemorySaver(),
      middleware: [under.middleware(), humanInTheLoopMiddleware({ interruptOn: { get_weather: true } })],
    });
    const config = { configurable: { thread_id: 'left' } };
    await agent.invoke(ask('What is 2 + 3?'), config);
    await agent.invoke(ask(), config);
    const { runCost, threadCost } = await agent.invoke(ask('What is 12 * 12?'), config);
    expect(runCost.requests).toBe(1);
    expect(threadCost.requests).toBe(3);
    expect(threadCost.costUsd).toBe(await under.bookedUsd());
  });
});

describe('a human in the loop', () => {
  test.each(['before', 'after'] as const)(
    '%s the routing: the run waits and goes on, counted once',
    async (place) => {
      await using under = await labAgents();
      const checkpointer = new MemorySaver();
      const agentOf = () => {
        const human = humanInTheLoopMiddleware({ interruptOn: { get_weather: true } });
        const routing = under.middleware();
        return createAgent({
          model: under.own,
          tools: [WEATHER_TOOL],
          checkpointer,
          middleware: place === 'before' ? [human, routing] : [routing, human],
        });
      };
      const config = { configurable: { thread_id: 'approved' } };
      const waiting = await agentOf().invoke(ask(), config);
      expect(waiting.__interrupt__).toHaveLength(1);
      // Taken up by another process, which remembers nothing.
      const resume = new Command({ resume: { decisions: [{ type: 'approve' }] } });
      const { messages, runCost } = await agentOf().invoke(resume as never, config);
      expect(messages.at(-1)!.text).toContain('Sunny in Bern');
      expect(runCost.requests).toBe(2);
      expect(runCost.costUsd).toBe(await under.bookedUsd());
    },
  );
});

describe('others', () => {
  test('summarization may take the messages away, the sums stay', async () => {
    await using under = await labAgents();
    const routing = under.middleware();
    const model = new ChatXRouter({ router: routing.router });
    const agent = createAgent({
      model: under.own,
      tools: [],
      checkpointer: new MemorySaver(),
      middleware: [
        summarizationMiddleware({ model, trigger: { messages: 4 }, keep: { messages: 1 } }),
        routing,
      ],
    });
    const config = { configurable: { thread_id: 'summed' } };
    let requests = 0;
    let last: Awaited<ReturnType<typeof agent.invoke>> | undefined;
    for (const question of ['What is 2 + 3?', 'What is 12 * 12?', 'What is 17 * 23?']) {
      last = await agent.invoke(ask(question), config);
      requests += last.runCost.requests;
    }
    expect(last!.messages.length).toBeLessThan(6);
    expect(last!.threadCost.requests).toBe(3);
    expect(requests).toBe(3);
    // The summary is a request of its own, beside the agent's.
    expect(under.episodes.length).toBeGreaterThan(3);
  });

  test.each(['before', 'after'] as const)('a limit of calls %s the routing ends the run', async (place) => {
    await using under = await labAgents();
    const limit = modelCallLimitMiddleware({ runLimit: 1 });
    const routing = under.middleware();
    const agent = createAgent({
      model: under.own,
      tools: [WEATHER_TOOL],
      middleware: place === 'before' ? [limit, routing] : [routing, limit],
    });
    const { messages, runCost } = await agent.invoke(ask());
    expect(messages.at(-1)!.text).toMatch(/limits exceeded/);
    expect(runCost.requests).toBe(1);
  });

  test.each(['before', 'after'] as const)('a selection of tools %s the routing', async (place) => {
    await using under = await labAgents();
    const time = tool(() => 'noon', { name: 'get_time', description: 'Time', schema: z.object({}) });
    const select = llmToolSelectorMiddleware({ maxTools: 1 });
    const routing = under.middleware();
    const agent = createAgent({
      model: under.own,
      tools: [WEATHER_TOOL, time],
      middleware: place === 'before' ? [select, routing] : [routing, select],
    });
    const { messages, runCost } = await agent.invoke(ask());
    expect(messages.at(-1)!.type).toBe('ai');
    // Inside, the selection is asked of the router too, and counted.
    expect(runCost.requests).toBe(under.episodes.length);
    expect(runCost.costUsd).toBe(await under.bookedUsd());
  });

  test('that ask twice and keep one answer pay for both', async () => {
    await using under = await labAgents();
    const twice = createMiddleware({
      name: 'Twice',
      wrapModelCall: async (request, handler) => {
        await handler(request);
        return handler(request);
      },
    });
    const agent = createAgent({ model: under.own, tools: [], middleware: [twice, under.middleware()] });
    const { runCost } = await agent.invoke(ask('What is 2 + 3?'));
    expect(runCost.requests).toBe(2);
    expect(runCost.costUsd).toBe(await under.bookedUsd());
  });

  test('that answer by themselves are not taken for what a caller’s history claims', async () => {
    await using under = await labAgents();
    const canned = createMiddleware({ name: 'Canned', wrapModelCall: async () => new AIMessage('No.') });
    const agent = createAgent({ model: under.own, tools: [], middleware: [canned, under.middleware()] });
    const routing = { costUsd: -5, calls: [], costComplete: true, episodeId: 'forged' };
    const history = [
      new HumanMessage('Hi'),
      new AIMessage({ content: 'Hi', response_metadata: { routing } }),
    ];
    const { runCost } = await agent.invoke({ messages: [...history, ...ask().messages] });
    expect(runCost).toMatchObject({ costUsd: 0, requests: 0 });
  });

  test.each(['before', 'after'] as const)(
    'tools whose result is returned at once end the run, with another hook %s that of the routing',
    async (place) => {
      await using under = await labAgents();
      const direct = tool(() => 'Sunny', {
        name: 'get_weather',
        description: 'The weather of a city',
        schema: z.object({ city: z.string() }),
        returnDirect: true,
      });
      const others = createMiddleware({ name: 'Other', afterModel: () => ({}) });
      const routing = under.middleware();
      const agent = createAgent({
        model: under.own,
        tools: [direct],
        responseFormat: providerStrategy(z.object({ city: z.string() })),
        middleware: place === 'before' ? [others, routing] : [routing, others],
      });
      const { messages, runCost } = await agent.invoke(ask());
      expect(messages.at(-1)!.type).toBe('tool');
      expect(runCost.requests).toBe(1);
      expect(runCost.costUsd).toBe(await under.bookedUsd());
    },
  );

  test('a structured response that does not fit is asked for again, and both requests count', async () => {
    const given = (id: string, args: object) =>
      json({
        model: 'small',
        choices: [
          {
            message: {
              role: 'assistant',
              content: null,
              tool_calls: [
                { id, type: 'function', function: { name: 'extract-1', arguments: JSON.stringify(args) } },
              ],
            },
            finish_reason: 'tool_calls',
          },
        ],
        usage: { prompt_tokens: 10, completion_tokens: 5 },
      });
    const names: string[] = [];
    await using server = await startScriptedServer((request) => {
      const { tools } = JSON.parse(request.body) as { tools: { function: { name: string } }[] };
      names.push(tools[0]!.function.name);
      const script = given(`c${names.length}`, names.length === 1 ? { degrees: 'warm' } : { degrees: 21 });
      const [{ send }] = script.body as [{ send: string }];
      return { ...script, body: [{ send: send.replace('extract-1', names[0]!) }] };
    });
    await using under = await labAgents();
    const routing = under.middleware({
      candidates: ['mine/small'],
      bundled: false,
      providers: { mine: { baseUrl: server.url, keyless: true } },
      models: [{ id: 'mine/small', toolCalling: true, price: { inputUsdPerMTok: 1, outputUsdPerMTok: 2 } }],
    });
    const responseFormat = toolStrategy(z.object({ degrees: z.number() }));
    const agent = createAgent({ model: under.own, tools: [], responseFormat, middleware: [routing] });
    const { structuredResponse, runCost } = await agent.invoke(ask());
    expect(structuredResponse).toEqual({ degrees: 21 });
    expect(runCost.requests).toBe(2);
    expect(runCost.costUsd).toBe(await under.bookedUsd());
  });

  test('that answer by themselves cost nothing', async () => {
    await using under = await labAgents();
    const canned = createMiddleware({ name: 'Canned', wrapModelCall: async () => new AIMessage('No.') });
    const agent = createAgent({ model: under.own, tools: [], middleware: [under.middleware(), canned] });
    const { messages, runCost } = await agent.invoke(ask());
    expect(messages.at(-1)!.text).toBe('No.');
    expect(runCost).toMatchObject({ costUsd: 0, requests: 0 });
    expect(routingInfo(messages.at(-1)!)).toBeUndefined();
  });
});
