import { expect, test } from 'vitest';
import type { LabelledAnswer } from '../../src/verifier/accuracy.ts';
import { measureAccuracy, withAccuracy } from '../../src/verifier/accuracy.ts';
import { fromFunction } from '../../src/verifier/from-function.ts';
import { inputOf } from './shared.ts';

/** The verifier passes what says "pass"; `good` is the truth. */
const verifier = fromFunction('v', ({ text }) => ({ pass: text === 'pass', usd: 0.01 }));
const samples = (text: string, good: boolean, count: number): LabelledAnswer[] =>
  Array.from({ length: count }, () => ({ input: inputOf({ text }), good }));

test('counts right verdicts on good and on bad answers apart', async () => {
  const report = await measureAccuracy(verifier, [
    ...samples('pass', true, 45),
    ...samples('fail', true, 5),
    ...samples('fail', false, 30),
    ...samples('pass', false, 20),
  ]);
  expect(report).toMatchObject({ n: 100, right: 75, accuracy: 0.75, errors: 0 });
  expect(report.onGood).toMatchObject({ n: 50, right: 45, accuracy: 0.9 });
  expect(report.onBad).toMatchObject({ n: 50, right: 30, accuracy: 0.6 });
  expect(report.usd).toBeCloseTo(1);
  // Wilson's 95 % interval of 75 out of 100.
  expect(report.interval[0]).toBeCloseTo(0.6569, 3);
  expect(report.interval[1]).toBeCloseTo(0.8245, 3);
});

test('the interval covers the true rate about 95 times in 100 (seed 3)', async () => {
  let seed = 3;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  let covered = 0;
  for (let round = 0; round < 400; round++) {
    const drawn = Array.from({ length: 60 }, () => samples(random() < 0.9 ? 'pass' : 'fail', true, 1)[0]!);
    const { interval } = await measureAccuracy(verifier, drawn);
    if (interval[0] <= 0.9 && 0.9 <= interval[1]) covered++;
  }
  expect(covered / 400).toBeGreaterThan(0.92);
  expect(covered / 400).toBeLessThan(0.99);
});

test('without samples the accuracy is unknown, and the interval says nothing', async () => {
  expect(await measureAccuracy(verifier, [])).toMatchObject({ n: 0, accuracy: undefined, interval: [0, 1] });
});

test('a verifier that throws is counted apart; an abort ends the measuring', async () => {
  const shaky = fromFunction('shaky', ({ text }) => {
    if (text === 'boom') throw new Error('boom');
    return true;
  });
  const report = await measureAccuracy(shaky, [...samples('x', true, 3), ...samples('boom', true, 2)]);
  expect(report).toMatchObject({ n: 3, accuracy: 1, errors: 2 });
  await expect(
    measureAccuracy(shaky, samples('x', true, 3), { signal: AbortSignal.abort() }),
  ).rejects.toThrow();
});

test('asks for at most `concurrency` verdicts at once, and for each sample once', async () => {
  let [now, most, total] = [0, 0, 0];
  const slow = fromFunction('slow', async () => {
    most = Math.max(most, ++now);
    total++;
    await new Promise((done) => setTimeout(done, 2));
    now--;
    return true;
  });
  await measureAccuracy(slow, samples('x', true, 20), { concurrency: 3 });
  expect({ most, total }).toEqual({ most: 3, total: 20 });
});

test('a measured verifier carries the figure', async () => {
  const report = await measureAccuracy(verifier, [...samples('pass', true, 9), ...samples('fail', true, 1)]);
  expect(withAccuracy(verifier, report)).toMatchObject({ name: 'v', accuracy: 0.9 });
  expect(await withAccuracy(verifier, 0.7).verify(inputOf({ text: 'pass' }))).toMatchObject({ pass: true });
});
