import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { convertToOpenAITool } from '@langchain/core/utils/function_calling';
import type { ChatOpenAI } from '@langchain/openai';
import { createAgent, createMiddleware } from 'langchain';
import { describe, expect, test } from 'vitest';
import {
  type CandidateTool,
  type ChatXRouterFields,
  candidateAnswerOf,
  candidateTools,
} from '../../../adapters/langchain/index.ts';
import { createCatalog, sumUsd } from '../../../src/index.ts';
import { labAgents } from '../../support/lab-agents.ts';
import { eventually, PAIR } from '../../support/lab-router.ts';
import { json, startScriptedServer } from '../../support/scripted-server.ts';

const call = (tool: CandidateTool, args: object, id = 'call_1') => ({
  type: 'tool_call' as const,
  id,
  name: tool.name,
  args,
});
const QUESTION = { prompt: 'What is 12 * 12? Give only the number.' };

const own = (...ids: string[]): ChatXRouterFields => ({
  bundled: false,
  providers: { mine: { baseUrl: 'http://localhost:1/v1', keyless: true } },
  models: ids.map((id) => ({ id })),
});

describe('the name of a tool', () => {
  const names = (...ids: string[]) =>
    candidateTools({ ...own(...ids), candidates: ids }).map(({ name }) => name);

  test('is one that every provider takes, and the same in every pool', () => {
    const all = createCatalog().candidates.map(({ id }) => id);
    const tools = candidateTools({ candidates: all, env: {} });
    expect(tools.map(({ model }) => model)).toEqual(all);
    for (const { name } of tools) expect(name).toMatch(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/);
    expect(new Set(tools.map(({ name }) => name)).size).toBe(tools.length);
    const alone = all.map((id) => candidateTools({ candidates: [id], env: {} })[0]!.name);
    expect(alone).toEqual(tools.map(({ name }) => name));
    expect(candidateTools({ candidates: ['gpt-5-nano'], env: {} })[0]!.name).toBe('call_openai_gpt_5_nano');
  });

  test('is short enough, and unique, whatever the ids are', () => {
    const long = `mine/${'very-long-'.repeat(12)}`;
    const ids = [`${long}1`, `${long}2`, 'mine/a-b', 'mine/a.b', 'mine/ünïcode:7b'];
    const given = names(...ids);
    expect(new Set(given).size).toBe(ids.length);
    for (const name of given) expect(name).toMatch(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/);
    // The order of the pool changes nothing.
    expect(names(...ids.toReversed()).toReversed()).toEqual(given);
  });
});

describe('the description of a tool', () => {
  test('says what the catalog knows: price, context, scores, and where it is the best', () => {
    const [small, large] = candidateTools({
      bundled: false,
      providers: { mine: { baseUrl: 'http://localhost:1/v1', keyless: true } },
      models: [
        {
          id: 'mine/small',
          price: { inputUsdPerMTok: 0.05, outputUsdPerMTok: 0.2 },
          contextTokens: 32_000,
          benchmarks: { mmlu_pro: 45, livecodebench: 70 },
        },
        { id: 'mine/large', reasoning: true, benchmarks: { mmlu_pro: 86, livecodebench: 70 } },
      ],
      candidates: ['mine/small', 'mine/large'],
    });
    expect(small!.description).toBe(
      'Asks small (mine). $0.05 input, $0.2 output per million tokens. Context 32000 tokens. Published scores: knowledge (MMLU-Pro) 45%, code (LiveCodeBench) 70%.',
    );
    expect(large!.description).toBe(
      'Asks large (mine). Price unknown. Reasons before it answers. Published scores: knowledge (MMLU-Pro) 86%, best of these, code (LiveCodeBench) 70%.',
    );
  });

  test('is short for every model of the catalog', () => {
    const candidates = createCatalog().candidates.map(({ id }) => id);
    for (const { description } of candidateTools({ candidates, env: {} })) {
      expect(description.length).toBeLessThan(500);
      expect(description).not.toMatch(/undefined|NaN/);
    }
  });

  test('and the schema of its input are what a provider is sent', () => {
    const [tool] = candidateTools({ candidates: ['gpt-5-nano'], env: {} });
    const { parameters } = convertToOpenAITool(tool!).function as unknown as {
      parameters: { properties: object; required: string[] };
    };
    expect(Object.keys(parameters.properties)).toEqual([
      'prompt',
      'optimized_system_prompt',
      'temperature',
      'max_output_tokens',
    ]);
    expect(parameters.required).toEqual(['prompt']);
  });
});

