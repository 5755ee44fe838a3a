/** What a client sends is what the provider gets, field for field, and what the provider says is what comes back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRouter } from '../../../src/index.ts';
import { json, type ScriptedServer, sse, startScriptedServer } from '../../support/scripted-server.ts';
import { ask, eventsIn, PLAIN, type Serving, send, serving } from './serving.ts';

const REASONING = 'openai/gpt-5';
const usage = {
  prompt_tokens: 50,
  completion_tokens: 20,
  total_tokens: 70,
  prompt_tokens_details: { cached_tokens: 30 },
  completion_tokens_details: { reasoning_tokens: 5 },
};
const answer = (message: object, finish_reason = 'stop') =>
  json({
    id: 'up-1',
    model: 'gpt-4.1-nano',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }],
    usage,
  });

let upstream: ScriptedServer;
let server: Serving;
beforeAll(async () => {
  upstream = await startScriptedServer(answer({ content: 'Hello' }));
  const env = { OPENAI_API_KEY: 'provider-key', OPENAI_BASE_URL: upstream.url };
  const router = createRouter({ pool: [PLAIN], retry: { maxAttempts: 1 } }, { env });
  server = await serving({}, {}, {}, () => router);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const seen = () => JSON.parse(upstream.requests.at(-1)!.body);

const TOOL = {
  type: 'function',
  function: {
    name: 'look',
    description: 'Looks',
    strict: true,
    parameters: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] },
  },
};

test('every role and every kind of part reaches the provider as it was sent', async () => {
  const messages = [
    { role: 'system', content: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }] },
    { role: 'developer', content: 'Be kind.', name: 'dev' },
    {
      role: 'user',
      name: 'ann',
      content: [
        { type: 'text', text: 'What is this? ä€😀' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      reasoning_content: 'I should look.',
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'look', arguments: '{"at": "left"}' } },
        { id: 'b', type: 'function', function: { name: 'look', arguments: '{"at": "right"' } },
      ],
    },
    { role: 'tool', tool_call_id: 'a', content: 'a cat' },
    { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'a dog' }] },
    { role: 'assistant', content: [{ type: 'text', text: 'A cat' }], refusal: null },
    { role: 'user', content: 'Sure?' },
  ];
  const { status } = await send(server.port, { model: PLAIN, messages, tools: [TOOL] });
  expect(status).toBe(200);
  expect(seen().messages).toEqual(messages);
  expect(seen().tools).toEqual([TOOL]);
});

test('a refusal among an assistant’s parts becomes the refusal of the message', async () => {
  const said = { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] };
  await send(server.port, { model: PLAIN, messages: [...ask('Do it'), said, ...ask('Please')] });
  expect(seen().messages[1]).toEqual({ role: 'assistant', content: null, refusal: 'No.' });
});

test('settings reach the provider under the names that it takes', async () => {
  const settings = {
    temperature: 0.3,
    top_p: 0.9,
    stop: ['END', '\n'],
    seed: 7,
    tool_choice: { type: 'function', function: { name: 'look' } },
    parallel_tool_calls: false,
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'a', strict: true, schema: { type: 'object' } },
    },
    presence_penalty: 0.5,
    frequency_penalty: -0.5,
    logit_bias: { 50256: -100 },
    verbosity: 'low',
    anything_else: { at: ['all', 1, null] },
    user: 'ann',
    prompt_cache_key: 'k',
  };
  await send(server.port, { model: PLAIN, messages: ask('Hi'), tools: [TOOL], max_tokens: 77, ...settings });
  expect(seen()).toMatchObject({
    ...settings,
    max_completion_tokens: 77,
    model: 'gpt-4.1-nano',
    stream: false,
  });
  expect(seen()).not.toHaveProperty('max_tokens');
  await send(server.port, { model: REASONING, messages: ask('Hi'), reasoning_effort: 'low', stop: 'END' });
  expect(seen()).toMatchObject({ reasoning_effort: 'low', stop: ['END'] });
});

test('what is null or changes nothing is left out, and the router’s own fields stay here', async () => {
  const nothing = {
    temperature: null,
    stop: null,
    tools: [],
    tool_choice: null,
    response_format: null,
    max_tokens: null,
    max_completion_tokens: null,
    n: 1,
    logprobs: false,
    service_tier: 'auto',
    prediction: { type: 'content', content: 'x' },
    user: 'ann',
    store: false,
    metadata: { team: 'a' },
    xrouter: { session: 's', lambda: null },
  };
  const { status } = await send(server.port, { messages: ask('Hi'), ...nothing });
  expect(status).toBe(200);
  expect(Object.keys(seen()).sort()).toEqual(['messages', 'model', 'stream']);
  expect(upstream.requests.at(-1)!.headers.authorization).toBe('Bearer provider-key');
});

test('of two bounds of the output the smaller holds', async () => {
  await send(server.port, { model: PLAIN, messages: ask('Hi'), max_tokens: 50, max_completion_tokens: 9 });
  expect(seen().max_completion_tokens).toBe(9);
});

test('tool calls, thoughts, refusals and usage come back in OpenAI’s shape', async () => {
  const tool_calls = [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":"up"}' } }];
  upstream.play(answer({ content: null, tool_calls, reasoning_content: 'Let me see.' }, 'tool_calls'));
  const { body } = await send(server.port, { model: PLAIN, messages: ask('Look'), tools: [TOOL] });
  const { choices, usage: told, xrouter } = JSON.parse(body);
  expect(choices).toEqual([
    {
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        refusal: null,
        reasoning_content: 'Let me see.',
        tool_calls,
      },
      logprobs: null,
      finish_reason: 'tool_calls',
    },
  ]);
  expect(told).toEqual(usage);
  expect(xrouter.calls).toMatchObject([{ input_tokens: 50, output_tokens: 20, status: 'completed' }]);
  upstream.play(answer({ refusal: 'I will not.' }));
  const refused = JSON.parse((await send(server.port, { model: PLAIN, messages: ask('Do') })).body);
  expect(refused.choices[0].message).toEqual({ role: 'assistant', content: null, refusal: 'I will not.' });
});

test('streamed tool calls: a name in pieces is sent whole and once, arguments as they come', async () => {
  const delta = (tool_calls: object[]) => ({
    id: 'u',
    model: 'm',
    choices: [{ index: 0, delta: { tool_calls } }],
  });
  upstream.play(
    sse(
      delta([{ index: 0, id: 'c1', type: 'function', function: { name: 'lo' } }]),
      delta([{ index: 0, function: { name: 'ok' } }]),
      delta([{ index: 0, function: { arguments: '{"at"' } }]),
      delta([{ index: 1, id: 'c2', type: 'function', function: { name: 'look', arguments: '' } }]),
      delta([{ index: 0, function: { arguments: ':"up"}' } }]),
      delta([{ index: 1, function: { arguments: '{}' } }]),
      { id: 'u', model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }], usage },
      'data: [DONE]\n\n',
    ),
  );
  const { body } = await send(server.port, {
    model: PLAIN,
    stream: true,
    messages: ask('Look'),
    tools: [TOOL],
  });
  const chunks = eventsIn(body).slice(0, -1) as { choices: { delta: { tool_calls?: object[] } }[] }[];
  const fragments = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
  expect(fragments).toEqual([
    { index: 0, id: 'c1', type: 'function', function: { name: 'look', arguments: '' } },
    { index: 0, function: { arguments: '{"at"' } },
    { index: 0, function: { arguments: ':"up"}' } },
    { index: 1, id: 'c2', type: 'function', function: { name: 'look', arguments: '' } },
    { index: 1, function: { arguments: '{}' } },
  ]);
});

test('a policy that answers by itself streams its answer too', async () => {
  const router = createRouter(
    {
      pool: [PLAIN],
      policy: {
        name: 'mine',
        decide: () => ({
          action: { type: 'answer', message: { role: 'assistant', content: 'By myself.' } },
          policy: 'mine – 私',
          estimates: [],
          propensity: 1,
        }),
      },
    },
    { env: { OPENAI_API_KEY: 'k' } },
  );
  await using own = await serving({}, {}, {}, () => router);
  for (const stream of [true, false]) {
    const { body } = await send(own.port, { messages: ask('Hi'), stream });
    expect(body).toContain('By myself.');
    expect(body).toContain('"model":"mine – 私"');
  }
});
