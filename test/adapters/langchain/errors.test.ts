import { ContextOverflowError, getRetryable } from '@langchain/core/errors';
import { createAgent, modelRetryMiddleware } from 'langchain';
import { describe, expect, test } from 'vitest';
import { ChatXRouter } from '../../../adapters/langchain/index.ts';
import { isXrouterError } from '../../../src/index.ts';
import type { FaultName } from '../../../src/lab/index.ts';
import { labChat } from '../../support/lab-chat.ts';
import { PAIR } from '../../support/lab-router.ts';

async function thrownBy(run: () => Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await run();
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error('Nothing was thrown.');
}

describe('errors', () => {
  test.each<[FaultName, string, string | undefined, boolean]>([
    ['status-429', 'rate_limited', 'MODEL_RATE_LIMIT', true],
    ['status-401', 'authentication_failed', 'MODEL_AUTHENTICATION', false],
    ['status-403', 'authentication_failed', 'MODEL_AUTHENTICATION', false],
    ['status-404', 'bad_request', 'MODEL_NOT_FOUND', false],
    ['status-400', 'bad_request', undefined, false],
    ['status-503', 'provider_error', undefined, true],
  ])('%s is %s, marked as LangChain marks it', async (fault, code, lcCode, retryable) => {
    await using under = await labChat(
      { candidates: [PAIR[0]], retry: { maxAttempts: 1 } },
      { faults: [{ fault }] },
    );
    const ways = [
      () => under.model.invoke('Hi'),
      async () => {
        for await (const _ of await under.model.stream('Hi'));
      },
      async () => {
        await under.model.streamEvents('Hi');
      },
    ];
    for (const way of ways) {
      const error = await thrownBy(way);
      expect(isXrouterError(error)).toBe(true);
      expect(error.code).toBe(code);
      expect(error.lc_error_code).toBe(lcCode);
      expect(getRetryable(error)).toBe(retryable);
      expect(error.hint).toBeTruthy();
      // The breaker must not stand between the ways of calling.
      under.model.router.parts.breaker.record(PAIR[0], 'ok');
    }
  });

  test('where every candidate failed, the error of the last says what kind it is', async () => {
    await using under = await labChat({ retry: { maxAttempts: 1 } }, { faults: [{ fault: 'status-429' }] });
    const error = await thrownBy(() => under.model.invoke('Hi'));
    expect(error).toMatchObject({ code: 'no_candidate', lc_error_code: 'MODEL_RATE_LIMIT' });
    expect(getRetryable(error)).toBe(true);
  });

  test('a conversation too long for every candidate is LangChain’s ContextOverflowError', async () => {
    await using under = await labChat();
    const error = await thrownBy(() => under.model.invoke('word '.repeat(900_000)));
    expect(ContextOverflowError.isInstance(error)).toBe(true);
    expect(error.cause).toMatchObject({ code: 'no_candidate' });
    expect(getRetryable(error)).toBe(false);
  });

  test('a missing key says which variable', async () => {
    const model = new ChatXRouter({ candidates: [PAIR[0]], env: {} });
    const error = await thrownBy(() => model.invoke('Hi'));
    expect(error.message).toContain('OPENAI_API_KEY');
    expect(getRetryable(error)).toBe(false);
  });

  test('a budget that is spent is not retryable', async () => {
    await using under = await labChat();
    const error = await thrownBy(() => under.model.invoke('Hi', { maxUsd: 0 }));
    expect(error.code).toBe('budget_exceeded');
    expect(getRetryable(error)).toBe(false);
    expect(under.lab.usage().calls).toBe(0);
  });

  test.each<[FaultName, number]>([
    ['status-503', 3],
    ['status-400', 1],
  ])('retry middleware obeys: %s is tried %i times', async (fault, calls) => {
    await using under = await labChat(
      { candidates: [PAIR[0]], retry: { maxAttempts: 1 } },
      { faults: [{ fault }] },
    );
    const middleware = [
      modelRetryMiddleware({
        maxRetries: 2,
        initialDelayMs: 1,
        jitter: false,
        onFailure: 'error',
        retryOn: (error) => getRetryable(error) ?? true,
      }),
    ];
    const agent = createAgent({ model: under.model, tools: [], middleware });
    await expect(agent.invoke({ messages: 'Hi' })).rejects.toThrow();
    expect(under.lab.usage().requests).toHaveLength(calls);
  });
});

describe('configuration', () => {
  test('an unknown field is named, with the nearest valid one', () => {
    expect(() => new ChatXRouter({ lamda: 1 } as never)).toThrow(/lamda/);
    expect(() => new ChatXRouter({ candidates: ['openai/gpt-5-nan'] })).toThrow(/gpt-5-nan/);
  });

  test('a router and its configuration are not both taken', () => {
    const { router } = new ChatXRouter({ candidates: [PAIR[0]] });
    expect(() => new ChatXRouter({ router, policy: 'cheapest' })).toThrow(/`router` and `policy`/);
    expect(() => new ChatXRouter({ router, lambda: -1 })).toThrow(/lambda/);
    expect(() => new ChatXRouter({ router, pool: 'gpt-5' as never })).toThrow(/pool/);
    expect(() => new ChatXRouter({ router, pool: ['no/such-model'] })).toThrow(/no\/such-model/);
    expect(new ChatXRouter({ router, temperature: 0, lambda: 1 }).router).toBe(router);
  });
});