describe('a call', () => {
  test('gives the answer as text, and what it cost as artifact', async () => {
    await using under = await labAgents();
    const [tool] = candidateTools(under.fields());
    const message = (await tool!.invoke(call(tool!, QUESTION))) as ToolMessage;
    expect(message).toMatchObject({ content: '144', name: tool!.name, tool_call_id: 'call_1' });
    expect(candidateAnswerOf(message.artifact)).toEqual({
      kind: 'xrouter.candidate_answer',
      model: PAIR[0],
      servedModel: 'gpt-5-nano',
      answered: true,
      finishReason: 'stop',
      costUsd: await under.bookedUsd(),
      knownUsd: await under.bookedUsd(),
      costComplete: true,
      calls: 1,
      inputTokens: expect.any(Number),
      outputTokens: expect.any(Number),
      latencyMs: expect.any(Number),
      episodeId: under.episodes[0]!.id,
    });
    expect(JSON.parse(JSON.stringify(message.artifact))).toEqual(message.artifact);
  });

  test('by a program gives the text alone', async () => {
    await using under = await labAgents();
    const [tool] = candidateTools(under.fields());
    expect(await tool!.invoke(QUESTION)).toBe('144');
  });

  test('sends what the model says, and counts for the session of the thread', async () => {
    await using server = await startScriptedServer(
      json({
        id: 'x',
        model: 'small',
        choices: [
          { index: 0, message: { role: 'assistant', content: 'Half an ans' }, finish_reason: 'length' },
        ],
        usage: { prompt_tokens: 5, completion_tokens: 3 },
      }),
    );
    const [tool] = candidateTools({
      ...own('mine/small'),
      providers: { mine: { baseUrl: server.url, keyless: true } },
      candidates: ['mine/small'],
    });
    const args = {
      prompt: 'Why?',
      optimized_system_prompt: 'Be brief.',
      temperature: 0.2,
      max_output_tokens: 3,
    };
    const config = { configurable: { thread_id: 't1' } };
    const message = (await tool!.invoke(call(tool!, args), config)) as ToolMessage;
    expect(JSON.parse(server.requests[0]!.body)).toMatchObject({
      model: 'small',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Why?' },
      ],
      temperature: 0.2,
    });
    expect(server.requests[0]!.body).toMatch(/"max_(completion_)?tokens":3/);
    expect(message.content).toBe('Half an ans\n[cut at its token limit]');
    // No price is known: that is not a price of zero.
    expect(message.artifact).toMatchObject({ knownUsd: 0, costComplete: false });
    expect(message.artifact).not.toHaveProperty('costUsd');
    const [entry] = await tool!.router.ledger.entries();
    expect((await tool!.router.ledger.balance({ kind: 'session', key: 't1' })).unknownCalls).toBe(1);
    expect(entry).toMatchObject({ model: 'mine/small', state: 'settled' });
  });

  test('that thinks until its limit says what would help', async () => {
    await using under = await labAgents();
    const [tool] = candidateTools(under.fields());
    const message = (await tool!.invoke(call(tool!, { ...QUESTION, max_output_tokens: 5 }))) as ToolMessage;
    expect(message.content).toMatch(/^No answer: .*Allow more output tokens/);
    expect(message.artifact).toMatchObject({ finishReason: 'length', costUsd: await under.bookedUsd() });
  });

  test('asks neither policy nor verifier: the choice has been made', async () => {
    await using under = await labAgents();
    const policy = { name: 'dear', decide: () => Promise.reject(new Error('asked')) };
    const judged: unknown[] = [];
    const verifier = {
      name: 'dear',
      accuracy: 1,
      verify: async (input: unknown) => {
        judged.push(input);
        return { pass: false };
      },
    };
    const [tool] = candidateTools(under.fields({ policy, verifier, fallback: false }));
    expect(await tool!.invoke(QUESTION)).toBe('144');
    expect(judged).toEqual([]);
  });

  test('may go to a chat model of the user’s own', async () => {
    await using under = await labAgents();
    const [tool] = candidateTools(under.fields({ candidates: [under.own as ChatOpenAI] }));
    expect(tool!.name).toBe('call_openai_gpt_4_1_mini');
    const message = (await tool!.invoke(call(tool!, QUESTION))) as ToolMessage;
    expect(message.artifact).toMatchObject({ answered: true, costUsd: await under.bookedUsd() });
  });

  test('that is aborted ends upstream at once, and is thrown', async () => {
    await using server = await startScriptedServer({ before: ['hang'] });
    const [tool] = candidateTools({
      ...own('mine/small'),
      providers: { mine: { baseUrl: server.url, keyless: true } },
      candidates: ['mine/small'],
    });
    const leaving = new AbortController();
    const running = tool!.invoke(call(tool!, QUESTION), { signal: leaving.signal });
    running.catch(() => {});
    await server.arrived(1);
    leaving.abort();
    await expect(running).rejects.toThrow(/abort/i);
    await server.requests[0]!.closed;
    await eventually(async () => {
      const [entry] = await tool!.router.ledger.entries();
      return entry?.state !== 'reserved';
    }, 'the books are closed');
  });
});

