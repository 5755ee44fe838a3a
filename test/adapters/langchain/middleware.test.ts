import { tool } from '@langchain/core/tools';
import { HumanMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { createAgent } from 'langchain';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { labAgents, WEATHER_TOOL } from '../../support/lab-agents.ts';
import { PAIR } from '../../support/lab-router.ts';

const QUESTION = { messages: [new HumanMessage('What is the weather in Bern?')] };

describe('in an agent', () => {
  test('takes the place of the model, keeps its choice through the tool calls, and says what the run cost', async () => {
    await using under = await labAgents();
    const routing = under.middleware();
    const agent = createAgent({ model: under.own, tools: [WEATHER_TOOL], middleware: [routing] });
    const result = await agent.invoke(QUESTION, { configurable: { thread_id: 't1' } });
    console.log(result);
    expect(result.messages.map(({ type }) => type)).toEqual(['human', 'ai', 'tool', 'ai']);
  });
});
