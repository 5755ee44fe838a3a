import { expect, test } from 'vitest';
import { Random } from '../../../src/learn/random.ts';
import {
  FeatureReader,
  HASH_BUCKETS,
  STRUCTURE,
  STRUCTURE_COUNT,
} from '../../../src/policy/embedded/features.ts';
import { viewPrompt } from '../../../src/policy/prompt-view.ts';

const reader = new FeatureReader();
function read(text: string) {
  const { count, buckets, occurrences, structure } = reader.read(
    viewPrompt({ messages: [{ role: 'user', content: text }] }),
  );
  return {
    words: new Map(Array.from(buckets.subarray(0, count), (bucket, i) => [bucket, occurrences[i]!])),
    of: (name: (typeof STRUCTURE)[number]) => structure[STRUCTURE.indexOf(name)]!,
    all: [...structure],
  };
}

test('are the same for the same prompt, whatever was read before', () => {
  const first = read('Sort (3, 1, 2) by hand.');
  read('something else entirely, and longer than that');
  const again = read('Sort (3, 1, 2) by hand.');
  expect(again.words).toEqual(first.words);
  expect(again.all).toEqual(first.all);
});

test('the version stands for these values', () => {
  const { words, all } = read('Is 12 + 30 = 42? Über [a, b]');
  const sum = [...words].reduce((total, [bucket, times]) => total + bucket * times, 0);
  expect(sum).toBe(EXPECTED.buckets);
  expect(all.reduce((total, value, i) => total + value * (i + 1), 0)).toBeCloseTo(EXPECTED.structure, 6);
});
const EXPECTED = { buckets: 116171, structure: 1259.5138525557334 };

test('see size: numbers, depth, lines, options', () => {
  expect(read('add 12 and 98765').of('largestNumber')).toBeCloseTo(Math.log2(98766), 6);
  expect(read('add 12 and 98765').of('longestNumber')).toBeCloseTo(Math.log2(6), 6);
  expect(read('((a)(b(c)))').of('depth')).toBeCloseTo(Math.log2(4), 6);
  expect(read('a\nb\n\nc').of('lines')).toBeCloseTo(Math.log2(5), 6);
  expect(read('Which?\nA. x\nB. y\nC. z').of('options')).toBeCloseTo(Math.log2(4), 6);
});

test('tell how much of a question its listed tools speak of', () => {
  const tools = '\n[tools]\n{"name": "weather.get", "description": "weather of a city"}';
  expect(read(`weather in this city please${tools}`).of('askedShare')).toBeGreaterThan(
    read(`who painted these famous sunflowers${tools}`).of('askedShare'),
  );
});

test('are those of what is asked, whatever courtesies stand around it', () => {
  const tools = '\n\n[tools]\n[{"name": "roots", "description": "Finds roots"}]';
  for (const [asked, rest] of [
    ['Which is the larger root of 3x^2 - 7x = 20?', ''],
    ['Find the roots of 3x^2 - 7x = 20.', tools],
  ]) {
    const plain = read(asked! + rest);
    const polite = read(`Hello! Could you please help me with this?\n${asked} Thank you!${rest}`);
    expect(polite.words).toEqual(plain.words);
    expect(polite.all).toEqual(plain.all);
  }
});

test('stay finite and in range on any text', () => {
  const seed = 77;
  const random = new Random(seed);
  for (let round = 0; round < 100; round++) {
    const length = random.below(300);
    const text = String.fromCharCode(...Array.from({ length }, () => random.below(round % 2 ? 128 : 65_536)));
    const { words, all } = read(text);
    expect(all, `seed ${seed}, round ${round}`).toHaveLength(STRUCTURE_COUNT);
    expect(all.every(Number.isFinite), `seed ${seed}, round ${round}`).toBe(true);
    for (const [bucket, times] of words) {
      expect(bucket).toBeLessThan(HASH_BUCKETS);
      expect(times).toBeGreaterThan(0);
    }
  }
  expect(read('9'.repeat(5000)).all.every(Number.isFinite)).toBe(true);
  expect(read('').words.size).toBe(0);
});

test('a megabyte is read in bounded time, by its ends', () => {
  const long = `${'start '.repeat(500)}${'x'.repeat(1_000_000)} the very end`;
  const began = performance.now();
  const { of } = read(long);
  expect(performance.now() - began).toBeLessThan(50);
  expect(of('chars')).toBeCloseTo(Math.log2(1 + long.length), 6);
});
