import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { AnswerAssembler, callWithRetry, createHttpProvider } from '../../src/provider/index.ts';
import { json, sse, startScriptedServer } from '../support/scripted-server.ts';
import { DONE, finish, text, USAGE } from './answers.ts';
import { makeCall } from './calls.ts';

/** A server that answers everybody their own number, as tokens too, and refuses the first try of some. */
async function startEcho() {
  const tried = new Set<number>();
  return await startScriptedServer(({ body }) => {
    const { messages, stream } = JSON.parse(body) as { messages: { content: string }[]; stream: boolean };
    const number = Number(messages[0]?.content);
    if (number % 10 === 0 && !tried.has(number)) {
      tried.add(number);
      return json({ error: { message: 'busy' } }, 503);
    }
    const usage = { ...USAGE, prompt_tokens: number + 1, total_tokens: number + 8 };
    if (!stream) {
      return json({
        choices: [{ index: 0, message: { content: `answer ${number}` }, finish_reason: 'stop' }],
        usage,
      });
    }
    return sse(
      text('answer '),
      { waitMs: number % 7 },
      text(String(number)),
      finish('stop'),
      { choices: [], usage },
      DONE,
    );
  });
}

test('a thousand calls at once: none lost, none mixed up, then few connections and no listeners left', async () => {
  await using server = await startEcho();
  const provider = createHttpProvider({ id: 'test', baseUrl: server.url });
  const { signal } = new AbortController();
  let inputTokens = 0;

  async function ask(number: number): Promise<void> {
    const assembler = new AnswerAssembler();
    const request = {
      messages: [{ role: 'user' as const, content: String(number) }],
      stream: number % 2 === 0,
    };
    let finishes = 0;
    for await (const event of callWithRetry(provider, makeCall({ request, signal }), { baseDelayMs: 5 })) {
      if (event.type === 'delta') assembler.push(event.delta);
      else {
        finishes += 1;
        inputTokens += event.usage?.inputTokens ?? 0;
        expect(event.attempts).toBe(number % 10 === 0 ? 2 : 1);
      }
    }
    expect(finishes).toBe(1);
    expect(assembler.answer().text).toBe(`answer ${number}`);
  }

  await Promise.all(Array.from({ length: 1000 }, (_, number) => ask(number)));
  expect(inputTokens).toBe((1000 * 1001) / 2);
  expect(server.requests).toHaveLength(1100);
  expect(server.connections).toBeLessThanOrEqual(1100);
  // A long-lived signal, shared by all, holds nothing of the calls that are over.
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});
