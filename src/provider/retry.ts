/** Several attempts as one call. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CallError } from '../errors.ts';
import { DEFAULT_TIME_LIMITS } from './limits.ts';
import type { CallFinish, Delta, Provider, ProviderCall } from './provider.ts';

export interface FailedAttempt {
  /** Counts from 1. */
  attempt: number;
  /** `error.usage` is what the attempt was billed, `error.maybeBilled` whether it can have been at all. */
  error: CallError;
  /** Wait before the next attempt; `undefined`: this was the last one. */
  retryInMs?: number;
}

export interface RetryOptions {
  /** All attempts, the first included. Default 3. */
  maxAttempts?: number;
  /** Longest wait after the first failure; doubles with each. Default 500. */
  baseDelayMs?: number;
  /** Longest wait there is. A provider that asks for more is not waited for: another candidate is quicker. Default 8000. */
  maxDelayMs?: number;
  /** In [0, 1); for tests. */
  random?: () => number;
  /** Told of every attempt that failed, before the wait, so that what it cost is booked. */
  onAttempt?: (failed: FailedAttempt) => void;
}

export type RetryEvent =
  | { type: 'delta'; delta: Delta }
  /** `attempts` counts all of them, the one that succeeded included. */
  | ({ type: 'finish'; attempts: number } & CallFinish);

const MAX_ATTEMPTS = 3;
const BASE_DELAY_MS = 500;
const MAX_DELAY_MS = 8_000;

/**
 * The wait before the next attempt, in ms: "full jitter", uniform between 0 and an exponential bound, which
 * spreads the retries of many clients best
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). It comes on top of what the
 * provider asks for, so that those it sent away together do not come back together.
 */
function delayMs(attempt: number, error: CallError, options: RetryOptions): number {
  const maxDelayMs = options.maxDelayMs ?? MAX_DELAY_MS;
  const bound = Math.min(maxDelayMs, (options.baseDelayMs ?? BASE_DELAY_MS) * 2 ** (attempt - 1));
  const jitterMs = (options.random ?? Math.random)() * bound;
  const askedMs = error.retryAfterMs ?? 0;
  return askedMs > 0 ? askedMs + Math.min(jitterMs, askedMs * 0.1) : jitterMs;
}

/**
 * Calls until an attempt succeeds, fails for good, or no attempts or time are left. After the first delta
 * nothing is repeated: the user has seen it. `limits.totalMs` bounds attempts and waits together.
 *
 * @throws CallError of the last attempt
 */
export async function* callWithRetry(
  provider: Provider,
  call: ProviderCall,
  options: RetryOptions = {},
): AsyncGenerator<RetryEvent, void, undefined> {
  const deadline = performance.now() + (call.limits.totalMs ?? DEFAULT_TIME_LIMITS.totalMs);
  for (let attempt = 1; ; attempt++) {
    const totalMs = Math.max(1, deadline - performance.now());
    let yielded = false;
    try {
      for await (const event of provider.call({ ...call, limits: { ...call.limits, totalMs } })) {
        if (event.type === 'finish') {
          yield { ...event, attempts: attempt };
          return;
        }
        yielded = true;
        yield event;
      }
      throw new CallError('stream_cut', `Provider "${provider.id}" ended a call without a finish.`, {
        retryable: true,
        hint: 'A provider must end each call with one finish or throw a CallError; correct its implementation.',
        maybeBilled: true,
      });
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      const waitMs = delayMs(attempt, error, options);
      const again =
        error.retryable &&
        !yielded &&
        !call.signal.aborted &&
        attempt < (options.maxAttempts ?? MAX_ATTEMPTS) &&
        (error.retryAfterMs ?? 0) <= (options.maxDelayMs ?? MAX_DELAY_MS) &&
        performance.now() + waitMs < deadline;
      options.onAttempt?.({ attempt, error, retryInMs: again ? waitMs : undefined });
      if (!again) throw error;
      await pause(waitMs, call.signal, error);
    }
  }
}

async function pause(waitMs: number, signal: AbortSignal, failure: CallError): Promise<void> {
  try {
    await sleep(waitMs, undefined, { signal });
  } catch {
    throw new CallError('aborted', 'The call was aborted by the caller while it waited to try again.', {
      retryable: false,
      hint: 'Nothing to do: the signal of the request was aborted.',
      cause: failure,
    });
  }
}
