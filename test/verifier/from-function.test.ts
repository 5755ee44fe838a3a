import { expect, test } from 'vitest';
import { fromFunction } from '../../src/verifier/from-function.ts';
import { describeVerifier, inputOf } from './shared.ts';

describeVerifier(
  () => fromFunction('says-yes', ({ text }) => ({ pass: text === 'yes', reason: `said "${text}"` })),
  { passes: [{ what: 'yes', text: 'yes' }], fails: [{ what: 'no', text: 'no' }] },
);

const input = inputOf({ text: 'yes', request: { lambda: 0.3 }, finishReason: 'stop' });

test('true, a score, a verdict and a promise of each are judgements', async () => {
  const verdict = (judgement: boolean | number, threshold?: number) =>
    fromFunction('f', async () => judgement, { threshold }).verify(input);
  expect(await verdict(true)).toEqual({ pass: true });
  expect(await verdict(0.5)).toEqual({ pass: true, score: 0.5 });
  expect(await verdict(0.49)).toEqual({ pass: false, score: 0.49 });
  expect(await verdict(0.8, 0.9)).toEqual({ pass: false, score: 0.8 });
  const whole = { pass: false, reason: 'no', score: 0.2, usd: 0.001 };
  expect(await fromFunction('f', () => whole).verify(input)).toEqual(whole);
});

test('the function sees the request, the text and the signal', async () => {
  const { signal } = new AbortController();
  const seen = fromFunction('f', (answer, given) => {
    return answer.text === 'yes' && answer.request.lambda === 0.3 && given === signal;
  });
  expect(await seen.verify(input, signal)).toEqual({ pass: true });
});

test.each([undefined, null, 'yes', Number.NaN, 1.2, -1, {}, { pass: 1 }, { pass: true, score: 3 }])(
  'returning %j is an error that says what to return',
  async (judgement) => {
    await expect(fromFunction('mine', () => judgement as never).verify(input)).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringContaining('"mine"'),
      hint: expect.stringContaining('Return true'),
    });
  },
);

test('what the function throws is not swallowed', async () => {
  const broken = fromFunction('f', () => {
    throw new TypeError('mine');
  });
  await expect(broken.verify(input)).rejects.toThrow(TypeError);
});