describe('a call that cannot be answered', () => {
  test.each([
    ['a budget', { budgets: { dayUsd: 1e-9 }, maxTokens: 500 }, [], /budget_exceeded.*Ask a cheaper model/s],
    [
      'a provider that is down',
      { retry: { maxAttempts: 1 } },
      [{ fault: 'status-500' }],
      /Ask another model/,
    ],
    [
      'a rate limit',
      { retry: { maxAttempts: 1 } },
      [{ fault: 'status-429:0' }],
      /rate_limited.*Ask another model/s,
    ],
    ['a key that is missing', { env: {} }, [], /no_candidate.*Ask another model/s],
  ] as const)('because of %s says so to the model, with what it can do', async (_, fields, faults, says) => {
    await using under = await labAgents({ faults: [...faults] });
    const [tool] = candidateTools(under.fields(fields as ChatXRouterFields));
    const message = (await tool!.invoke(call(tool!, QUESTION))) as ToolMessage;
    expect(message).toBeInstanceOf(ToolMessage);
    expect(message).toMatchObject({ status: 'error', tool_call_id: 'call_1', name: tool!.name });
    expect(message.content).toMatch(says);
    expect(message.artifact).toMatchObject({ answered: false, knownUsd: 0, error: expect.any(String) });
    // A program gets the error itself.
    await expect(tool!.invoke(QUESTION)).rejects.toMatchObject({ code: expect.any(String) });
  });

  test.each([
    [{}, /prompt/],
    [{ prompt: '' }, /prompt/],
    [{ prompt: 7 }, /prompt/],
    [{ prompt: 'Hi', temperature: 3 }, /temperature/],
    [{ prompt: 'Hi', max_output_tokens: 0 }, /max_output_tokens/],
    [{ prompt: 'Hi', max_output_tokens: 1.5 }, /max_output_tokens/],
  ])('because of its input never reaches a provider: %j', async (args, names) => {
    await using under = await labAgents();
    const [tool] = candidateTools(under.fields());
    await expect(tool!.invoke(call(tool!, args) as never)).rejects.toThrow(names);
    expect(under.lab.usage().calls).toBe(0);
  });

  test('because there is nothing in the prompt says so', async () => {
    await using under = await labAgents();
    const [tool] = candidateTools(under.fields());
    const message = (await tool!.invoke(call(tool!, { prompt: ' \n ' }))) as ToolMessage;
    expect(message.content).toMatch(/The prompt is empty.*Change the arguments/s);
  });
});

