/** A circuit breaker per candidate: who keeps failing is left alone for a while, then tried with one call. */
import type { ErrorCode, XrouterError } from '../errors.ts';

export type CircuitState = 'closed' | 'open' | 'half_open';

export interface CircuitBreakerOptions {
  /** Weight of failures in the window that opens the circuit. Default 5. */
  failureThreshold?: number;
  /** Least share of failures among the calls of the window, 0..1, so that a busy candidate with few failures stays. Default 0.5. */
  failureShare?: number;
  /** Default 60 000. */
  windowMs?: number;
  /** Time an open circuit stays so before a probe is let through. Default 30 000. */
  openMs?: number;
  /** Candidates remembered; the one longest unused is forgotten first. Default 1000. */
  maxCandidates?: number;
  /** Milliseconds that only grow; for tests. Default `performance.now`. */
  now?: () => number;
}

/**
 * How much a failure says about the candidate's health. Not listed are those that speak of the request
 * (`bad_request`, `context_overflow`), of the caller (`aborted`), and `authentication_failed`: a wrong key
 * heals when it is corrected and not with time, and behind an open circuit its clear message would be lost.
 */
const FAILURE_WEIGHT: Partial<Record<ErrorCode, number>> = {
  connect_timeout: 1,
  connection_failed: 1,
  first_token_timeout: 1,
  idle_timeout: 1,
  total_timeout: 1,
  provider_error: 1,
  stream_cut: 1,
  stream_error: 1,
  malformed_response: 1,
  // Alive, only busy or at a loss for words.
  rate_limited: 0.5,
  empty_response: 0.5,
};

/** The window slides in this many steps, so that its memory does not grow with the calls. */
const BUCKETS = 10;

interface Bucket {
  /** Number of the step, counted from the clock's zero. */
  step: number;
  calls: number;
  failures: number;
}

interface Circuit {
  buckets: Bucket[];
  openedAt?: number;
  probeStartedAt?: number;
}

export class CircuitBreaker {
  readonly #circuits = new Map<string, Circuit>();
  readonly #failureThreshold: number;
  readonly #failureShare: number;
  readonly #stepMs: number;
  readonly #openMs: number;
  readonly #maxCandidates: number;
  readonly #now: () => number;

  constructor(options: CircuitBreakerOptions = {}) {
    this.#failureThreshold = options.failureThreshold ?? 5;
    this.#failureShare = options.failureShare ?? 0.5;
    this.#stepMs = (options.windowMs ?? 60_000) / BUCKETS;
    this.#openMs = options.openMs ?? 30_000;
    this.#maxCandidates = options.maxCandidates ?? 1000;
    this.#now = options.now ?? (() => performance.now());
  }

  state(candidateId: string): CircuitState {
    const circuit = this.#circuits.get(candidateId);
    if (circuit?.openedAt === undefined) return 'closed';
    return this.#now() - circuit.openedAt < this.#openMs ? 'open' : 'half_open';
  }

  /** Whether a call would be let through now. Only looks; the one who calls says so with `begin`. */
  allows(candidateId: string): boolean {
    const state = this.state(candidateId);
    return state === 'closed' || (state === 'half_open' && !this.#isProbing(candidateId));
  }

  /**
   * Call before a call, and `record` after it however it ended. In `half_open` the first caller becomes the
   * probe.
   *
   * @returns false where the call must not be made
   */
  begin(candidateId: string): boolean {
    if (!this.allows(candidateId)) return false;
    const circuit = this.#circuits.get(candidateId);
    if (circuit?.openedAt !== undefined) circuit.probeStartedAt = this.#now();
    return true;
  }

  /** How a call ended. A failure that says nothing about the candidate only frees the place of the probe. */
  record(candidateId: string, outcome: 'ok' | XrouterError): void {
    const weight = outcome === 'ok' ? 0 : FAILURE_WEIGHT[outcome.code];
    const circuit = this.#touch(candidateId);
    circuit.probeStartedAt = undefined;
    if (weight === undefined) return;

    const state = this.state(candidateId);
    // A call that began before the circuit opened and ends now neither closes it nor keeps it open.
    if (state === 'open') return;
    if (state === 'half_open') {
      if (weight > 0) circuit.openedAt = this.#now();
      else this.#circuits.delete(candidateId);
      return;
    }
    const bucket = this.#currentBucket(circuit);
    bucket.calls += 1;
    bucket.failures += weight;
    if (weight > 0 && this.#hasFailedTooOften(circuit)) {
      circuit.openedAt = this.#now();
      circuit.buckets = [];
    }
  }

  #isProbing(candidateId: string): boolean {
    const startedAt = this.#circuits.get(candidateId)?.probeStartedAt;
    // A probe that never reported back must not keep the circuit open for good.
    return startedAt !== undefined && this.#now() - startedAt < this.#openMs;
  }

  #hasFailedTooOften(circuit: Circuit): boolean {
    let calls = 0;
    let failures = 0;
    for (const bucket of circuit.buckets) {
      calls += bucket.calls;
      failures += bucket.failures;
    }
    return failures >= this.#failureThreshold && failures >= calls * this.#failureShare;
  }

  #currentBucket(circuit: Circuit): Bucket {
    const step = Math.floor(this.#now() / this.#stepMs);
    circuit.buckets = circuit.buckets.filter((bucket) => bucket.step > step - BUCKETS);
    let bucket = circuit.buckets.at(-1);
    if (bucket?.step !== step) {
      bucket = { step, calls: 0, failures: 0 };
      circuit.buckets.push(bucket);
    }
    return bucket;
  }

  /** The circuit, now the most recently used. */
  #touch(candidateId: string): Circuit {
    const circuit = this.#circuits.get(candidateId) ?? { buckets: [] };
    this.#circuits.delete(candidateId);
    this.#circuits.set(candidateId, circuit);
    if (this.#circuits.size > this.#maxCandidates) {
      const oldest = this.#circuits.keys().next().value;
      if (oldest !== undefined) this.#circuits.delete(oldest);
    }
    return circuit;
  }
}
