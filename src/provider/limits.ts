/** The four time limits of a call, on one timer. */
import { CallError, type ErrorCode } from '../errors.ts';
import type { RequestLimits } from '../request.ts';

/** Used where neither the request nor the configuration says otherwise, in ms. */
export const DEFAULT_TIME_LIMITS = {
  connectMs: 10_000,
  /** Models that think in silence take minutes. */
  firstTokenMs: 180_000,
  idleMs: 60_000,
  totalMs: 600_000,
} as const;

export type TimeLimitCode = Extract<
  ErrorCode,
  'connect_timeout' | 'first_token_timeout' | 'idle_timeout' | 'total_timeout'
>;

export interface ExpiredLimit {
  code: TimeLimitCode;
  /** The limit itself, in ms. */
  limitMs: number;
}

interface DueLimit extends ExpiredLimit {
  at: number;
}

type Phase = 'connecting' | 'waiting' | 'streaming' | 'stopped';

/**
 * Watches one attempt. All limits but `idle` count from its start. A token only notes the time: the timer
 * that is armed looks, when it fires, whether its limit has moved on meanwhile, so tokens cost no timers.
 */
export class CallTimer {
  readonly #limits: Required<Pick<RequestLimits, 'connectMs' | 'firstTokenMs' | 'idleMs' | 'totalMs'>>;
  readonly #onExpired: (limit: ExpiredLimit) => void;
  readonly #startedAt = performance.now();
  #lastTokenAt = 0;
  #phase: Phase = 'connecting';
  #paused = false;
  #timer: NodeJS.Timeout | undefined;
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(limits: RequestLimits, onExpired: (limit: ExpiredLimit) => void) {
    this.#limits = {
      connectMs: limits.connectMs ?? DEFAULT_TIME_LIMITS.connectMs,
      firstTokenMs: limits.firstTokenMs ?? DEFAULT_TIME_LIMITS.firstTokenMs,
      idleMs: limits.idleMs ?? DEFAULT_TIME_LIMITS.idleMs,
      totalMs: limits.totalMs ?? DEFAULT_TIME_LIMITS.totalMs,
    };
    this.#onExpired = onExpired;
    this.#arm();
  }

  /** The request is being written to a connection that stands. */
  connected(): void {
    if (this.#phase !== 'connecting') return;
    this.#phase = 'waiting';
    this.#arm();
  }

  /** Something of the answer arrived. */
  token(): void {
    this.#lastTokenAt = performance.now();
    if (this.#phase !== 'connecting' && this.#phase !== 'waiting') return;
    this.#phase = 'streaming';
    this.#arm();
  }

  /** The consumer is behind: the provider's silence is our doing. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#lastTokenAt = performance.now();
    if (this.#phase === 'streaming') this.#arm();
  }

  stop(): void {
    this.#phase = 'stopped';
    clearTimeout(this.#timer);
  }

  #due(): DueLimit {
    const { connectMs, firstTokenMs, idleMs, totalMs } = this.#limits;
    let due: DueLimit = { code: 'total_timeout', limitMs: totalMs, at: this.#startedAt + totalMs };
    const consider = (code: TimeLimitCode, limitMs: number, from: number): void => {
      if (from + limitMs < due.at) due = { code, limitMs, at: from + limitMs };
    };
    if (this.#phase === 'connecting') consider('connect_timeout', connectMs, this.#startedAt);
    if (this.#phase === 'streaming') {
      if (!this.#paused) consider('idle_timeout', idleMs, this.#lastTokenAt);
    } else {
      consider('first_token_timeout', firstTokenMs, this.#startedAt);
    }
    return due;
  }

  #arm(): void {
    const { at } = this.#due();
    if (this.#timer !== undefined && at >= this.#armedFor) return;
    clearTimeout(this.#timer);
    this.#armedFor = at;
    // Beyond 2^31 - 1 ms Node fires at once; the timer looks again then.
    const waitMs = Math.min(Math.max(0, at - performance.now()), 2_147_483_647);
    this.#timer = setTimeout(() => this.#fire(), Math.ceil(waitMs));
  }

  #fire(): void {
    this.#timer = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
    if (this.#phase === 'stopped') return;
    const due = this.#due();
    if (due.at > performance.now()) {
      this.#arm();
      return;
    }
    this.stop();
    this.#onExpired({ code: due.code, limitMs: due.limitMs });
  }
}

const WHAT_PASSED: Record<TimeLimitCode, { what: string; limit: keyof RequestLimits; retryable: boolean }> = {
  connect_timeout: { what: 'No connection stood', limit: 'connectMs', retryable: true },
  first_token_timeout: { what: 'Nothing of the answer came', limit: 'firstTokenMs', retryable: true },
  idle_timeout: { what: 'The answer stood still', limit: 'idleMs', retryable: true },
  total_timeout: { what: 'The answer was not complete', limit: 'totalMs', retryable: false },
};

/** @param target whom was waited for, as messages name it */
export function timeLimitError(
  limit: ExpiredLimit,
  target: string,
  details: Pick<CallError, 'usage' | 'maybeBilled'>,
): CallError {
  const { what, limit: name, retryable } = WHAT_PASSED[limit.code];
  return new CallError(limit.code, `${what} within ${Math.round(limit.limitMs)} ms at ${target}.`, {
    retryable,
    hint: `Raise limits.${name} if ${target} is known to take longer, or choose another candidate.`,
    ...details,
  });
}
