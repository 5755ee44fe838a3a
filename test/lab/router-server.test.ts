/** The lab's router server over real sockets, by the clients that would speak to a real one. */
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { createRouterServer, type RouterServerOptions, writeCall } from '../../src/lab/index.ts';

const tools = [
  { type: 'function' as const, function: { name: 'call_a', parameters: { type: 'object', properties: {} } } },
];
const messages = [{ role: 'user' as const, content: 'Why is the sky blue?' }];

async function post(baseUrl: string, path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(baseUrl.replace(/\/v1$/, path), {
    method: 'POST',
    body: JSON.stringify(body),
    headers,
  });
  const text = await response.text();
  return { status: response.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined };
}

function client(baseUrl: string) {
  return new OpenAI({ baseURL: baseUrl, apiKey: 'any', maxRetries: 0 });
}

const calling: RouterServerOptions = { brain: () => `<think>hm</think>\n${writeCall('call_a', { q: 'é' })}` };

describe('the lab’s router server', () => {
  it('answers chat completions to the OpenAI client, whole and streamed, the same', async () => {
    await using server = await createRouterServer(calling);
    const openai = client(server.baseUrl);
    const whole = await openai.chat.completions.create({ model: 'm', messages, tools });
    const { message, finish_reason } = whole.choices[0]!;
    expect([message.content, finish_reason]).toEqual(['<think>hm</think>', 'tool_calls']);
    expect(message.tool_calls).toMatchObject([
      {
        id: expect.stringMatching(/^call_[0-9a-f]{24}$/),
        function: { name: 'call_a', arguments: '{"q":"é"}' },
      },
    ]);

    const stream = await openai.chat.completions.create({
      model: 'm',
      messages,
      tools,
      stream: true,
      stream_options: { include_usage: true },
    });
    let args = '';
    let content = '';
    const last: unknown[] = [];
    for await (const chunk of stream) {
      content += chunk.choices[0]?.delta.content ?? '';
      args += chunk.choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '';
      last.push(chunk.choices[0]?.finish_reason ?? (chunk.usage ? 'usage' : null));
    }
    expect([content, args]).toEqual([message.content, '{"q":"é"}']);
    expect(last.slice(-2)).toEqual(['tool_calls', 'usage']);
  });

  it('drops what SGLang’s parser would drop: unknown names, and leaves calls without line breaks as text', async () => {
    await using unknown = await createRouterServer({ brain: () => writeCall('call_b', {}) });
    const answer = await client(unknown.baseUrl).chat.completions.create({ model: 'm', messages, tools });
    expect(answer.choices[0]!.message).toMatchObject({ content: '', tool_calls: null });
    await using flat = await createRouterServer({
      brain: () => '<tool_call>{"name": "call_a", "arguments": {}}</tool_call>',
    });
    const text = await client(flat.baseUrl).chat.completions.create({ model: 'm', messages, tools });
    expect(text.choices[0]!.message.content).toContain('<tool_call>{"name"');
  });

  it('answers completions and /generate with the raw text, counts tokens, and finds the cached ones', async () => {
    await using server = await createRouterServer({ brain: () => 'raw <tool_call>' });
    const prompt = `<|im_start|>system\n${'x'.repeat(4000)}<|im_end|>\n`;
    const first = await post(server.baseUrl, '/v1/completions', { model: 'm', prompt });
    expect(first.json).toMatchObject({
      choices: [{ text: 'raw <tool_call>', finish_reason: 'stop' }],
      usage: { prompt_tokens_details: null },
    });
    const second = await post(server.baseUrl, '/generate', { text: `${prompt}more`, sampling_params: {} });
    expect(second.json).toMatchObject({
      text: 'raw <tool_call>',
      meta_info: { cached_tokens: Math.floor(prompt.length / 4) },
    });
    const metrics = await (await fetch(server.baseUrl.replace('/v1', '/metrics'))).text();
    expect(metrics).toContain('sglang:num_requests_total{model_name="xrouter-7b"} 2');
  });

  it('tells health, model and served name, and wants its key', async () => {
    await using server = await createRouterServer({ model: 'mine', apiKey: 'k', contextTokens: 99 });
    const get = (path: string, key?: string) =>
      fetch(server.baseUrl.replace('/v1', path), { headers: key ? { authorization: `Bearer ${key}` } : {} });
    expect((await get('/health')).status).toBe(200);
    expect(await (await get('/v1/models')).json()).toEqual({ error: 'Unauthorized' });
    expect(await (await get('/v1/models', 'k')).json()).toMatchObject({
      data: [{ id: 'mine', max_model_len: 99 }],
    });
    expect(await (await get('/get_model_info', 'k')).json()).toMatchObject({ is_generation: true });
  });

  it('gives probabilities for a choice, and refuses what SGLang refuses', async () => {
    await using server = await createRouterServer();
    const ask = (options: { name: string }[]) =>
      post(server.baseUrl, '/v1/decisions', {
        input: 'x',
        questions: [{ id: 'q', type: 'choice', question: 'which?', options }],
      });
    const { json } = await ask([{ name: 'a' }, { name: 'b' }]);
    const { probabilities, choice } = json.answers.q;
    expect(probabilities.a + probabilities.b).toBeCloseTo(1, 9);
    expect(probabilities[choice]).toBeGreaterThanOrEqual(0.5);
    expect((await ask([{ name: 'a' }])).json).toMatchObject({ object: 'error', code: 400 });
    expect((await ask([{ name: 'a' }, { name: 'A ' }])).status).toBe(400);
  });

  it('ends every conversation with its plain brain', async () => {
    await using server = await createRouterServer();
    const openai = client(server.baseUrl);
    const select = {
      type: 'function' as const,
      function: { name: 'select_response', parameters: { type: 'object', properties: {} } },
    };
    const both = [...tools, select];
    const first = await openai.chat.completions.create({ model: 'm', messages, tools: both });
    const { tool_calls } = first.choices[0]!.message;
    expect(tool_calls).toHaveLength(1);
    const next = [
      ...messages,
      first.choices[0]!.message,
      { role: 'tool' as const, tool_call_id: tool_calls![0]!.id, content: 'Because.' },
    ];
    const second = await openai.chat.completions.create({ model: 'm', messages: next, tools: both });
    expect(second.choices[0]!.message.tool_calls).toMatchObject([
      { function: { name: 'select_response', arguments: '{"model_call_name":"call_a"}' } },
    ]);
  });
});
