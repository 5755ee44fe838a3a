/** What every verifier must do, run by each one's own test file with its own answers. */
import { describe, expect, test } from 'vitest';
import type { AssistantMessage, RouteRequest } from '../../src/request.ts';
import type { Verifier, VerifierInput } from '../../src/verifier/verifier.ts';

export interface Sample {
  /** What is special about the answer; names the test. */
  what: string;
  request?: Partial<RouteRequest>;
  message?: Partial<AssistantMessage>;
  text?: string;
  finishReason?: string;
}

export function inputOf(sample: Omit<Sample, 'what'>): VerifierInput {
  return {
    request: { messages: [{ role: 'user', content: 'Please answer.' }], ...sample.request },
    message: { role: 'assistant', content: sample.text ?? null, ...sample.message },
    finishReason: sample.finishReason ?? 'stop',
    model: 'lab/model',
  };
}

/** A tool call with the arguments as the model wrote them. */
export function toolCall(name: string, args: string) {
  return { id: `call_${name}`, type: 'function' as const, function: { name, arguments: args } };
}

export function describeVerifier(make: () => Verifier, samples: { passes: Sample[]; fails: Sample[] }): void {
  describe(`${make().name} as a verifier`, () => {
    test.each(samples.passes)('passes: $what', async (sample) => {
      expect(await make().verify(inputOf(sample))).toMatchObject({ pass: true });
    });

    test.each(samples.fails)('fails, with a reason: $what', async (sample) => {
      const verdict = await make().verify(inputOf(sample));
      expect(verdict.pass).toBe(false);
      expect(verdict.reason?.length).toBeGreaterThan(5);
    });

    test('keeps nothing between answers: any order and concurrency gives the same verdicts', async () => {
      const verifier = make();
      const all = [...samples.passes, ...samples.fails, ...samples.passes].map(inputOf);
      const expected = all.map(
        (_, index) => index < samples.passes.length || index >= all.length - samples.passes.length,
      );
      const forward = await Promise.all(all.map(async (input) => (await verifier.verify(input)).pass));
      const backward = await Promise.all(
        all.toReversed().map(async (input) => (await verifier.verify(input)).pass),
      );
      expect(forward).toEqual(expected);
      expect(backward).toEqual(expected.toReversed());
    });

    test('changes neither request nor answer', async () => {
      for (const sample of [...samples.passes, ...samples.fails]) {
        const input = inputOf(sample);
        const before = structuredClone(input);
        await make().verify(deepFreeze(input));
        expect(input).toEqual(before);
      }
    });
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
