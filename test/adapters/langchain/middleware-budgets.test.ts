/** What a user of an agent sees where a budget refuses, in the middle of a run. */
import { HumanMessage } from '@langchain/core/messages';
import { MemorySaver } from '@langchain/langgraph';
import { createAgent, MiddlewareError } from 'langchain';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { sumUsd } from '../../../src/index.ts';
import { labAgents, STRANGER, WEATHER_TOOL } from '../../support/lab-agents.ts';
import { PAIR } from '../../support/lab-router.ts';

const ask = () => ({ messages: [new HumanMessage('What is the weather in Bern?')] });
const refused = (run: Promise<unknown>) =>
  run.then(
    () => undefined,
    (thrown: Error) => thrown,
  );

/** One candidate with a bound, so that what a call costs at most is close to what it costs. */
const ONE = { candidates: [PAIR[0]], maxTokens: 300 };

/** Enough for the first step at its worst, and not for the second on top of what the first cost. */
const ONE_STEP_USD = 0.00015;

describe('a run that may cost no more', () => {
  test('ends with an error that says what was spent, and what to do', async () => {
    await using under = await labAgents();
    const runUsd = ONE_STEP_USD;
    const agent = createAgent({
      model: under.own,
      tools: [WEATHER_TOOL],
      middleware: [under.middleware({ ...ONE, runUsd })],
    });
    const error = await refused(agent.invoke(ask()));
    expect(MiddlewareError.isInstance(error)).toBe(true);
    expect(error!.message).toMatch(/^The run may cost \$0\.\d+ and has cost \$0\.\d+: .*budget/);
    expect(error!.cause).toMatchObject({
      code: 'budget_exceeded',
      hint: expect.stringContaining('`runUsd`'),
    });
    expect(under.episodes.map(({ steps }) => steps.length)).toEqual([1, 0]);
    expect(await under.bookedUsd()).toBeLessThanOrEqual(runUsd);
  });

  test('or, where that is wanted, with a message that says so, and the sums of the run', async () => {
    await using under = await labAgents();
    const runUsd = ONE_STEP_USD;
    const agent = createAgent({
      model: under.own,
      tools: [WEATHER_TOOL],
      middleware: [under.middleware({ ...ONE, runUsd, exitBehavior: 'end' })],
    });
    const { messages, runCost } = await agent.invoke(ask());
    expect(messages.map(({ type }) => type)).toEqual(['human', 'ai', 'tool', 'ai']);
    expect(messages.at(-1)!.text).toMatch(/The run may cost .* Raise `runUsd`/);
    expect(messages.at(-1)!.response_metadata).toEqual({ finish_reason: 'budget_exceeded' });
    expect(runCost.costUsd).toBe(under.episodes[0]!.cost.usd);
    expect(runCost.requests).toBe(2);
  });

  test('goes on after the budget was raised, from where it stopped', async () => {
    await using under = await labAgents();
    const runUsd = ONE_STEP_USD;
    const agent = createAgent({
      model: under.own,
      tools: [WEATHER_TOOL],
      checkpointer: new MemorySaver(),
      middleware: [under.middleware({ ...ONE, runUsd })],
    });
    const config = { configurable: { thread_id: 'stopped' } };
    await refused(agent.invoke(ask(), config));
    const { values } = await agent.graph.getState(config);
    expect(values.runCost.costUsd).toBe(under.episodes[0]!.cost.usd);
    const { messages, runCost } = await agent.invoke(null as never, {
      ...config,
      context: { routing: { runUsd: 1 } },
    });
    expect(messages.map(({ type }) => type)).toEqual(['human', 'ai', 'tool', 'ai']);
    expect(runCost).toMatchObject({ requests: 3, costComplete: true });
    expect(runCost.costUsd).toBe(await under.bookedUsd());
  });

  test('has its own bound from the context, which counts before that of the middleware', async () => {
    await using under = await labAgents();
    const agent = createAgent({
      model: under.own,
      tools: [],
      middleware: [under.middleware({ ...ONE, runUsd: 1 })],
    });
    const error = await refused(agent.invoke(ask(), { context: { routing: { runUsd: 0 } } }));
    expect(error!.cause).toMatchObject({ code: 'budget_exceeded' });
    expect(under.lab.usage().calls).toBe(0);
  });

  test('never loosens the budget of a request', async () => {
    await using under = await labAgents();
    for (const fields of [
      { budgets: { requestUsd: 1e-9 } },
      { limits: { maxUsd: 1e-9 } },
      { routes: { tight: { limits: { maxUsd: 1e-9 } } } },
    ]) {
      const middleware = under.middleware({ ...ONE, ...fields, runUsd: 5 });
      const agent = createAgent({ model: under.own, tools: [], middleware: [middleware] });
      const routing = 'routes' in fields ? { route: 'tight' } : {};
      const error = await refused(agent.invoke(ask(), { context: { routing } }));
      expect(error!.cause).toMatchObject({ code: 'budget_exceeded' });
    }
    const middleware = under.middleware({ ...ONE, runUsd: 5 });
    const agent = createAgent({ model: under.own, tools: [], middleware: [middleware] });
    expect(await refused(agent.invoke(ask(), { context: { routing: { maxUsd: 1e-9 } } }))).toBeDefined();
    expect(under.lab.usage().calls).toBe(0);
  });

  test('is refused where nobody knows what it has cost so far', async () => {
    await using under = await labAgents();
    const stranger = under.another(STRANGER);
    const agent = createAgent({
      model: stranger,
      tools: [WEATHER_TOOL],
      middleware: [
        under.middleware({
          ...ONE,
          failOpen: true,
          runUsd: 1,
          policy: { name: 'broken', decide: () => Promise.reject(new Error('out of order')) },
          fallback: false,
        }),
      ],
    });
    const error = await refused(agent.invoke(ask()));
    expect(error!.cause).toMatchObject({ code: 'unknown_price', hint: expect.stringContaining('price') });
  });
});

