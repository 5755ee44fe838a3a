import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/index.ts';
import { candidates, strong, thinker, weak } from './candidates.ts';

let lab: Lab;
let openai: OpenAI;

beforeAll(async () => {
  lab = await createLab({ candidates, seed: 7, apiKey: 'lab-key' });
  openai = new OpenAI({ baseURL: lab.baseUrl('openai'), apiKey: 'lab-key', maxRetries: 0 });
});
afterAll(() => lab.close());

const say = (content: string) => ({ model: 'strong', messages: [{ role: 'user' as const, content }] });

describe('answers of the official SDK', () => {
  test('plain: text, finish reason, usage, and the cost the lab counts', async () => {
    lab.reset();
    const answer = await openai.chat.completions.create(say('What is 2 + 3?'));
    expect(answer.choices[0]!.message.content).toMatch(/5$/);
    expect(answer.choices[0]!.finish_reason).toBe('stop');
    const { prompt_tokens, completion_tokens, total_tokens } = answer.usage!;
    expect(total_tokens).toBe(prompt_tokens + completion_tokens);
    const usage = lab.usage();
    expect(usage).toMatchObject({
      calls: 1,
      completed: 1,
      inputTokens: prompt_tokens,
      outputTokens: completion_tokens,
    });
    expect(usage.costUsd).toBeCloseTo((prompt_tokens * 10 + completion_tokens * 40) / 1e6, 12);
    expect(usage.models[strong.id]!.calls).toBe(1);
    expect(usage.requests[0]).toMatchObject({
      id: answer.id,
      model: strong.id,
      status: 'completed',
      stream: false,
    });
  });

  test('streamed: the same text and the same usage as plain', async () => {
    const plain = await openai.chat.completions.create(say('Explain tides.'));
    const stream = await openai.chat.completions.create({
      ...say('Explain tides.'),
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let usage: OpenAI.CompletionUsage | null | undefined;
    const reasons: unknown[] = [];
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (chunk.choices[0]?.finish_reason) reasons.push(chunk.choices[0].finish_reason);
      if (chunk.usage) usage = chunk.usage;
    }
    expect(text).toBe(plain.choices[0]!.message.content);
    expect(reasons).toEqual(['stop']);
    expect(usage).toEqual(plain.usage);
  });

  test('a stream tells no usage unless it is asked to', async () => {
    const stream = await openai.chat.completions.create({ ...say('Hello'), stream: true });
    for await (const chunk of stream) expect(chunk.usage).toBeUndefined();
  });

  test('a reasoning model thinks before it answers, and bills it as output', async () => {
    const deepseek = new OpenAI({ baseURL: lab.baseUrl('deepseek'), apiKey: 'lab-key', maxRetries: 0 });
    const answer = await deepseek.chat.completions.create({
      ...say('Prove that 17 is prime.'),
      model: thinker.model,
    });
    expect(answer.choices[0]!.message).toHaveProperty('reasoning_content');
    const details = answer.usage!.completion_tokens_details!;
    expect(details.reasoning_tokens).toBeGreaterThan(10);
    expect(answer.usage!.completion_tokens).toBeGreaterThan(details.reasoning_tokens!);
  });

  test('hidden reasoning is billed and takes its time, but no event tells of it', async () => {
    const hidden = { ...thinker, id: 'openai/hidden', provider: 'openai', model: 'hidden' };
    await using paced = await createLab({ candidates: [hidden], speed: 20 });
    const client = new OpenAI({ baseURL: paced.baseUrl('openai'), apiKey: 'any', maxRetries: 0 });
    const stream = await client.chat.completions.create({
      ...say('Prove that 17 is prime.'),
      model: 'hidden',
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let visible = 0;
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      expect(Object.keys(chunk.choices[0]?.delta ?? {})).not.toContain('reasoning_content');
      if (chunk.choices[0]?.delta.content) visible++;
      text += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage ?? usage;
    }
    const reasoning = usage!.completion_tokens_details!.reasoning_tokens!;
    expect(text).not.toBe('');
    expect(reasoning).toBeGreaterThan(10);
    expect(usage!.completion_tokens).toBe(visible + reasoning);
    expect(paced.usage()).toMatchObject({ completed: 1, outputTokens: usage!.completion_tokens });
  });

  test('max_tokens cuts the answer and says so', async () => {
    const answer = await openai.chat.completions.create({ ...say('Explain tides.'), max_tokens: 5 });
    expect(answer.choices[0]!.finish_reason).toBe('length');
    expect(answer.usage!.completion_tokens).toBe(5);
  });

  test('stop ends the answer before the sequence', async () => {
    const whole = await openai.chat.completions.create(say('Explain tides.'));
    const text = whole.choices[0]!.message.content!;
    const stop = text.slice(20, 24);
    const answer = await openai.chat.completions.create({ ...say('Explain tides.'), stop });
    expect(answer.choices[0]!.message.content).toBe(text.slice(0, text.indexOf(stop)));
    expect(answer.choices[0]!.finish_reason).toBe('stop');
  });

  test('a conversation that grows is read from the prompt cache', async () => {
    lab.reset();
    const system = { role: 'system' as const, content: 'You are patient. '.repeat(400) };
    const ask = (text: string) =>
      openai.chat.completions.create({ model: 'weak', messages: [system, { role: 'user', content: text }] });
    const first = await ask('One?');
    const second = await ask('And two?');
    expect(first.usage!.prompt_tokens_details!.cached_tokens).toBe(0);
    const cached = second.usage!.prompt_tokens_details!.cached_tokens!;
    expect(cached).toBeGreaterThanOrEqual(1024);
    expect(cached % 128).toBe(0);
    const { prompt_tokens, completion_tokens } = second.usage!;
    const expected = ((prompt_tokens - cached) * 0.1 + cached * 0.01 + completion_tokens * 0.4) / 1e6;
    expect(lab.usage().requests[1]!.costUsd).toBeCloseTo(expected, 12);
    expect(lab.usage().models[weak.id]!.cachedTokens).toBe(cached);
  });

  test("the list of models is the provider's own", async () => {
    const page = await openai.models.list();
    expect(page.data.map((model) => model.id)).toEqual(['strong', 'weak']);
  });

  test('without a provider in the path the model goes by its candidate id', async () => {
    const any = new OpenAI({ baseURL: lab.baseUrl(), apiKey: 'lab-key', maxRetries: 0 });
    const answer = await any.chat.completions.create({ ...say('Hello'), model: thinker.id });
    expect(answer.model).toBe('thinker');
  });
});

describe("refusals have OpenAI's shape", () => {
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => expect.unreachable('the lab should have refused'),
      (error: unknown) => error as InstanceType<typeof OpenAI.APIError>,
    );

  test('a wrong key', async () => {
    const stranger = new OpenAI({ baseURL: lab.baseUrl('openai'), apiKey: 'other', maxRetries: 0 });
    const error = await failure(stranger.chat.completions.create(say('Hello')));
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  test('an unknown model', async () => {
    const error = await failure(openai.chat.completions.create({ ...say('Hello'), model: 'thinker' }));
    expect(error).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
  });

  test('a prompt longer than the context', async () => {
    const groq = new OpenAI({ baseURL: lab.baseUrl('groq'), apiKey: 'lab-key', maxRetries: 0 });
    const error = await failure(groq.chat.completions.create({ ...say('x'.repeat(5000)), model: 'small' }));
    expect(error).toMatchObject({ status: 400, code: 'context_length_exceeded' });
    expect(error.message).toContain('1000 tokens');
  });

  test.each([
    ['not JSON', '{"model": "strong",'],
    ['no messages', '{"model": "strong"}'],
    ['an unknown role', '{"model": "strong", "messages": [{"role": "king", "content": "Hi"}]}'],
    ['a number for content', '{"model": "strong", "messages": [{"role": "user", "content": 5}]}'],
    ['several choices', '{"model": "strong", "n": 2, "messages": [{"role": "user", "content": "Hi"}]}'],
    [
      'an orphan tool result',
      '{"model": "strong", "messages": [{"role": "tool", "tool_call_id": "a", "content": "1"}]}',
    ],
    [
      'a choice among no tools',
      '{"model": "strong", "tool_choice": "required", "messages": [{"role": "user", "content": "Hi"}]}',
    ],
  ])('%s', async (_, body) => {
    const response = await fetch(`${lab.baseUrl('openai')}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer lab-key' },
      body,
    });
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ type: 'invalid_request_error', message: expect.any(String) });
  });

  test('a body over the limit', async () => {
    const response = await fetch(`${lab.baseUrl('openai')}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer lab-key' },
      body: 'x'.repeat(33 * 1024 * 1024),
    }).catch((error: Error) => error);
    // A client that is still sending may see the closed connection before the answer.
    if (response instanceof Response) expect(response.status).toBe(413);
    else expect(response.message).toContain('fetch failed');
  });
});
