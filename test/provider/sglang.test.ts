/** SGLang's shapes, from its source: what differs from OpenAI and must not matter to the caller. */
import { expect, test } from 'vitest';
import { AnswerAssembler, createHttpProvider, type ProviderEvent } from '../../src/provider/index.ts';
import { json, type Script, sse, startScriptedServer } from '../support/scripted-server.ts';
import { DONE } from './answers.ts';
import { collect, failureOf, makeCall } from './calls.ts';

const USAGE = {
  prompt_tokens: 40,
  total_tokens: 60,
  completion_tokens: 20,
  prompt_tokens_details: null,
  reasoning_tokens: 5,
};

async function playing<T>(
  script: Script,
  run: (provider: ReturnType<typeof createHttpProvider>) => Promise<T>,
) {
  await using server = await startScriptedServer(script);
  return await run(createHttpProvider({ id: 'sglang', baseUrl: server.url }));
}

function answerOf(events: ProviderEvent[]) {
  const assembler = new AnswerAssembler();
  for (const event of events) if (event.type === 'delta') assembler.push(event.delta);
  return assembler.answer();
}

const chunk = (delta: object, rest: object = {}) => ({
  id: '5a1',
  object: 'chat.completion.chunk',
  model: 'xrouter-7b',
  choices: [
    {
      index: 0,
      delta: { role: null, content: null, reasoning_content: null, tool_calls: null, ...delta },
      logprobs: null,
      finish_reason: null,
      matched_stop: null,
      ...rest,
    },
  ],
  usage: null,
});
const call = (id: string | null, name: string | null, args: string) => ({
  tool_calls: [{ id, index: 0, type: 'function', function: { name, arguments: args } }],
});

test('a streamed tool call: name first, arguments later, the finish reason in a chunk of its own', async () => {
  const id = 'call_0123456789abcdef01234567';
  const script = sse(
    chunk({ role: 'assistant', content: '' }),
    chunk(call(id, 'weather', '')),
    chunk(call(null, null, '{"city": "')),
    chunk(call(null, null, 'Bern"}')),
    chunk({}, { finish_reason: 'tool_calls' }),
    { id: '5a1', object: 'chat.completion.chunk', model: 'xrouter-7b', choices: [], usage: USAGE },
    DONE,
  );
  const events = await playing(script, (provider) => collect(provider, makeCall()));
  expect(answerOf(events).message).toEqual({
    role: 'assistant',
    content: null,
    tool_calls: [{ id, type: 'function', function: { name: 'weather', arguments: '{"city": "Bern"}' } }],
  });
  expect(events.at(-1)).toMatchObject({
    finishReason: 'tool_calls',
    usage: { inputTokens: 40, outputTokens: 20, cacheReadTokens: undefined, reasoningTokens: 5 },
    servedModel: 'xrouter-7b',
  });
});

test.each([-1, null])('whole tool calls with index %s and content "" are several calls', async (index) => {
  const toolCall = (id: string, name: string) => ({
    id,
    index,
    type: 'function',
    function: { name, arguments: '{}' },
  });
  const message = {
    role: 'assistant',
    content: '',
    reasoning_content: null,
    tool_calls: [toolCall('call_a', 'f'), toolCall('call_b', 'g')],
  };
  const script = json({
    id: '5a1',
    model: 'xrouter-7b',
    choices: [{ index: 0, message, finish_reason: 'tool_calls', matched_stop: null }],
    usage: USAGE,
    metadata: { weight_version: 'default' },
  });
  const events = await playing(script, (provider) =>
    collect(provider, makeCall({ request: { stream: false } })),
  );
  const { message: answer } = answerOf(events);
  expect(answer.content).toBeNull();
  expect(answer.tool_calls?.map((one) => [one.id, one.function.name])).toEqual([
    ['call_a', 'f'],
    ['call_b', 'g'],
  ]);
});

test.each([
  [
    'a flat 400',
    json(
      { object: 'error', message: 'Invalid temperature', type: 'BadRequestError', param: null, code: 400 },
      400,
    ),
    'bad_request',
    /Invalid temperature/,
  ],
  [
    'a flat overflow',
    json(
      {
        object: 'error',
        message: "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
        type: 'BadRequestError',
        param: null,
        code: 400,
      },
      400,
    ),
    'context_overflow',
    /9000 tokens/,
  ],
  ['a bare 401', json({ error: 'Unauthorized' }, 401), 'authentication_failed', /Unauthorized/],
  [
    'an error after the 200',
    sse(chunk({ content: 'a' }), {
      error: { object: 'error', message: 'The request was aborted', type: 'AbortError', code: 503 },
    }),
    'stream_error',
    /was aborted/,
  ],
  [
    'finish reason abort',
    sse(chunk({ content: 'a' }), chunk({}, { finish_reason: 'abort' }), DONE),
    'provider_error',
    /abort/,
  ],
  [
    'a call that was dropped in parsing',
    sse(chunk({}, { finish_reason: 'tool_calls' }), DONE),
    'malformed_response',
    /holds none/,
  ],
])('%s is told apart and its words are kept', async (_, script, code, words) => {
  const error = await playing(script, (provider) => failureOf(provider, makeCall()));
  expect(error.code).toBe(code);
  expect(error.message).toMatch(words);
});
