import { AIMessage, type AIMessageChunk, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { concat } from '@langchain/core/utils/stream';
import { describe, expect, test } from 'vitest';
import { routingInfo } from '../../../adapters/langchain/index.ts';
import { labChat, WEATHER } from '../../support/lab-chat.ts';

const SUM = 'What is 12 * 12? Give only the number.';

async function collected(stream: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk> {
  let whole: AIMessageChunk | undefined;
  for await (const chunk of stream) whole = whole ? concat(whole, chunk) : chunk;
  return whole!;
}

describe('invoke', () => {
  test('answers, and says who answered, why and what it cost', async () => {
    await using under = await labChat();
    const reply = await under.model.invoke(SUM);
    expect(reply).toBeInstanceOf(AIMessage);
    expect(reply.text).toBe('144');
    const { requests, costUsd } = under.lab.usage();
    const { routing: _, ...metadata } = reply.response_metadata;
    const routing = routingInfo(reply)!;
    expect(metadata).toEqual({
      model_name: 'gpt-5-nano',
      model: 'gpt-5-nano',
      model_provider: 'openai',
      finish_reason: 'stop',
    });
    expect(routing).toMatchObject({
      model: requests[0]!.model,
      policy: expect.stringMatching(/^embedded@/),
      lambda: 0.3,
      costComplete: true,
      provenance: { source: 'bundled' },
      calls: [{ model: requests[0]!.model, status: 'completed' }],
      episodeId: under.episodes[0]!.id,
    });
    expect(routing.costUsd).toBeCloseTo(costUsd, 12);
    expect(routing.estimates.map(({ model }) => model)).toContain(routing.model);
  });

  test('tells the tokens that were billed', async () => {
    await using under = await labChat();
    const { usage_metadata: usage } = await under.model.invoke(SUM);
    const { inputTokens, outputTokens, reasoningTokens } = under.lab.usage();
    expect(usage).toEqual({
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
      input_token_details: { cache_read: 0 },
      output_token_details: { reasoning: reasoningTokens },
    });
  });
});

describe('stream', () => {
  test('chunks come as the model writes and add up to the answer, usage once', async () => {
    await using under = await labChat();
    let chunks = 0;
    let usages = 0;
    let whole: AIMessageChunk | undefined;
    for await (const chunk of await under.model.stream('Explain what a prime number is.')) {
      chunks++;
      if (chunk.usage_metadata) usages++;
      whole = whole ? concat(whole, chunk) : chunk;
    }
    expect(chunks).toBeGreaterThan(5);
    expect(usages).toBe(1);
    expect(whole!.text).toBe(under.episodes[0]!.steps[0]!.calls[0]!.message!.content);
    expect(whole!.usage_metadata!.output_tokens).toBe(under.lab.usage().outputTokens);
    expect(whole!.response_metadata).toMatchObject({
      finish_reason: 'stop',
      routing: { episodeId: under.episodes[0]!.id },
    });
  });

  test('all chunks of an answer have one id', async () => {
    await using under = await labChat();
    const ids = new Set<string | undefined>();
    for await (const chunk of await under.model.stream(SUM)) ids.add(chunk.id);
    expect(ids.size).toBe(1);
    expect([...ids][0]).toMatch(/^run-/);
  });
});

describe('bindTools', () => {
  test('a tool is called, its result goes back, the same model answers', async () => {
    await using under = await labChat();
    const bound = under.model.bindTools([WEATHER]);
    const question = new HumanMessage('What is the weather in Bern?');
    const asked = await bound.invoke([question]);
    expect(asked.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Bern' } }]);
    expect(asked.response_metadata.finish_reason).toBe('tool_calls');
    const result = new ToolMessage({ content: 'Sunny, 21 degrees', tool_call_id: asked.tool_calls![0]!.id! });
    const answer = await bound.invoke([question, asked, result]);
    expect(answer.text).toContain('Sunny, 21 degrees');
    expect(answer.response_metadata.model).toBe(asked.response_metadata.model);
  });

  test('streamed tool calls come as fragments and add up', async () => {
    await using under = await labChat();
    const stream = await under.model.bindTools([WEATHER]).stream('What is the weather in Bern?');
    const whole = await collected(stream);
    expect(whole.tool_call_chunks!.length).toBe(1);
    expect(whole.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Bern' } }]);
    expect(whole.usage_metadata!.total_tokens).toBeGreaterThan(0);
  });
});
