/** What can go wrong with one call, as scripts for the server, and the error each must end in. */
import type { ErrorCode } from '../../src/errors.ts';
import { type Action, json, raw, type Script, sse } from '../support/scripted-server.ts';
import { chunk, DONE, finish, text, USAGE, USAGE_CHUNK, whole } from './answers.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const HALF = JSON.stringify({ choices: [{ message: { content: 'never whole' } }] }).slice(0, 30);
const ERROR_EVENT = { error: { message: 'worker died', type: 'InternalServerError', code: 500 } };
const usage = { inputTokens: 11, outputTokens: 7 };

function headersThen(...body: Action[]): Script {
  return { status: 200, headers: JSON_TYPE, body };
}

export interface Fault {
  name: string;
  script: Script;
  code: ErrorCode;
  retryable?: boolean;
  /** False where the provider answered with an error status, which is not billed. */
  maybeBilled?: boolean;
  status?: number;
  usage?: object;
  /** What was shown before; '' by default. */
  shown?: string;
  says?: RegExp;
}

/** Faults both forms have: nothing of the answer was sent yet. */
const BEFORE_HEADERS: Fault[] = [
  { name: 'hang before headers', script: { before: ['hang'] }, code: 'first_token_timeout' },
  { name: 'cut before headers', script: { before: ['cut'] }, code: 'connection_failed' },
  { name: 'reset before headers', script: { before: ['reset'] }, code: 'connection_failed' },
  {
    name: 'status 500',
    maybeBilled: false,
    script: json(ERROR_EVENT, 500),
    code: 'provider_error',
    status: 500,
  },
  {
    name: 'status 502 with a page',
    maybeBilled: false,
    script: raw('<title>Bad gateway</title>', 502, {}),
    code: 'provider_error',
    says: /Bad gateway/,
  },
  {
    name: 'status 429',
    maybeBilled: false,
    script: json({ error: { message: 'slow' } }, 429, { 'retry-after': '3' }),
    code: 'rate_limited',
  },
  {
    name: 'status 400',
    maybeBilled: false,
    script: json({ error: { message: 'bad' } }, 400),
    code: 'bad_request',
    retryable: false,
  },
  {
    name: 'status 401',
    maybeBilled: false,
    script: json({ error: 'Unauthorized' }, 401),
    code: 'authentication_failed',
    retryable: false,
  },
  {
    name: 'status 500 whose body hangs',
    maybeBilled: false,
    script: { status: 500, headers: JSON_TYPE, body: [{ send: 'half of it' }, 'hang'] },
    code: 'provider_error',
    status: 500,
    says: /half of it/,
  },
  {
    name: 'status 500 whose body is cut',
    maybeBilled: false,
    script: { status: 500, body: [{ send: 'half' }, 'cut'] },
    code: 'provider_error',
    status: 500,
  },
  {
    name: 'a redirect',
    maybeBilled: false,
    script: raw('', 307, { location: 'http://127.0.0.1:9/other?key=1' }),
    code: 'provider_error',
    retryable: false,
    says: /moved to http:\/\/127.0.0.1:9\/other$/,
  },
];

export const JSON_FAULTS: Fault[] = [
  ...BEFORE_HEADERS,
  { name: 'hang after headers', script: headersThen('hang'), code: 'first_token_timeout' },
  {
    name: 'white space for ever',
    script: headersThen({ send: '\n' }, { waitMs: 60 }, { send: '\n' }, 'hang'),
    code: 'first_token_timeout',
  },
  { name: 'cut after headers', script: headersThen('cut'), code: 'stream_cut' },
  { name: 'stall in the body', script: headersThen({ send: HALF }, 'hang'), code: 'idle_timeout' },
  { name: 'cut in the body', script: headersThen({ send: HALF }, 'cut'), code: 'stream_cut' },
  { name: 'reset in the body', script: headersThen({ send: HALF }, 'reset'), code: 'stream_cut' },
  { name: 'a body that ends early, cleanly', script: raw(HALF), code: 'malformed_response' },
  { name: 'an empty body', script: raw(''), code: 'stream_cut' },
  {
    name: 'a page',
    script: raw('<html>login</html>', 200, { 'content-type': 'text/html' }),
    code: 'malformed_response',
    says: /web page/,
  },
  { name: 'JSON that is no object', script: raw('[]'), code: 'malformed_response' },
  {
    name: 'an empty choice list',
    script: json({ id: 'x', choices: [], usage: USAGE }),
    code: 'malformed_response',
    usage,
  },
  { name: 'no choice list', script: json({ id: 'x', usage: USAGE }), code: 'malformed_response', usage },
  {
    name: 'an error in a body of status 200',
    script: json({ error: { message: 'worker died', code: 502 }, usage: USAGE }),
    code: 'provider_error',
    status: 502,
    usage,
  },
  {
    name: 'a rate limit in a body of status 200',
    script: json({ error: { message: 'x', code: 429 } }),
    code: 'rate_limited',
  },
  {
    name: 'a flat error in a body of status 200',
    script: json({ object: 'error', message: 'maximum context length is 10', code: 400 }),
    code: 'context_overflow',
    retryable: false,
  },
  {
    name: 'no finish reason',
    script: whole({ content: 'half' }, null),
    code: 'stream_cut',
    usage,
    shown: 'half',
  },
  {
    name: 'finish reason abort',
    script: whole({ content: 'half' }, 'abort'),
    code: 'provider_error',
    usage,
    shown: 'half',
  },
  { name: 'finish reason error', script: whole({ content: null }, 'error'), code: 'provider_error', usage },
  {
    name: 'tool calls announced and none there',
    script: whole({ content: '' }, 'tool_calls'),
    code: 'malformed_response',
    usage,
  },
  {
    name: 'a tool call without a name',
    script: whole({ tool_calls: [{ id: 'a', function: {} }] }, 'tool_calls'),
    code: 'malformed_response',
    usage,
  },
  { name: 'an empty answer', script: whole({ content: '' }), code: 'empty_response', usage },
  {
    name: 'thoughts and no answer',
    script: whole({ content: null, reasoning_content: 'hm' }),
    code: 'empty_response',
    usage,
  },
];

