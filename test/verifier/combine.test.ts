import { expect, test } from 'vitest';
import { withAccuracy } from '../../src/verifier/accuracy.ts';
import { allOf, anyOf } from '../../src/verifier/combine.ts';
import { fromFunction } from '../../src/verifier/from-function.ts';
import { refusalVerifier } from '../../src/verifier/refusal-verifier.ts';
import { truncationVerifier } from '../../src/verifier/truncation-verifier.ts';
import type { Verdict } from '../../src/verifier/verifier.ts';
import { describeVerifier, inputOf } from './shared.ts';

const says = (word: string) =>
  fromFunction(word, ({ text }) => (text.includes(word) ? true : { pass: false, reason: `no ${word}` }));
const gives = (name: string, verdict: Verdict) => fromFunction(name, () => verdict);
const input = inputOf({ text: 'text' });

describeVerifier(() => allOf(says('a'), says('b')), {
  passes: [{ what: 'both', text: 'a b' }],
  fails: [
    { what: 'only the first', text: 'a' },
    { what: 'only the second', text: 'b' },
  ],
});

describeVerifier(() => anyOf(says('a'), says('b')), {
  passes: [
    { what: 'the first', text: 'a' },
    { what: 'the second', text: 'b' },
  ],
  fails: [{ what: 'neither', text: 'c' }],
});

test('the reason names the verifier that decided', async () => {
  const checks = allOf(truncationVerifier(), refusalVerifier());
  expect(checks.name).toBe('all(truncation, refusal)');
  expect(await checks.verify(inputOf({ text: "I can't help with that." }))).toMatchObject({
    pass: false,
    reason: expect.stringMatching(/^refusal: /),
  });
  expect(await anyOf(says('a'), says('b')).verify(input)).toMatchObject({ reason: 'a: no a; b: no b' });
});

test('later parts are not asked once it is decided, so a judge put last costs nothing', async () => {
  let asked = 0;
  const judge = fromFunction('judge', () => ({ pass: ++asked > 0, usd: 1 }));
  expect(await allOf(says('zebra'), judge).verify(input)).not.toHaveProperty('usd');
  expect(await anyOf(says('text'), judge).verify(input)).not.toHaveProperty('usd');
  expect(asked).toBe(0);
});

test('costs add up, and one unknown cost makes the sum unknown', async () => {
  const paid = gives('paid', { pass: true, usd: 0.25 });
  expect(await allOf(paid, paid, says('text')).verify(input)).toMatchObject({ usd: 0.5 });
  const verdict = await allOf(paid, gives('unknown', { pass: true, usd: undefined })).verify(input);
  expect('usd' in verdict && verdict.usd).toBeUndefined();
});

test('all gives the lowest score, any the highest', async () => {
  const low = gives('low', { pass: true, score: 0.6 });
  const high = gives('high', { pass: true, score: 0.9 });
  const failing = gives('failing', { pass: false, score: 0.1 });
  expect(await allOf(high, low).verify(input)).toMatchObject({ score: 0.6 });
  expect(await anyOf(failing, high).verify(input)).toMatchObject({ pass: true, score: 0.9 });
});

test('the accuracy is the product of the parts, and unknown where one is', () => {
  const measured = withAccuracy(says('a'), 0.9);
  expect(allOf(measured, withAccuracy(says('b'), 0.8)).accuracy).toBeCloseTo(0.72);
  expect(anyOf(measured, measured).accuracy).toBeCloseTo(0.81);
  expect(allOf(measured, says('b')).accuracy).toBeUndefined();
});

test('an abort between two parts ends the judging', async () => {
  const stop = new AbortController();
  const first = fromFunction('first', () => {
    stop.abort(new Error('stopped'));
    return true;
  });
  await expect((async () => allOf(first, says('text')).verify(input, stop.signal))()).rejects.toThrow(
    'stopped',
  );
});