describe('the other budgets', () => {
  test.each(['error', 'end'] as const)('refuse as they do anywhere: %s', async (exitBehavior) => {
    await using under = await labAgents();
    const agent = createAgent({
      model: under.own,
      tools: [],
      responseFormat: z.object({ city: z.string() }),
      middleware: [under.middleware({ ...ONE, budgets: { dayUsd: 1e-9 }, exitBehavior, failOpen: true })],
    });
    if (exitBehavior === 'error') {
      const error = await refused(agent.invoke(ask()));
      expect(error!.cause).toMatchObject({
        code: 'budget_exceeded',
        hint: expect.stringContaining('dayUsd'),
      });
    } else {
      const { messages, structuredResponse, runCost } = await agent.invoke(ask());
      expect(messages.at(-1)!.text).toMatch(/day budget .* Raise budgets\.dayUsd/s);
      expect(structuredResponse).toBeUndefined();
      expect(runCost).toMatchObject({ costUsd: 0, requests: 1 });
    }
    // Failing open is no way around a budget.
    expect(under.lab.usage().calls).toBe(0);
  });
});

describe('50 agents at once under one budget', () => {
  test('never overrun it together; each that is refused says so', async () => {
    await using under = await labAgents();
    const dayUsd = 0.002;
    const agent = createAgent({
      model: under.own,
      tools: [WEATHER_TOOL],
      middleware: [under.middleware({ ...ONE, budgets: { dayUsd } })],
    });
    const runs = await Promise.allSettled(Array.from({ length: 50 }, () => agent.invoke(ask())));
    const done = runs.filter(({ status }) => status === 'fulfilled').length;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(50);
    for (const run of runs) {
      if (run.status === 'rejected') expect(run.reason.cause).toMatchObject({ code: 'budget_exceeded' });
    }
    expect(await under.bookedUsd()).toBeLessThanOrEqual(dayUsd);
    expect(await under.bookedUsd()).toBe(sumUsd(under.episodes.map(({ cost }) => cost.usd)));
    expect((await under.ledger.balance(under.today)).reservedUsd).toBe(0);
  });
});
