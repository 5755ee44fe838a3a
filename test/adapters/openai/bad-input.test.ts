/** What no good client sends: broken, huge, slow and malicious requests. None reaches a provider. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../support/lab-router.ts';
import { ask, errorIn, PLAIN, type Serving, send, serving } from './serving.ts';

let server: Serving;
beforeAll(async () => {
  server = await serving({}, { headersMs: 300, requestMs: 600, maxBodyBytes: 1024 * 1024 });
});
afterAll(() => server[Symbol.asyncDispose]());

const FINE = { model: PLAIN, messages: ask('What is 2 + 2?') };

/** Bytes as they stand, to a socket; all that comes back until it ends. */
function bytes(text: string | Buffer, then?: (write: (more: string) => void) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => {
      socket.write(text);
      then?.((more) => void socket.write(more));
    });
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(answer));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(answer) : reject(error),
    );
    socket.setTimeout(10_000, () => reject(new Error(`No end. Until now: ${answer}`)));
  });
}

describe('fields of the wrong kind are refused with their path', () => {
  const user = { role: 'user', content: 'Hi' };
  test.each<[param: string | null, body: unknown]>([
    [null, []],
    [null, 7],
    [null, null],
    [null, 'text'],
    ['messages', {}],
    ['messages', { messages: 'Hi' }],
    ['messages', { messages: [] }],
    ['messages[0]', { messages: ['Hi'] }],
    ['messages[0].role', { messages: [{ content: 'Hi' }] }],
    ['messages[0].role', { messages: [{ role: 'function', content: 'Hi' }] }],
    ['messages[0].role', { messages: [{ role: { toString: 'user' }, content: 'Hi' }] }],
    ['messages[0].content', { messages: [{ role: 'user' }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: 5 }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: {} }] }],
    ['messages[0].content[0]', { messages: [{ role: 'user', content: ['Hi'] }] }],
    ['messages[0].content[0].type', { messages: [{ role: 'user', content: [{ type: 'video' }] }] }],
    ['messages[0].content[0].text', { messages: [{ role: 'user', content: [{ type: 'text' }] }] }],
    [
      'messages[0].content[1].image_url.url',
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'a' },
              { type: 'image_url', image_url: {} },
            ],
          },
        ],
      },
    ],
    [
      'messages[1].tool_calls[0].function.name',
      {
        messages: [
          user,
          { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { arguments: '{}' } }] },
        ],
      },
    ],
    ['messages[1].tool_call_id', { messages: [user, { role: 'tool', content: 'x' }] }],
    ['tools', { messages: [user], tools: {} }],
    ['tools[0].type', { messages: [user], tools: [{ type: 'custom', custom: {} }] }],
    ['tools[0].function.name', { messages: [user], tools: [{ type: 'function', function: {} }] }],
    [
      'tools[0].function.parameters',
      {
        messages: [user],
        tools: [{ type: 'function', function: { name: 'a', parameters: 'b' } }],
      },
    ],
    ['tool_choice', { messages: [user], tool_choice: 'always' }],
    ['tool_choice.function', { messages: [user], tool_choice: { type: 'function' } }],
    ['response_format.type', { messages: [user], response_format: { type: 'xml' } }],
    ['response_format.json_schema', { messages: [user], response_format: { type: 'json_schema' } }],
    ['temperature', { messages: [user], temperature: 'hot' }],
    ['temperature', { messages: [user], temperature: 1e308 }],
    ['top_p', { messages: [user], top_p: -1 }],
    ['max_tokens', { messages: [user], max_tokens: 0 }],
    ['max_tokens', { messages: [user], max_tokens: 1.5 }],
    ['max_completion_tokens', { messages: [user], max_completion_tokens: 1e300 }],
    ['stop[0]', { messages: [user], stop: [1] }],
    ['seed', { messages: [user], seed: 'x' }],
    ['stream', { messages: [user], stream: 'yes' }],
    ['stream_options', { messages: [user], stream: true, stream_options: 1 }],
    ['parallel_tool_calls', { messages: [user], parallel_tool_calls: 'no' }],
    ['model', { messages: [user], model: 5 }],
    ['model', { messages: [user], model: '' }],
    ['model', { messages: [user], model: 'x'.repeat(10_000) }],
    ['metadata', { messages: [user], metadata: 'x' }],
    ['n', { messages: [user], n: 2 }],
    ['logprobs', { messages: [user], logprobs: true }],
    ['functions', { messages: [user], functions: [] }],
    ['service_tier', { messages: [user], service_tier: 'priority' }],
    ['web_search_options', { messages: [user], web_search_options: {} }],
    ['models', { messages: [user], models: ['anthropic/claude-opus-5'] }],
    ['xrouter', { messages: [user], xrouter: 'fast' }],
    ['xrouter.lamda', { messages: [user], xrouter: { lamda: 1 } }],
    ['xrouter.lambda', { messages: [user], xrouter: { lambda: -1 } }],
    ['xrouter.min_success', { messages: [user], xrouter: { min_success: 2 } }],
    ['xrouter.max_usd', { messages: [user], xrouter: { max_usd: '1' } }],
    ['xrouter.pool', { messages: [user], xrouter: { pool: [] } }],
    ['xrouter.pool[1]', { messages: [user], xrouter: { pool: [PLAIN, 'nobody-at-all'] } }],
    ['xrouter.deny[0]', { messages: [user], xrouter: { deny: ['nobody/*'] } }],
    ['xrouter.route', { messages: [user], xrouter: { route: 'constructor' } }],
    ['xrouter.session', { messages: [user], xrouter: { session: 'x'.repeat(300) } }],
    ['model', { messages: [user], model: PLAIN, xrouter: { pool: [PLAIN] } }],
  ])('%s', async (param, body) => {
    const calls = server.lab.usage().calls;
    const answer = await send(server.port, body);
    expect([answer.status, errorIn(answer).param]).toEqual([400, param]);
    if (param !== null) expect(errorIn(answer).message).toContain(param);
    expect(server.lab.usage().calls).toBe(calls);
  });
});

