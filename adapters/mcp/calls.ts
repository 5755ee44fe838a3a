/**
 * Routed requests that may outlive the tool call that started them: a client gives a tool about a minute, a
 * model may think for longer. Each is cancelled with its tool call until that has answered "running"; from
 * then on it goes on by itself, and `get_result` fetches or cancels it.
 */
import { randomUUID } from 'node:crypto';
import type { Decision, Episode, RouteEvent, RouteResult } from '../../src/index.ts';
import { XrouterError } from '../../src/index.ts';

/** How a call ended. `halted`: the gate did not let the decision through, and no model was called for it. */
export type Outcome =
  | { type: 'completed'; result: RouteResult }
  | { type: 'failed'; error: XrouterError; episode?: Episode }
  | { type: 'halted'; decision: Decision };

export interface CallRequest {
  events(signal: AbortSignal): AsyncIterable<RouteEvent>;
  /** Asked of every decision before it is carried out; false ends the call there. */
  gate?(decision: Decision): boolean;
}

export interface Call {
  readonly id: string;
  readonly startedAtMs: number;
  /** What it is doing now, for a person. */
  readonly phase: string;
  readonly outcome: Outcome | undefined;
  /** Settles once the account of the call is closed; never rejects. */
  readonly done: Promise<Outcome>;
  cancel(): void;
}

/** Results that were not fetched yet; the oldest go first. */
const MOST_KEPT = 200;

export class Calls {
  readonly #running = new Set<RunningCall>();
  readonly #kept = new Map<string, Call>();
  readonly #maxInFlight: number;

  constructor(maxInFlight: number) {
    this.#maxInFlight = maxInFlight;
  }

  get inFlight(): number {
    return this.#running.size;
  }

  /** @throws XrouterError `rate_limited` where too many are under way */
  start(request: CallRequest): Call {
    if (this.#running.size >= this.#maxInFlight) {
      throw new XrouterError('rate_limited', `${this.#running.size} calls are under way already.`, {
        hint: 'Wait until one has ended, then try again.',
      });
    }
    const call = new RunningCall(request);
    this.#running.add(call);
    void call.done.then(() => this.#running.delete(call));
    return call;
  }

  /** Lets `get_result` find the call. */
  keep(call: Call): void {
    this.#kept.set(call.id, call);
    for (const [id, { outcome }] of this.#kept) {
      if (this.#kept.size <= MOST_KEPT) break;
      if (outcome) this.#kept.delete(id);
    }
  }

  find(id: string): Call | undefined {
    return this.#kept.get(id);
  }

  /** Cancels what is under way, and waits until it is booked. */
  async close(): Promise<void> {
    const running = [...this.#running];
    for (const call of running) call.cancel();
    await Promise.all(running.map(({ done }) => done));
  }
}

class RunningCall implements Call {
  readonly id = randomUUID();
  readonly startedAtMs = Date.now();
  readonly done: Promise<Outcome>;
  phase = 'choosing a model';
  outcome: Outcome | undefined;
  readonly #controller = new AbortController();

  constructor(request: CallRequest) {
    this.done = this.#run(request).then((outcome) => {
      this.outcome = outcome;
      return outcome;
    });
  }

  cancel(): void {
    this.#controller.abort();
  }

  async #run({ events, gate }: CallRequest): Promise<Outcome> {
    let chars = 0;
    try {
      for await (const event of events(this.#controller.signal)) {
        if (event.type === 'decision' && gate && !gate(event.decision)) {
          return { type: 'halted', decision: event.decision };
        }
        if (event.type === 'call_start') this.phase = `waiting for ${event.model}`;
        if (event.type === 'delta') {
          chars += event.delta.content?.length ?? 0;
          this.phase = `${event.model} has written ${chars} characters`;
        }
        if (event.type === 'call_end' && event.call.error) this.phase = `${event.call.model} failed`;
        if (event.type !== 'end') continue;
        return event.status === 'completed'
          ? { type: 'completed', result: event.result }
          : { type: 'failed', error: event.error, episode: event.episode };
      }
      throw new Error('The event stream ended without an end event.');
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { type: 'failed', error: new XrouterError('internal', message, { cause: error }) };
    }
  }
}

/**
 * Waits for the outcome, at most `waitMs`; `undefined` where it is still running then. An abort of `signal`
 * ends the wait at once.
 */
export async function waitFor(call: Call, waitMs: number, signal: AbortSignal): Promise<Outcome | undefined> {
  if (signal.aborted) return call.outcome;
  let stop = (): void => {};
  const stopped = new Promise<undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), waitMs);
    const onAbort = () => resolve(undefined);
    signal.addEventListener('abort', onAbort, { once: true });
    stop = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
  });
  try {
    return await Promise.race([call.done, stopped]);
  } finally {
    stop();
  }
}
