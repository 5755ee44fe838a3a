import { describe, expect, test } from 'vitest';
import { CallError, type ErrorCode } from '../../src/errors.ts';
import { CircuitBreaker, type CircuitBreakerOptions } from '../../src/provider/index.ts';

const ID = 'acme/m';

function setUp(options: CircuitBreakerOptions = {}) {
  const clock = { ms: 1000 };
  const breaker = new CircuitBreaker({
    failureThreshold: 3,
    windowMs: 10_000,
    openMs: 5000,
    now: () => clock.ms,
    ...options,
  });
  const fail = (code: ErrorCode = 'provider_error', times = 1) => {
    for (let n = 0; n < times; n++) breaker.record(ID, new CallError(code, 'x', { retryable: true }));
  };
  return { clock, breaker, fail };
}

describe('a closed circuit', () => {
  test('opens at the threshold and not before', () => {
    const { breaker, fail } = setUp();
    fail('provider_error', 2);
    expect([breaker.state(ID), breaker.allows(ID), breaker.begin(ID)]).toEqual(['closed', true, true]);
    fail();
    expect([breaker.state(ID), breaker.allows(ID), breaker.begin(ID)]).toEqual(['open', false, false]);
    expect(breaker.state('acme/other')).toBe('closed');
  });

  test('forgets failures that left the window', () => {
    const { breaker, clock, fail } = setUp();
    fail('stream_cut', 2);
    clock.ms += 10_001;
    fail('stream_cut', 2);
    expect(breaker.state(ID)).toBe('closed');
    clock.ms += 5000;
    fail('stream_cut');
    expect(breaker.state(ID)).toBe('open');
  });

  test('stays closed where failures are rare among many calls', () => {
    const { breaker, fail } = setUp();
    for (let n = 0; n < 20; n++) {
      breaker.record(ID, 'ok');
      breaker.record(ID, 'ok');
      fail();
    }
    expect(breaker.state(ID)).toBe('closed');
    fail('provider_error', 20);
    expect(breaker.state(ID)).toBe('open');
  });

  test.each<ErrorCode>([
    'connect_timeout',
    'connection_failed',
    'first_token_timeout',
    'idle_timeout',
    'total_timeout',
    'provider_error',
    'stream_cut',
    'stream_error',
    'malformed_response',
  ])('counts %s in full', (code) => {
    const { breaker, fail } = setUp();
    fail(code, 3);
    expect(breaker.state(ID)).toBe('open');
  });

  test.each<ErrorCode>(['rate_limited', 'empty_response'])('counts %s by half', (code) => {
    const { breaker, fail } = setUp();
    fail(code, 5);
    expect(breaker.state(ID)).toBe('closed');
    fail(code);
    expect(breaker.state(ID)).toBe('open');
  });

  test.each<ErrorCode>(['bad_request', 'context_overflow', 'authentication_failed', 'aborted'])(
    'does not count %s, which is not about health',
    (code) => {
      const { breaker, fail } = setUp();
      fail(code, 100);
      expect(breaker.state(ID)).toBe('closed');
    },
  );
});

describe('an open circuit', () => {
  function setUpOpen() {
    const parts = setUp();
    parts.fail('provider_error', 3);
    return parts;
  }

  test('lets exactly one probe through after its time', () => {
    const { breaker, clock } = setUpOpen();
    clock.ms += 4999;
    expect(breaker.begin(ID)).toBe(false);
    clock.ms += 1;
    expect(breaker.state(ID)).toBe('half_open');
    // Looking is free: admission asks for every candidate and calls one.
    expect([breaker.allows(ID), breaker.allows(ID)]).toEqual([true, true]);
    expect([breaker.begin(ID), breaker.begin(ID), breaker.allows(ID)]).toEqual([true, false, false]);
  });

  test('closes when the probe succeeds, with a clean record', () => {
    const { breaker, clock, fail } = setUpOpen();
    clock.ms += 5000;
    breaker.begin(ID);
    breaker.record(ID, 'ok');
    expect(breaker.state(ID)).toBe('closed');
    fail('provider_error', 2);
    expect(breaker.state(ID)).toBe('closed');
  });

  test('stays open for as long again when the probe fails', () => {
    const { breaker, clock, fail } = setUpOpen();
    clock.ms += 5000;
    breaker.begin(ID);
    fail('rate_limited');
    expect(breaker.state(ID)).toBe('open');
    clock.ms += 5000;
    expect(breaker.begin(ID)).toBe(true);
  });

  test('waits for another probe when this one tells nothing', () => {
    const { breaker, clock, fail } = setUpOpen();
    clock.ms += 5000;
    breaker.begin(ID);
    fail('aborted');
    expect(breaker.state(ID)).toBe('half_open');
    expect(breaker.begin(ID)).toBe(true);
  });

  test('does not wait for ever for a probe that never reports', () => {
    const { breaker, clock } = setUpOpen();
    clock.ms += 5000;
    expect(breaker.begin(ID)).toBe(true);
    clock.ms += 5000;
    expect(breaker.begin(ID)).toBe(true);
  });

  test('is neither closed nor prolonged by calls that began before it opened', () => {
    const { breaker, clock, fail } = setUpOpen();
    breaker.record(ID, 'ok');
    expect(breaker.state(ID)).toBe('open');
    clock.ms += 4999;
    expect(breaker.allows(ID)).toBe(false);
    fail('provider_error', 3);
    clock.ms += 1;
    expect(breaker.allows(ID)).toBe(true);
  });
});

test('only so many candidates are remembered, the longest unused is forgotten', () => {
  const { breaker, fail } = setUp({ maxCandidates: 3 });
  fail('provider_error', 3);
  for (const id of ['b', 'c']) breaker.record(id, 'ok');
  expect(breaker.state(ID)).toBe('open');
  breaker.record('d', 'ok');
  expect(breaker.state(ID)).toBe('closed');
});
