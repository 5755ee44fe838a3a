/**
 * Every fault of the lab, whole and streamed, through the server. After each: one terminal event, nothing passed off
 * as a success, the account equal to what the lab billed where it was told, and nothing left set aside.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toNanoUsd } from '../../../src/index.ts';
import { type FaultInfo, type FaultMode, faultNames } from '../../../src/lab/index.ts';
import { eventually } from '../../support/lab-router.ts';
import {
  type Answer,
  ask,
  billed,
  books,
  errorIn,
  eventsIn,
  HEALTHY,
  PLAIN,
  type Serving,
  send,
  serving,
} from './serving.ts';

const cases = Object.entries(faultNames as Record<string, FaultInfo>).flatMap(([fault, info]) =>
  info.modes.map((mode) => ({ fault, mode, info })),
);

const TOOLS = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'The weather of a city',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
];

/** Faults whose bill the provider does not tell, or tells wrongly. */
const UNTOLD = new Set(['missing-usage', 'wrong-usage', 'broken-json-after-tokens']);

let server: Serving;
beforeAll(async () => {
  server = await serving({
    budgets: { dayUsd: 100 },
    maxOutputTokens: 2_000,
    retry: { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 5 },
    limits: { firstTokenMs: 400, idleMs: 150, totalMs: 5_000 },
    // Each fault has the candidate for itself: what failed before is another test's business.
    breaker: { failureThreshold: 10_000 },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

function body(mode: FaultMode, info: FaultInfo, model: string): object {
  return {
    model,
    messages: ask('What is the weather in Paris? Tell me at length.'),
    stream: mode === 'stream',
    stream_options: { include_usage: true },
    ...(info.needsTools && { tools: TOOLS, tool_choice: 'required' }),
  };
}

/** Exactly one end: a whole answer, or an error and nothing after it. */
function endOf(answer: Answer, mode: FaultMode): 'answer' | 'error' {
  if (answer.status !== 200) {
    expect(errorIn(answer)).toMatchObject({ message: expect.any(String), code: expect.any(String) });
    return 'error';
  }
  if (mode === 'json') {
    expect(JSON.parse(answer.body).choices).toHaveLength(1);
    return 'answer';
  }
  const events = eventsIn(answer.body);
  const ends = events.filter((event) => event === '[DONE]' || 'error' in event);
  expect(ends).toHaveLength(1);
  expect(events.at(-1)).toBe(ends[0]);
  const finished = events.filter(
    (event) =>
      event !== '[DONE]' && (event.choices as { finish_reason?: string }[] | undefined)?.[0]?.finish_reason,
  );
  expect(finished).toHaveLength(ends[0] === '[DONE]' ? 1 : 0);
  return ends[0] === '[DONE]' ? 'answer' : 'error';
}

describe.each(cases)('$fault ($mode)', ({ fault, mode, info }) => {
  test('keeps every promise to who named the model', async () => {
    server.lab.faults.set([{ model: PLAIN, fault }]);
    const before = { billed: billed(server), spent: (await books(server)).spent };
    const answer = await send(server.port, body(mode, info, PLAIN));
    expect(endOf(answer, mode)).toBe(info.outcome === 'answer' ? 'answer' : 'error');
    expect(answer.body).not.toMatch(/\bat .*\.[jt]s:\d+|node_modules|lab-key/);

    const after = await books(server);
    expect(after.reserved).toBe(0);
    const episode = server.episodes.at(-1)!;
    expect(toNanoUsd(episode.knownUsd)).toBe(after.spent - before.spent);
    if (info.outcome === 'answer' && !UNTOLD.has(fault)) {
      await eventually(
        () => billed(server) - before.billed === after.spent - before.spent,
        'the bills agree',
      );
    }
    expect(server.failures).toEqual([]);
    expect(server.serving.inFlight).toBe(0);
  });
});

test('where another candidate can answer, the client does not notice what fails before the first token', async () => {
  for (const { fault, mode, info } of cases) {
    if (info.phase === 'after_tokens' || info.outcome === 'answer' || mode === 'json') continue;
    server.lab.faults.set([{ model: PLAIN, fault }]);
    const answer = await send(server.port, {
      ...body(mode, info, 'xrouter'),
      xrouter: { pool: [PLAIN, HEALTHY], lambda: 0 },
    });
    expect(endOf(answer, mode)).toBe('answer');
  }
  expect((await books(server)).reserved).toBe(0);
});

describe('what a client is told', () => {
  const failed = async (fault: string, stream = false) => {
    server.lab.faults.set([{ model: PLAIN, fault }]);
    return send(server.port, { model: PLAIN, messages: ask('Tell me at length of Paris.'), stream });
  };

  test.each([
    ['status-400', 400, 'bad_request', undefined],
    ['status-401', 403, 'authentication_failed', undefined],
    ['status-429:7', 429, 'rate_limited', '7'],
    ['status-500', 502, 'provider_error', undefined],
    ['hang', 504, 'first_token_timeout', undefined],
    ['cut-before-headers', 502, 'connection_failed', undefined],
    ['html-page', 502, 'malformed_response', undefined],
    ['empty-answer', 502, 'empty_response', undefined],
  ])('of %s: %i %s', async (fault, status, code, retryAfter) => {
    for (const stream of [false, true]) {
      const answer = await failed(fault, stream);
      expect([answer.status, errorIn(answer).code]).toEqual([status, code]);
      expect(answer.headers['retry-after']).toBe(retryAfter);
      expect(answer.headers['x-xrouter-episode-id']).toBe(server.episodes.at(-1)!.id);
    }
  });

  test('in the middle of a stream: an error event that the openai package throws', async () => {
    server.lab.faults.set([{ model: PLAIN, fault: 'cut-after-tokens' }]);
    const stream = await server.client.chat.completions.create({
      model: PLAIN,
      messages: ask('Tell me at length of Paris.'),
      stream: true,
    });
    let text = '';
    const reading = (async () => {
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
    })();
    await expect(reading).rejects.toThrow(/cut off/);
    expect(text).not.toBe('');
  });
});
