/** What TypeScript infers for users of agents; `tsc` checks it with everything else, the tests run it. */
import { tool } from '@langchain/core/tools';
import { createAgent } from 'langchain';
import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  type CandidateAnswer,
  type CandidateTool,
  candidateAnswerOf,
  candidateTools,
} from '../../../adapters/langchain/index.ts';
import { type AgentCost, xrouterMiddleware } from '../../../adapters/langchain/middleware/index.ts';
import type { Router } from '../../../src/index.ts';
import { labAgents } from '../../support/lab-agents.ts';

test('an agent’s result has the sums, and its context the routing', async () => {
  await using under = await labAgents();
  const routing = under.middleware();
  expectTypeOf(routing.router).toEqualTypeOf<Router>();
  const agent = createAgent({
    model: under.own,
    tools: [tool(() => '', { name: 'nothing', description: 'Nothing', schema: z.object({}) })],
    responseFormat: z.object({ answer: z.string() }),
    contextSchema: z.object({ user: z.string() }),
    middleware: [routing],
  });
  const input = { messages: 'What is 2 + 3?' };
  const result = await agent.invoke(input, { context: { user: 'me', routing: { lambda: 0 } } });
  expectTypeOf(result.runCost).toEqualTypeOf<AgentCost>();
  expectTypeOf(result.threadCost.costUsd).toEqualTypeOf<number | undefined>();
  expectTypeOf(result.structuredResponse.answer).toEqualTypeOf<string>();
  // @ts-expect-error what begins with "_" is not the caller's
  result._routedRun;
  expect(result.runCost.requests).toBe(1);

  const wrong = async () => {
    // @ts-expect-error a lambda is a number
    await agent.invoke(input, { context: { user: 'me', routing: { lambda: 'high' } } });
    // @ts-expect-error there is no such setting
    await agent.invoke(input, { context: { user: 'me', routing: { lamda: 1 } } });
    // @ts-expect-error an amount is a number
    xrouterMiddleware({ runUsd: '1' });
    // @ts-expect-error one of two words
    xrouterMiddleware({ exitBehavior: 'stop' });
  };
  await expect(wrong()).rejects.toThrow(/lambda/);
});

test('without a context of its own an agent needs none', async () => {
  await using under = await labAgents();
  const agent = createAgent({ model: under.own, tools: [], middleware: [under.middleware()] });
  const { messages } = await agent.invoke({ messages: 'What is 2 + 3?' });
  await agent.invoke({ messages: 'What is 2 + 3?' }, { context: { routing: { maxUsd: 1 } } });
  expect(messages.at(-1)!.type).toBe('ai');
});

test('candidates are tools for an agent, with a typed artifact', () => {
  const tools = candidateTools({ candidates: ['gpt-5-nano'], env: {} });
  expectTypeOf(tools).toEqualTypeOf<CandidateTool[]>();
  expectTypeOf(candidateAnswerOf).returns.toEqualTypeOf<CandidateAnswer | undefined>();
  expectTypeOf(tools[0]!.invoke).parameter(0).extract<{ prompt: string }>().toHaveProperty('prompt');
  // @ts-expect-error there is no such field
  expect(() => candidateTools({ canditates: [] })).toThrow(/canditates/);
});
