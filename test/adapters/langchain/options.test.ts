import { InMemoryCache } from '@langchain/core/caches';
import { HumanMessage } from '@langchain/core/messages';
import { describe, expect, test } from 'vitest';
import { ChatXRouter, routingInfo } from '../../../adapters/langchain/index.ts';
import type { Policy, RouteRequest } from '../../../src/index.ts';
import { labChat, WEATHER } from '../../support/lab-chat.ts';
import { PAIR } from '../../support/lab-router.ts';

/** A policy that remembers what it was asked. */
function spy(): Policy & { requests: RouteRequest[]; lambdas: number[] } {
  const seen = { requests: [] as RouteRequest[], lambdas: [] as number[] };
  return {
    ...seen,
    name: 'spy',
    decide({ request, candidates, lambda }) {
      seen.requests.push(request);
      seen.lambdas.push(lambda);
      const action = { type: 'call' as const, calls: [{ model: candidates[0]!.id }] as [{ model: string }] };
      return { action, policy: 'spy', estimates: [], propensity: 1 };
    },
  };
}

describe('call options', () => {
  test('reach the router as what they mean', async () => {
    const policy = spy();
    await using under = await labChat({ policy, temperature: 0.9, routes: { careful: { minSuccess: 0.5 } } });
    await under.model.invoke('Hi', {
      lambda: 0.7,
      deny: [PAIR[1]],
      budgetKey: 'team',
      limits: { maxCalls: 2 },
      maxUsd: 0.5,
      temperature: 0.1,
      topP: 0.5,
      maxTokens: 77,
      seed: 3,
      reasoningEffort: 'low',
      stop: ['END'],
      extraBody: { user: 'me' },
      tools: [WEATHER],
      tool_choice: 'auto',
      parallel_tool_calls: false,
      response_format: { type: 'json_object' },
      configurable: { thread_id: 'thread-1' },
    });
    expect(policy.lambdas).toEqual([0.7]);
    expect(policy.requests[0]).toMatchObject({
      deny: [PAIR[1]],
      budgetKey: 'team',
      session: 'thread-1',
      limits: { maxCalls: 2, maxUsd: 0.5 },
      temperature: 0.1,
      topP: 0.5,
      maxOutputTokens: 77,
      seed: 3,
      reasoningEffort: 'low',
      stop: ['END'],
      extraBody: { user: 'me' },
      tools: [WEATHER],
      toolChoice: 'auto',
      parallelToolCalls: false,
      responseFormat: { type: 'json_object' },
    });
    await under.model.invoke('Hi', {
      route: 'careful',
      session: 'mine',
      configurable: { thread_id: 'other' },
    });
    expect(policy.requests[1]).toMatchObject({ minSuccess: 0.5, session: 'mine', temperature: 0.9 });
  });

  test('pool and lambda decide who answers', async () => {
    await using under = await labChat({ candidates: ['openai/gpt-5-nano', 'openai/gpt-5.2'] });
    const hard = 'Prove that there are infinitely many primes of the form 4k+3, then give a formal argument.';
    const careless = routingInfo(await under.model.invoke(hard, { lambda: 0 }))!;
    const thrifty = routingInfo(await under.model.invoke(hard, { lambda: 50 }))!;
    const pooled = routingInfo(await under.model.invoke(hard, { lambda: 50, pool: ['openai/gpt-5.2'] }))!;
    expect(careless.model).toBe('openai/gpt-5.2');
    expect(thrifty.model).toBe('openai/gpt-5-nano');
    expect(pooled.model).toBe('openai/gpt-5.2');
    expect([careless.lambda, thrifty.lambda]).toEqual([0, 50]);
  });

  test('a tight first token limit holds in streams, and does not cut whole answers short', async () => {
    await using under = await labChat({ candidates: [PAIR[0]] }, { faults: [{ fault: 'slow-headers:150' }] });
    await under.model.invoke('Hi');
    const strict = under.another({
      candidates: [PAIR[0]],
      limits: { firstTokenMs: 50 },
      retry: { maxAttempts: 1 },
    });
    await expect(strict.invoke('Hi')).rejects.toMatchObject({ code: 'first_token_timeout' });
  });
});

describe('models that share a router', () => {
  test('have settings of their own, which a call may still change, and one account', async () => {
    await using under = await labChat({ lambda: 1 });
    const { router } = under.model;
    const careless = new ChatXRouter({ router, lambda: 0, deny: [PAIR[0]] });
    const small = new ChatXRouter({ router, pool: [PAIR[0]], minSuccess: 0.5, maxTokens: 500 });
    const asked = 'What is 2 + 3?';
    const told = [
      await careless.invoke(asked),
      await small.invoke(asked),
      await small.invoke(asked, { lambda: 3 }),
      await under.model.invoke(asked, { pool: [PAIR[1]] }),
    ].map((message) => routingInfo(message)!);
    expect(told.map(({ model }) => model)).toEqual([PAIR[1], PAIR[0], PAIR[0], PAIR[1]]);
    expect(told.map(({ lambda, minSuccess }) => minSuccess ?? lambda)).toEqual([0, 0.5, 3, 1]);
    expect((await router.ledger.entries()).length).toBe(4);
    const alone = under.another({ candidates: [PAIR[0]] });
    expect(small.profile).toEqual(alone.profile);
    expect(small.profile).not.toEqual(under.model.profile);
    expect(small._identifyingParams()).not.toEqual(careless._identifyingParams());
  });

  test('bound a call where the call says nothing else, limit by limit', async () => {
    await using under = await labChat();
    const model = new ChatXRouter({ router: under.model.router, limits: { maxCalls: 1, maxUsd: 1e-9 } });
    await expect(model.invoke('Hi')).rejects.toMatchObject({ code: 'budget_exceeded' });
    await model.invoke('Hi', { limits: { maxUsd: 1 } });
    expect(under.episodes).toHaveLength(2);
  });
});

