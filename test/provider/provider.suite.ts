/**
 * What every provider promises, whatever it stands on. A suite over `ProviderUnderTest`: the implementation
 * brings a way to make a provider answer as told.
 */
import { describe, expect, test } from 'vitest';
import type { CallError } from '../../src/errors.ts';
import { AnswerAssembler, type Provider, type ProviderEvent } from '../../src/provider/index.ts';
import { abortAfterMs, collect, failureOf, makeCall } from './calls.ts';

/** What the model behind the provider does. */
export type Behaviour =
  | { kind: 'text'; pieces: string[] }
  | { kind: 'tool_call'; id: string; name: string; argumentPieces: string[] }
  /** Takes the request and never answers. */
  | { kind: 'hang' }
  /** Answers the pieces and then never goes on. */
  | { kind: 'stall'; pieces: string[] }
  /** Refuses as an overloaded provider does. */
  | { kind: 'fail'; status: number }
  /** Ends without a word. */
  | { kind: 'empty' };

export interface ProviderUnderTest extends AsyncDisposable {
  provider: Provider;
  /** Requests that reached the model. */
  seen(): number;
  /** Resolves once the model learnt that its request number `index` is no longer wanted. */
  cancelled(index: number): Promise<void>;
}

export type ProviderFactory = (behaviour: Behaviour) => Promise<ProviderUnderTest>;

const USAGE = { inputTokens: 11, outputTokens: 7 };

/** @param factory makes a fresh provider; usage of every answer must be reported as 11 in, 7 out */
export function providerSuite(name: string, factory: ProviderFactory): void {
  describe.each([{ stream: true }, { stream: false }])(`${name}, stream: $stream`, ({ stream }) => {
    const finishes = (events: ProviderEvent[]) => events.filter((event) => event.type === 'finish');

    test('an answer is deltas and then exactly one finish with usage', async () => {
      await using under = await factory({ kind: 'text', pieces: ['Hello', ', ', 'wörld'] });
      const events = await collect(under.provider, makeCall({ request: { stream } }));
      expect(finishes(events)).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({ type: 'finish', finishReason: 'stop', usage: USAGE });
      expect(assemble(events).text).toBe('Hello, wörld');
      expect(under.seen()).toBe(1);
    });

    test('a tool call arrives whole, its arguments as the model wrote them', async () => {
      const pieces = ['{"city":', '"Zürich"', '}'];
      await using under = await factory({
        kind: 'tool_call',
        id: 'call_1',
        name: 'weather',
        argumentPieces: pieces,
      });
      const events = await collect(under.provider, makeCall({ request: { stream } }));
      expect(events.at(-1)).toMatchObject({ type: 'finish', finishReason: 'tool_calls' });
      const [call] = assemble(events).message.tool_calls ?? [];
      expect(call).toMatchObject({ id: 'call_1', type: 'function', function: { name: 'weather' } });
      expect(JSON.parse(call?.function.arguments ?? '')).toEqual({ city: 'Zürich' });
    });

    test('nothing is called before the first event is asked for', async () => {
      await using under = await factory({ kind: 'text', pieces: ['x'] });
      under.provider.call(makeCall({ request: { stream } }));
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(under.seen()).toBe(0);
    });

    test('a signal aborted beforehand fails as aborted and calls nobody', async () => {
      await using under = await factory({ kind: 'text', pieces: ['x'] });
      const call = makeCall({ request: { stream }, signal: AbortSignal.abort() });
      expect(await failureOf(under.provider, call)).toMatchObject({ code: 'aborted', maybeBilled: false });
      expect(under.seen()).toBe(0);
    });

    test('an abort ends the call and the request upstream at once', async () => {
      await using under = await factory({ kind: 'hang' });
      const { signal, abortedAt } = abortAfterMs(60);
      const error = await failureOf(under.provider, makeCall({ request: { stream }, signal }));
      expect(error).toMatchObject({ code: 'aborted', retryable: false, maybeBilled: true });
      await under.cancelled(0);
      expect(performance.now() - (await abortedAt)).toBeLessThan(250);
    });

    test('a refusal is a retryable CallError with its status', async () => {
      await using under = await factory({ kind: 'fail', status: 503 });
      const error: CallError = await failureOf(under.provider, makeCall({ request: { stream } }));
      expect(error).toMatchObject({ code: 'provider_error', status: 503, retryable: true });
      expect(error.hint).toBeTruthy();
    });

    test('an empty answer is a failure that keeps its usage', async () => {
      await using under = await factory({ kind: 'empty' });
      const error = await failureOf(under.provider, makeCall({ request: { stream } }));
      expect(error).toMatchObject({ code: 'empty_response', maybeBilled: true, usage: USAGE });
    });

    test('silence ends with the first token limit', async () => {
      await using under = await factory({ kind: 'hang' });
      const call = makeCall({ request: { stream }, limits: { firstTokenMs: 60 } });
      expect(await failureOf(under.provider, call)).toMatchObject({ code: 'first_token_timeout' });
      await under.cancelled(0);
    });

    test('the total limit ends what no other limit does', async () => {
      await using under = await factory({ kind: 'hang' });
      const call = makeCall({ request: { stream }, limits: { totalMs: 60 } });
      expect(await failureOf(under.provider, call)).toMatchObject({ code: 'total_timeout' });
      await under.cancelled(0);
    });

    test('calls at the same time share nothing', async () => {
      await using under = await factory({ kind: 'text', pieces: ['a', 'b', 'c'] });
      const calls = Array.from({ length: 20 }, () =>
        collect(under.provider, makeCall({ request: { stream } })),
      );
      for (const events of await Promise.all(calls)) {
        expect(finishes(events)).toHaveLength(1);
        expect(assemble(events).text).toBe('abc');
      }
    });
  });

  describe(`${name}, streaming`, () => {
    test('deltas come as the model writes them, and a stall ends with the idle limit', async () => {
      await using under = await factory({ kind: 'stall', pieces: ['one', 'two'] });
      const events: ProviderEvent[] = [];
      const call = makeCall({ limits: { idleMs: 80 } });
      const error = await failureOf(under.provider, call, events);
      expect(error).toMatchObject({ code: 'idle_timeout', maybeBilled: true });
      expect(assemble(events).text).toBe('onetwo');
      await under.cancelled(0);
    });

    test('a consumer that leaves early ends the request upstream', async () => {
      await using under = await factory({ kind: 'stall', pieces: ['one'] });
      for await (const event of under.provider.call(makeCall())) {
        expect(event.type).toBe('delta');
        break;
      }
      await under.cancelled(0);
    });
  });
}

function assemble(events: ProviderEvent[]) {
  const assembler = new AnswerAssembler();
  for (const event of events) if (event.type === 'delta') assembler.push(event.delta);
  return assembler.answer();
}
