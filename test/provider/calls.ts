/** Calls and their outcomes, as the provider tests need them. */
import type { Candidate } from '../../src/catalog/candidate.ts';
import { CallError } from '../../src/errors.ts';
import type { Provider, ProviderCall, ProviderEvent } from '../../src/provider/index.ts';
import type { RouteRequest } from '../../src/request.ts';

export const CANDIDATE: Candidate = {
  id: 'test/model-1',
  provider: 'test',
  model: 'model-1',
  input: ['text'],
  output: ['text'],
  benchmarks: {},
};

interface CallParts extends Partial<Omit<ProviderCall, 'request'>> {
  request?: Partial<RouteRequest>;
}

export function makeCall({ request, ...parts }: CallParts = {}): ProviderCall {
  return {
    candidate: CANDIDATE,
    limits: {},
    signal: new AbortController().signal,
    ...parts,
    request: { messages: [{ role: 'user', content: 'Hi' }], ...request },
  };
}

/** @param events receives what came before a failure */
export async function collect(
  provider: Provider,
  call: ProviderCall,
  events: ProviderEvent[] = [],
): Promise<ProviderEvent[]> {
  for await (const event of provider.call(call)) events.push(event);
  return events;
}

/** The error a call must end with; anything but a `CallError` fails the test. */
export async function failureOf(
  provider: Provider,
  call: ProviderCall,
  events: ProviderEvent[] = [],
): Promise<CallError> {
  try {
    await collect(provider, call, events);
  } catch (error) {
    if (error instanceof CallError) return error;
    throw error;
  }
  throw new Error(`The call succeeded: ${JSON.stringify(events)}`);
}

/** A signal that is aborted after a while, and when that was. */
export function abortAfterMs(ms: number): { signal: AbortSignal; abortedAt: Promise<number> } {
  const controller = new AbortController();
  const abortedAt = new Promise<number>((resolve) => {
    setTimeout(() => {
      resolve(performance.now());
      controller.abort();
    }, ms);
  });
  return { signal: controller.signal, abortedAt };
}