test.each(['xrouter/constructor', 'xrouter/__proto__', '__proto__', 'constructor'])(
  'a model called %s is not found',
  async (model) => {
    expect((await send(server.port, { ...FINE, model })).status).toBe(404);
  },
);

test.each([
  [
    '__proto__ at the top',
    '{"__proto__": {"n": 5, "stream": true}, "messages": [{"role": "user", "content": "Hi"}]}',
  ],
  [
    '__proto__ in a message',
    '{"messages": [{"role": "user", "content": "Hi", "__proto__": {"role": "tool"}}]}',
  ],
  [
    'constructor at the top',
    '{"constructor": {"prototype": {"a": 1}}, "messages": [{"role": "user", "content": "Hi"}]}',
  ],
])('%s changes nothing', async (_, body) => {
  const answer = await send(server.port, body);
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toBe('application/json');
  expect(({} as Record<string, unknown>).a).toBeUndefined();
});

describe('bodies that are no requests', () => {
  test.each([
    ['nothing', ''],
    ['half', '{"messages": [{"role": "user", "content": "secret prompt'],
    ['no JSON', 'hello'],
    ['bytes', Buffer.from([0xff, 0xfe, 0, 1, 2])],
  ])('%s', async (_, body) => {
    const answer = await send(server.port, body);
    expect([answer.status, errorIn(answer).code]).toEqual([400, 'invalid_json']);
    expect(answer.body).not.toMatch(/secret|\bat .*:\d/);
  });

  test('nested beyond reason', async () => {
    const depth = 100_000;
    const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const parameters = `{"type": "object", "properties": ${nested}}`;
    const tools = `[{"type": "function", "function": {"name": "a", "parameters": ${parameters}}}]`;
    for (const body of [
      `{"messages": [{"role": "user", "content": "Hi"}], "tools": ${tools}}`,
      `{"messages": [{"role": "user", "content": "Hi"}], "extra": ${nested}}`,
      `{"messages": ${nested}}`,
      nested,
    ]) {
      const answer = await send(server.port, body);
      expect(answer.status).toBe(400);
      expect(answer.body).not.toMatch(/\.ts:/);
    }
  });

  test('longer than allowed, told so and still readable by the client', async () => {
    await using patient = await serving();
    const answer = await send(patient.port, Buffer.alloc(100 * 1024 * 1024, ' '));
    expect([answer.status, errorIn(answer).code]).toEqual([413, 'request_too_large']);
    const chunked = await send(server.port, Buffer.alloc(2 * 1024 * 1024, ' '), {
      headers: { 'transfer-encoding': 'chunked' },
    });
    expect(chunked.status).toBe(413);
  });

  test('compressed', async () => {
    const answer = await send(server.port, 'x', { headers: { 'content-encoding': 'gzip' } });
    expect(answer.status).toBe(415);
  });
});

describe('bytes that are no good HTTP', () => {
  const json = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));

  test('not HTTP at all', async () => {
    const answer = await bytes('Hello there\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(json(answer).error.message).toBe('This is not HTTP.');
  });

  test('headers without end', async () => {
    const answer = await bytes(
      `GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('headers and bodies that come too slowly', async () => {
    const head =
      'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
    const [slowHead, slowBody] = await Promise.all([
      bytes(head),
      bytes(`${head}content-length: 100\r\n\r\n{`),
    ]);
    expect(slowHead).toMatch(/^HTTP\/1\.1 408 /);
    expect(slowBody).toMatch(/^HTTP\/1\.1 408 /);
    expect(json(slowBody).error.type).toBe('invalid_request_error');
    await eventually(() => server.serving.inFlight === 0, 'the request is given up');
  });

  test('a body that says it is shorter than it is, and one that lies about its form', async () => {
    const head =
      'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
    expect(await bytes(`${head}content-length: 2\r\n\r\n{}garbage here\r\n\r\n`)).toMatch(/HTTP\/1\.1 400 /);
    expect(await bytes(`${head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 400 /,
    );
  });
});

test('garbage behind a request does not get into its answer, and stops its spending', async () => {
  const body = JSON.stringify({
    ...FINE,
    messages: ask('Slowly. [[lab:stall-after-tokens:3]]'),
    stream: true,
  });
  const head = 'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
  const answer = await bytes(`${head}content-length: ${body.length}\r\n\r\n${body}`, (write) =>
    setTimeout(() => write('garbage\r\n\r\n'), 300),
  );
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  await eventually(() => server.serving.inFlight === 0, 'it is given up');
  expect(server.episodes.at(-1)!.steps[0]!.calls[0]).toMatchObject({ status: 'aborted' });
});

test('after all of it the server answers, and nothing went wrong inside', async () => {
  expect((await send(server.port, FINE)).status).toBe(200);
  expect(server.failures).toEqual([]);
  expect(server.serving.inFlight).toBe(0);
});
