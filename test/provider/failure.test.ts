import { describe, expect, test } from 'vitest';
import { type FailureContext, failureFromResponse, readRetryAfterMs } from '../../src/provider/failure.ts';

const context: FailureContext = {
  provider: 'acme',
  model: 'm',
  redact: (text) => text.replaceAll('sk-secret', '[redacted]'),
};

function failure(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return failureFromResponse({ status, headers, body: text }, context);
}

describe('a status tells', () => {
  test.each([
    [400, 'bad_request', false],
    [401, 'authentication_failed', false],
    [403, 'authentication_failed', false],
    [404, 'bad_request', false],
    [408, 'provider_error', true],
    [409, 'provider_error', true],
    [413, 'bad_request', false],
    [422, 'bad_request', false],
    [425, 'provider_error', true],
    [429, 'rate_limited', true],
    [500, 'provider_error', true],
    [502, 'provider_error', true],
    [503, 'provider_error', true],
    [529, 'provider_error', true],
    [307, 'provider_error', false],
  ] as const)('%i is %s, retryable: %s', (status, code, retryable) => {
    const error = failure(status, { error: { message: 'some words' } });
    expect(error).toMatchObject({ code, retryable, status });
    expect(error.message).toBe(`Provider "acme" answered ${status} for "m": some words`);
    expect(error.hint).toBeTruthy();
  });

  test('an error status was not billed, but behind a gateway that timed out the model may have run', () => {
    for (const status of [400, 401, 404, 408, 429, 500, 503])
      expect(failure(status, '').maybeBilled).toBe(false);
    expect(failure(504, '').maybeBilled).toBe(true);
  });

  test('the hints name what to check', () => {
    expect(failure(401, '').hint).toMatch(/API key of provider "acme"/);
    expect(failure(404, '').hint).toMatch(/base URL.*model name "m"/);
  });
});

describe('the words of a provider are found in', () => {
  test.each([
    ['the shape of OpenAI', { error: { message: 'no', type: 't', code: null } }, 'no'],
    [
      'the flat shape of SGLang',
      { object: 'error', message: 'no', type: 'BadRequestError', param: null, code: 400 },
      'no',
    ],
    ['a bare word', { error: 'Unauthorized' }, 'Unauthorized'],
    ['a message alone', { message: 'no' }, 'no'],
    ['the shape of FastAPI', { detail: 'no' }, 'no'],
    [
      'a list of faults',
      { detail: [{ msg: 'field required' }, { msg: 'too long' }] },
      'field required; too long',
    ],
    ['the array of Google', [{ error: { code: 400, message: 'no', status: 'INVALID_ARGUMENT' } }], 'no'],
    [
      'OpenRouter, with those of the vendor',
      { error: { message: 'Provider error', metadata: { raw: 'too hot' } } },
      'Provider error: too hot',
    ],
    [
      'the title of a page',
      '<html><head><title>Bad gateway</title></head><body>x</body></html>',
      'Bad gateway',
    ],
    ['a page without title', '<html><body><h1>Oh no</h1></body></html>', 'Oh no'],
    ['plain text', 'upstream connect error\n  or disconnect', 'upstream connect error or disconnect'],
    ['nothing', '', 'it sent no message'],
    ['an unknown shape', { error: { why: 'x' } }, '{"why":"x"}'],
  ])('%s', (_, body, words) => {
    expect(failure(502, body).message).toBe(`Provider "acme" answered 502 for "m": ${words}`);
  });

  test('a long page is cut, and an echoed key is taken out', () => {
    expect(failure(500, 'x'.repeat(100_000)).message.length).toBeLessThan(800);
    expect(failure(401, { error: { message: 'Incorrect API key provided: sk-secret' } }).message).toMatch(
      /\[redacted\]$/,
    );
  });
});

