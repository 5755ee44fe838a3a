/** Every fault a provider can have, {json, stream} x {before headers, before the first token, after tokens}. */
import { describe, expect, test } from 'vitest';
import { AnswerAssembler, createHttpProvider, type ProviderEvent } from '../../src/provider/index.ts';
import { json, startScriptedServer } from '../support/scripted-server.ts';
import { failureOf, makeCall } from './calls.ts';
import { JSON_FAULTS, STREAM_FAULTS } from './faults.ts';

const LIMITS = { firstTokenMs: 350, idleMs: 350 };

describe.each([
  { form: 'json', stream: false, faults: JSON_FAULTS },
  { form: 'stream', stream: true, faults: STREAM_FAULTS },
])('$form', ({ stream, faults }) => {
  test.each(faults)('$name: $code', async (fault) => {
    await using server = await startScriptedServer(fault.script);
    const provider = createHttpProvider({ id: 'test', baseUrl: server.url });
    const events: ProviderEvent[] = [];
    const error = await failureOf(provider, makeCall({ request: { stream }, limits: LIMITS }), events);

    expect(error.code, error.message).toBe(fault.code);
    expect(error.retryable).toBe(fault.retryable ?? true);
    expect(error.maybeBilled).toBe(fault.maybeBilled ?? true);
    expect(error.hint).toBeTruthy();
    if (fault.status !== undefined) expect(error.status).toBe(fault.status);
    if (fault.says) expect(error.message).toMatch(fault.says);
    if (fault.usage) expect(error.usage).toMatchObject(fault.usage);
    else expect(error.usage).toBeUndefined();

    expect(events.filter((event) => event.type === 'finish')).toEqual([]);
    expect(shownText(events)).toBe(fault.shown ?? '');
    // Whoever gives up on an answer also hangs up; whoever has all of it keeps the connection.
    const [request] = server.requests;
    if (!request?.completed) await request?.closed;
  });
});

function shownText(events: ProviderEvent[]): string {
  const assembler = new AnswerAssembler();
  for (const event of events) if (event.type === 'delta') assembler.push(event.delta);
  return assembler.answer().text;
}

describe('where nobody listens', () => {
  test('the connection is refused before anything was sent', async () => {
    const server = await startScriptedServer(json({}));
    await server[Symbol.asyncDispose]();
    const provider = createHttpProvider({ id: 'test', baseUrl: server.url });
    const error = await failureOf(provider, makeCall());
    expect(error).toMatchObject({ code: 'connection_failed', retryable: true, maybeBilled: false });
    expect(error.message).toMatch(/ECONNREFUSED/);
    expect(error.hint).toMatch(/provider "test" runs/);
  });
});