export const STREAM_FAULTS: Fault[] = [
  ...BEFORE_HEADERS,
  { name: 'hang after headers', script: sse('hang'), code: 'first_token_timeout' },
  {
    name: 'comments and empty deltas for ever',
    script: sse(
      ': ping\n\n',
      chunk({ role: 'assistant', content: '' }),
      { waitMs: 60 },
      ': ping\n\n',
      'hang',
    ),
    code: 'first_token_timeout',
  },
  {
    name: 'cut before the first token',
    script: sse(chunk({ role: 'assistant' }), 'cut'),
    code: 'stream_cut',
  },
  { name: 'reset before the first token', script: sse('reset'), code: 'stream_cut' },
  { name: 'a clean end without an event', script: sse(), code: 'stream_cut' },
  { name: '[DONE] and nothing else', script: sse(DONE), code: 'stream_cut' },
  { name: 'no choice ever', script: sse(USAGE_CHUNK, DONE), code: 'malformed_response', usage },
  { name: 'an error event first', script: sse(ERROR_EVENT), code: 'stream_error', status: 500 },
  {
    name: 'an error event of its own kind',
    script: sse(
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n',
    ),
    code: 'stream_error',
    says: /busy/,
  },
  {
    name: 'a rate limit as event',
    script: sse({ error: { message: 'x', code: 429 } }),
    code: 'rate_limited',
  },
  { name: 'broken JSON first', script: sse('data: {"choi\n\n'), code: 'malformed_response' },
  {
    name: 'JSON instead of events, with an error',
    script: json(ERROR_EVENT),
    code: 'provider_error',
    status: 500,
  },
  {
    name: 'a page instead of events',
    script: raw('<html>login</html>', 200, { 'content-type': 'text/html' }),
    code: 'malformed_response',
    says: /web page/,
  },
  { name: 'an empty answer', script: sse(finish('stop'), USAGE_CHUNK, DONE), code: 'empty_response', usage },
  {
    name: 'stall after tokens',
    script: sse(text('ab'), text('c'), 'hang'),
    code: 'idle_timeout',
    shown: 'abc',
  },
  {
    name: 'comments only after tokens',
    script: sse(text('ab'), { waitMs: 60 }, ': ping\n\n', { waitMs: 60 }, ': ping\n\n', 'hang'),
    code: 'idle_timeout',
    shown: 'ab',
  },
  { name: 'cut after tokens', script: sse(text('ab'), 'cut'), code: 'stream_cut', shown: 'ab' },
  { name: 'reset after tokens', script: sse(text('ab'), 'reset'), code: 'stream_cut', shown: 'ab' },
  { name: 'a clean end after tokens', script: sse(text('ab')), code: 'stream_cut', shown: 'ab' },
  {
    name: '[DONE] after tokens, without a finish reason',
    script: sse(text('ab'), DONE),
    code: 'stream_cut',
    shown: 'ab',
  },
  {
    name: 'an error event after tokens, usage told before',
    script: sse({ ...text('ab'), usage: USAGE }, ERROR_EVENT),
    code: 'stream_error',
    shown: 'ab',
    usage,
  },
  {
    name: 'an error inside the last choice',
    script: sse(text('ab'), { error: { code: 502, message: 'lost' }, ...finish('error') }),
    code: 'stream_error',
    shown: 'ab',
  },
  {
    name: 'broken JSON after tokens',
    script: sse(text('ab'), 'data: {"x\n\n'),
    code: 'malformed_response',
    shown: 'ab',
  },
  {
    name: 'finish reason abort',
    script: sse(text('ab'), finish('abort'), USAGE_CHUNK, DONE),
    code: 'provider_error',
    shown: 'ab',
    usage,
  },
  {
    name: 'tool calls announced and none there',
    script: sse(text('<tool_call>{'), finish('tool_calls'), USAGE_CHUNK, DONE),
    code: 'malformed_response',
    shown: '<tool_call>{',
    usage,
  },
];