describe('in an agent', () => {
  /** An agent's model that asks every tool once, in parallel, and then repeats what they said. */
  const asksAll = () =>
    createMiddleware({
      name: 'AsksAll',
      wrapModelCall: async ({ tools, messages }) => {
        const told = messages.filter((message) => message.type === 'tool');
        if (told.length > 0) return new AIMessage(told.map(({ content }) => content).join(' | '));
        const named = tools as CandidateTool[];
        return new AIMessage({
          content: '',
          tool_calls: named.map((tool, i) => call(tool, QUESTION, `c${i}`)),
        });
      },
    });
  const ask = { messages: [new HumanMessage('Ask them all.')] };

  test('a model that routes calls the one it is asked for, reads its answer and ends', async () => {
    await using under = await labAgents();
    const routing = under.middleware({ pool: ['openai/gpt-5.2'], candidates: undefined });
    const tools = candidateTools({ router: routing.router, pool: [...PAIR] });
    const agent = createAgent({ model: under.own, tools, middleware: [routing] });
    const named = tools[1]!.name;
    const { messages, runCost } = await agent.invoke({
      messages: [new HumanMessage(`Use ${named} to say good morning.`)],
    });
    const told = messages.filter(ToolMessage.isInstance).map(({ name, artifact }) => [name, artifact.model]);
    expect(told).toContainEqual([named, PAIR[1]]);
    expect(messages.at(-1)!.type).toBe('ai');
    expect(Object.keys(runCost.models)).toEqual(expect.arrayContaining(['openai/gpt-5.2', PAIR[1]]));
    expect(runCost.costUsd).toBe(await under.bookedUsd());
  });

  test('the model calls several at once, and the run’s cost has them all', async () => {
    await using under = await labAgents();
    const routing = under.middleware();
    const tools = candidateTools({ router: routing.router });
    const agent = createAgent({ model: under.own, tools, middleware: [routing, asksAll()] });
    const { messages, runCost } = await agent.invoke(ask);
    expect(messages.at(-1)!.text).toBe('144 | 144');
    expect(Object.keys(runCost.models).sort()).toEqual([...PAIR].sort());
    expect(runCost.requests).toBe(2);
    expect(runCost.costUsd).toBe(await under.bookedUsd());
  });

  test('they are counted once, however long the agent goes on', async () => {
    await using under = await labAgents();
    const routing = under.middleware();
    const tools = candidateTools({ router: routing.router });
    const steps = createMiddleware({
      name: 'Steps',
      wrapModelCall: async (request, handler) => {
        const told = request.messages.filter(({ type }) => type === 'tool').length;
        if (told === 3) return handler(request);
        return new AIMessage({ content: '', tool_calls: [call(tools[told % 2]!, QUESTION, `c${told}`)] });
      },
    });
    const agent = createAgent({ model: under.own, tools, middleware: [steps, routing] });
    const { runCost } = await agent.invoke(ask);
    expect(runCost.requests).toBe(4);
    expect(runCost.costUsd).toBe(await under.bookedUsd());
  });

  test('what they cost counts against the budget of the run', async () => {
    await using under = await labAgents();
    const routing = under.middleware({ runUsd: 1e-7 });
    const tools = candidateTools({ router: routing.router });
    const first = createMiddleware({
      name: 'First',
      wrapModelCall: async (request, handler) => {
        if (request.messages.some(({ type }) => type === 'tool')) return handler(request);
        return new AIMessage({ content: '', tool_calls: [call(tools[0]!, QUESTION)] });
      },
    });
    const agent = createAgent({ model: under.own, tools, middleware: [first, routing] });
    const run = agent.invoke(ask);
    await expect(run).rejects.toThrow(/The run may cost \$0\.0000001.* and has cost \$0\.0000[1-9]/);
  });

  test('one that fails is told to the model, and the agent goes on, also beside other middleware', async () => {
    await using under = await labAgents({ faults: [{ model: PAIR[0], fault: 'status-500' }] });
    const watched = createMiddleware({
      name: 'Watched',
      wrapToolCall: (request, handler) => handler(request),
    });
    const tools = candidateTools(under.fields({ retry: { maxAttempts: 1 } }));
    const agent = createAgent({ model: under.own, tools, middleware: [watched, asksAll()] });
    const { messages } = await agent.invoke(ask);
    expect(messages.at(-1)!.text).toMatch(/^No answer \(.*Ask another model.* \| 144$/s);
  });

  test('forged artifacts do not lower what a run has cost', async () => {
    await using under = await labAgents();
    const routing = under.middleware();
    const agent = createAgent({ model: under.own, tools: [], middleware: [routing] });
    const { router } = routing;
    const [tool] = candidateTools({ router });
    const real = (await tool!.invoke(call(tool!, QUESTION))) as ToolMessage;
    const forged = { ...(real.artifact as object), knownUsd: -1, costUsd: -1, episodeId: 'forged' };
    const history = [
      new HumanMessage('Ask.'),
      new AIMessage({ content: '', tool_calls: [call(tool!, QUESTION)] }),
      real,
      new AIMessage({ content: '', tool_calls: [call(tool!, QUESTION, 'call_2')] }),
      new ToolMessage({ content: 'x', tool_call_id: 'call_2', artifact: forged }),
      new HumanMessage('What is 2 + 3?'),
    ];
    expect(candidateAnswerOf(real.artifact)).toEqual(real.artifact);
    expect(candidateAnswerOf(forged)).toBeUndefined();
    const { runCost } = await agent.invoke({ messages: history });
    // What came with the input was spent before this run.
    expect(runCost.requests).toBe(1);
    expect(sumUsd([runCost.costUsd, (real.artifact as { costUsd: number }).costUsd])).toBe(
      await under.bookedUsd(),
    );
  });

  test('their tokens are not the agent’s: they do not show in its stream', async () => {
    await using under = await labAgents();
    const tools = candidateTools(under.fields({ streaming: true }));
    const agent = createAgent({ model: under.own, tools, middleware: [asksAll()] });
    const shown: string[] = [];
    for await (const [message] of await agent.stream(ask, { streamMode: 'messages' })) {
      if (message.type === 'ai') shown.push(message.text);
    }
    expect(shown.join('')).toBe('144 | 144');
  });

  test('50 at once have exact sums', async () => {
    await using under = await labAgents();
    const tools = candidateTools(under.fields());
    const messages = await Promise.all(
      Array.from({ length: 50 }, (_, i) => {
        const tool = tools[i % 2]!;
        return tool.invoke(
          call(tool, { prompt: `What is ${i} * 3? Give only the number.` }),
        ) as Promise<ToolMessage>;
      }),
    );
    for (const [i, { artifact }] of messages.entries()) expect(artifact.model).toBe(PAIR[i % 2]);
    expect(sumUsd(messages.map(({ artifact }) => artifact.costUsd))).toBe(await under.bookedUsd());
  });

  test('say nothing of keys', async () => {
    const { inspect } = await import('node:util');
    const [tool] = candidateTools({ candidates: ['gpt-5-nano'], env: { OPENAI_API_KEY: 'sk-secret-value' } });
    expect(
      [inspect(tool, { depth: 10 }), JSON.stringify(tool), JSON.stringify(tool!.toJSON())].join(),
    ).not.toContain('sk-secret-value');
  });
});
