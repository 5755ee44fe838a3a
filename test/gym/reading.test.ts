import { describe, expect, test } from 'vitest';
import { fencedBlocks, readCode, readJson, readNumber, readText } from '../../src/gym/reading.ts';

describe('a number is read', () => {
  test.each([
    ['Answer: 42', 42],
    ['**Answer:** 42', 42],
    ['**Answer: 42**', 42],
    ['answer is: -7.', -7],
    ['Answer: −7', -7],
    ['The final answer: $1,234.50', 1234.5],
    ['\\boxed{42}', 42],
    ['So $\\boxed{-12{,}345}$.', -12345],
    ['Answer: \\(\\boxed{42}\\)', 42],
    ['Answer: `42`', 42],
    ['Answer:\n42', 42],
    ['Answer: 6 * 7 = 42 crates', 42],
    ['Answer: 42 (that is 6 times 7)', 42],
    ['3 + 4 is 7, times 6 is 42.', 42],
    ['Answer: 41\nNo, that is wrong.\nAnswer: 42', 42],
    ['\\boxed{41}, or rather: Answer: 42', 42],
    ['Answer: 12\u202f345', 12345],
    ['Answer: 1\u00a0234\u00a0567', 1234567],
    ['the factors 2 345', 345],
    ['The value of 50-8 is 42', 42],
    ['x-8 = 42', 42],
    ['Step 1: 5. Step 2: 42', 42],
    ['So the answer is 42, because 6 times 7 is just that: 6 * 7.', 42],
    ['The answer is clear now.\n\n42', 42],
    ['Answer:\n```\n42\n```', 42],
    ['Answer:\n\\[\n42\n\\]', 42],
    ['Answer:\n$$\n42\n$$', 42],
    ['Answer: 1 234', 1234],
    ["Answer: 1'234", 1234],
    ['Answer: 1\\ 234', 1234],
    ['Answer: 42 (= 6 * 7)', 42],
    ['Answer: 42 = 6 * 7', 42],
    ['Answer: -$7', -7],
    ['Answer: minus 7', -7],
    ['Answer: ‑7', -7],
    ['Answer: 84/2', 42],
    ['Answer: $\\frac{1}{2}$', 0.5],
    ['Answer: .5', 0.5],
    ['Answer: 3e8', 3e8],
    ['Answer: $3 \\times 10^{8}$ m/s', 3e8],
  ])('%j', (text, expected) => {
    expect(readNumber(text)).toBe(expected);
  });

  test.each([
    '',
    'no number',
    'Answer: none',
    'version v2',
    'Answer: 41 or 42',
    'I counted 42.\nAnswer: unknown',
    'Answer: 42, 43',
    'Answer: 42 to 43',
    'Answer: 42 * 2',
    'Answer: 42^2',
    'Answer: 42²',
    'Answer: 42½',
    'Answer: √42',
    'Answer: 42,5',
    'Answer: 42.5kg',
  ])('none in %j', (text) => {
    expect(readNumber(text)).toBeUndefined();
  });

  test('exactly: 42.5, 421, 1.42 and 0x42 are not 42', () => {
    for (const text of ['Answer: 42.5', 'Answer: 421', 'Answer: 1.42', 'Answer: -42']) {
      expect(readNumber(text), text).not.toBe(42);
    }
  });
});

test.each([
  ['Answer: "abc"', 'abc'],
  ['Answer: **abc**', 'abc'],
  ['Answer: `abc`.', 'abc'],
  ['\\boxed{\\text{abc}}', 'abc'],
  ['first xyz\nthen\nabc\n', 'abc'],
  ['```\nabc\n```', 'abc'],
  ['Answer: Ada, Boris', 'Ada, Boris'],
  ['So the answer is abc.', 'abc'],
  ['$\\boxed{\\texttt{abc}}$', 'abc'],
  ['Answer:\n\\[\n\\text{abc}\n\\]', 'abc'],
  ['Answer: «abc»\u200b', 'abc'],
])('the text answer of %j', (text, expected) => {
  expect(readText(text)).toBe(expected);
});

test('JSON is read bare, fenced, and between prose; half of it is not', () => {
  expect(readJson('{"a":1}')).toEqual({ a: 1 });
  expect(readJson('First:\n```json\n{"a":0}\n```\nBetter:\n```json\n{"a":1}\n```')).toEqual({ a: 1 });
  expect(readJson('Here it is: {"a":[1,2]} Done.')).toEqual({ a: [1, 2] });
  expect(readJson('As in [1]: {"a":1} (see [2])')).toEqual({ a: 1 });
  expect(readJson('First {"a":0}, better {"a":"}"}.')).toEqual({ a: '}' });
  expect(readJson('{"a":')).toBeUndefined();
  expect(readJson('{"list":[{"a":1},{"a":2}'), 'a part of something cut off').toBeUndefined();
  expect(readJson('{list: [{"a":1}]}'), 'a part of something that is no JSON').toBeUndefined();
  expect(readJson('none')).toBeUndefined();
});

test('code is the last fence with the name, else the whole text', () => {
  const text =
    'So:\n```js\nfunction f() { return 1; }\n```\nUse it:\n```js\nf();\n```\n```sh\nnode a.js\n```';
  expect(fencedBlocks(text)).toHaveLength(3);
  expect(readCode('```js\nfunction other() {}\n```\n```js\nfunction f() {}\n```', 'f')).toBe(
    'function f() {}',
  );
  expect(readCode('function f() {}', 'f')).toBe('function f() {}');
  expect(readCode(text, 'f'), 'not the example of its use').toBe('function f() { return 1; }');
});

test.each([
  ['white space after the word', `answer${' '.repeat(500_000)}`],
  ['white space before the end', `Answer: ${' '.repeat(500_000)}x`],
  ['open brackets', '{'.repeat(500_000)],
  ['brackets without content', '{}['.repeat(170_000)],
  ['quotes within a bracket', `{${'"\\\\'.repeat(170_000)}`],
  ['digits', `Answer: ${'1'.repeat(500_000)}`],
  ['signs of equality', `Answer: ${'=1'.repeat(250_000)}`],
  ['fences that never close', '```a\n'.repeat(100_000)],
  ['open boxes', '\\boxed{'.repeat(60_000)],
  ['grouped digits', `${'1,111'.repeat(100_000)}x`],
  ['the word over and over', 'answer is '.repeat(50_000)],
  ['quotes', `Answer: ${'"'.repeat(500_000)}`],
])('half a megabyte of %s is read in no time', (_, text) => {
  const started = performance.now();
  readNumber(text);
  readText(text);
  readJson(text);
  readCode(text, 'f');
  expect(performance.now() - started).toBeLessThan(300);
});