describe('caching', () => {
  test('an answer comes from the cache, and costs nothing again', async () => {
    await using under = await labChat({ cache: new InMemoryCache(new Map()) });
    const question = [new HumanMessage({ content: [{ type: 'text', text: 'What is 2 + 3?' }] })];
    const first = await under.model.invoke(question);
    const second = await under.model.invoke(question);
    expect(second.text).toBe(first.text);
    expect(second.usage_metadata).toEqual({ input_tokens: 0, output_tokens: 0, total_tokens: 0 });
    expect(under.lab.usage().calls).toBe(1);
  });

  test('routers with another pool, lambda or policy do not share answers', async () => {
    const cache = new InMemoryCache(new Map());
    await using under = await labChat({ cache });
    const variants = [
      { candidates: [PAIR[0]] },
      { candidates: [PAIR[1]] },
      { candidates: [...PAIR], lambda: 5 },
      { candidates: [...PAIR], minSuccess: 0.9 },
      { candidates: [...PAIR], policy: 'cheapest' as const },
      { candidates: [...PAIR], temperature: 1 },
    ];
    for (const fields of [{}, ...variants])
      await under.another({ cache, ...fields }).invoke('What is 2 + 3?');
    expect(under.lab.usage().calls).toBe(variants.length + 1);
    for (const fields of [{}, ...variants])
      await under.another({ cache, ...fields }).invoke('What is 2 + 3?');
    expect(under.lab.usage().calls).toBe(variants.length + 1);
  });

  test('two tools of one class do not share answers', async () => {
    await using under = await labChat({ cache: new InMemoryCache(new Map()) });
    const other = { ...WEATHER, function: { ...WEATHER.function, name: 'get_forecast' } };
    for (const tool of [WEATHER, other]) {
      const reply = await under.model.bindTools([tool], { tool_choice: 'any' }).invoke('Bern?');
      expect(reply.tool_calls).toMatchObject([{ name: tool.function.name }]);
    }
  });
});

describe('profile', () => {
  const facts = (id: string, contextTokens?: number, extra = {}) => ({
    id,
    contextTokens,
    toolCalling: true,
    structuredOutput: true,
    ...extra,
  });
  const profile = (...models: ReturnType<typeof facts>[]) =>
    new ChatXRouter({ models, candidates: models.map(({ id }) => id), env: {} }).profile;

  test('is what all candidates can do', () => {
    const both = profile(
      facts('mine/a', 1_000, { input: ['text', 'image'], maxOutputTokens: 50 }),
      facts('mine/b', 2_000, { structuredOutput: false }),
    );
    expect(both).toMatchObject({
      maxInputTokens: 1_000,
      imageInputs: false,
      toolCalling: true,
      structuredOutput: false,
    });
    expect(both).not.toHaveProperty('maxOutputTokens');
  });

  test('leaves out what is unknown of one', () => {
    expect(profile(facts('mine/a', 1_000), facts('mine/b'))).not.toHaveProperty('maxInputTokens');
    expect(profile(facts('mine/a'), { id: 'mine/b' } as never)).not.toHaveProperty('toolCalling');
  });
});

describe('secrets', () => {
  test('are in no form of the model that is written down', async () => {
    const env = { OPENAI_API_KEY: 'sk-secret-value' };
    const model = new ChatXRouter({ candidates: [PAIR[0]], env });
    const { inspect } = await import('node:util');
    const written = [
      JSON.stringify(model),
      JSON.stringify(model.toJSON()),
      JSON.stringify(model.serialize()),
      JSON.stringify(model._identifyingParams()),
      JSON.stringify(model.lc_kwargs),
      inspect(model, { depth: 10 }),
    ].join();
    expect(written).not.toContain('sk-secret-value');
    expect(model.toJSON()).toMatchObject({ type: 'not_implemented' });
  });
});

describe('output version 1', () => {
  test.each(['invoke', 'stream'] as const)('content is standard blocks, by %s', async (how) => {
    await using under = await labChat({ outputVersion: 'v1' });
    const options = { tools: [WEATHER] };
    const question = 'What is the weather in Bern?';
    let message = how === 'invoke' ? await under.model.invoke(question, options) : undefined;
    if (how === 'stream') {
      for await (const chunk of await under.model.stream(question, options))
        message = message?.concat(chunk) ?? chunk;
    }
    expect(message!.response_metadata.output_version).toBe('v1');
    expect(message!.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Bern' } }]);
  });

  test('tool calls of makers with a dialect of their own are not lost', async () => {
    await using under = await labChat({ candidates: ['anthropic/claude-haiku-4-5'] });
    const reply = await under.model.invoke('What is the weather in Bern?', { tools: [WEATHER] });
    expect(reply.response_metadata.model_provider).toBe('anthropic-openai');
    expect(reply.contentBlocks).toContainEqual(
      expect.objectContaining({ type: 'tool_call', name: 'get_weather' }),
    );
  });
});