describe('context overflow is recognised in the words of', () => {
  test.each([
    ['OpenAI, by code', 400, { error: { message: 'x', code: 'context_length_exceeded' } }],
    [
      'OpenAI',
      400,
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    ],
    ['OpenAI, newer', 400, 'Your input exceeds the context window of this model.'],
    ['OpenAI, limits', 400, 'Input tokens exceed the configured limit of 272000 tokens.'],
    ['Anthropic', 400, 'prompt is too long: 208310 tokens > 200000 maximum'],
    [
      'Anthropic, with output',
      400,
      'input length and `max_tokens` exceed context limit: 190000 + 21333 > 200000',
    ],
    [
      'Google',
      400,
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    ],
    [
      'Mistral',
      400,
      'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
    ],
    [
      'DeepSeek',
      400,
      "This model's maximum context length is 65536 tokens. However, you requested 70000 tokens",
    ],
    [
      'SGLang',
      400,
      {
        object: 'error',
        message: "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
        code: 400,
      },
    ],
    [
      'SGLang, with output',
      400,
      "Requested token count exceeds the model's maximum context length of 8192 tokens.",
    ],
    ['vLLM', 400, 'The decoder prompt (length 5000) is longer than the maximum model length of 4096.'],
    [
      'llama.cpp',
      400,
      {
        error: {
          code: 400,
          message: 'the request exceeds the available context size',
          type: 'exceed_context_size_error',
        },
      },
    ],
    ['Ollama', 400, 'the input length exceeds the context length'],
    [
      'LM Studio',
      400,
      'The number of tokens to keep from the initial prompt is greater than the context length.',
    ],
    ['xAI', 400, "This model's maximum prompt length is 131072 but the request contains 145372 tokens."],
    ['Groq', 400, 'Please reduce the length of the messages or completion.'],
    ['Fireworks', 400, 'The prompt is too long: 140000, model maximum context length: 131071'],
    ['Together', 422, 'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097'],
    ['Moonshot', 400, 'Invalid request: Your request exceeded model token limit: 8192'],
    [
      'OpenRouter',
      400,
      "This endpoint's maximum context length is 8192 tokens. However, you requested about 9000 tokens",
    ],
  ])('%s', (_, status, body) => {
    expect(failure(status, body)).toMatchObject({ code: 'context_overflow', retryable: false });
  });

  test('and not in other refusals', () => {
    for (const words of ['temperature must be at most 2', 'context must be a string', 'Unknown model']) {
      expect(failure(400, words).code).toBe('bad_request');
    }
    expect(failure(500, 'maximum context length').code).toBe('provider_error');
  });
});

describe('limits', () => {
  test('the tokens of a minute, refused with 413, are a rate limit', () => {
    const words = 'Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 9000';
    expect(failure(413, { error: { message: words, code: 'rate_limit_exceeded' } })).toMatchObject({
      code: 'rate_limited',
      retryable: true,
    });
  });

  test('credit that is used up is not waited for', () => {
    const openai = { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } };
    expect(failure(429, openai)).toMatchObject({ code: 'rate_limited', retryable: false });
    const deepseek = failure(402, { error: { message: 'Insufficient Balance' } });
    expect(deepseek).toMatchObject({ code: 'bad_request', retryable: false });
    expect(deepseek.hint).toMatch(/Top up the account at provider "acme"/);
  });

  test("Google's quota of a minute is waited for as long as it says", () => {
    const body = [
      {
        error: {
          code: 429,
          message: 'You exceeded your current quota, please check your plan and billing details.',
          status: 'RESOURCE_EXHAUSTED',
          details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '3.5s' }],
        },
      },
    ];
    expect(failure(429, body)).toMatchObject({ code: 'rate_limited', retryable: true, retryAfterMs: 3500 });
  });

  test.each([
    ['seconds', { 'retry-after': '2' }, 2000],
    ['fractions of seconds', { 'retry-after': '0.25' }, 250],
    ['a date', { 'retry-after': 'Sun, 22 Nov 2026 12:00:10 GMT' }, 10_000],
    ['a date gone by', { 'retry-after': 'Sun, 22 Nov 2026 11:00:00 GMT' }, 0],
    ['milliseconds, which are more exact', { 'retry-after': '2', 'retry-after-ms': '1500' }, 1500],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
    ['less than nothing', { 'retry-after': '-5' }, undefined],
    ['nothing', {}, undefined],
  ])('Retry-After as %s', (_, headers, expected) => {
    expect(readRetryAfterMs(headers, Date.parse('2026-11-22T12:00:00Z'))).toBe(expected);
  });
});
