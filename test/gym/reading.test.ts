import { describe, expect, test } from 'vitest';
import { readNumber } from '../../src/gym/read-number.ts';
import { fencedBlocks, readCode, readJson, readText } from '../../src/gym/reading.ts';

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
    ['The answer is -42.', -42],
    ['So the result is −42', -42],
    ['Answer: the balance is -42 euros', -42],
    ['Answer: － 42', -42],
    ['Answer: - 42', -42],
    ['Answer: x = - 42', -42],
    ['Answer:\n- 42', 42],
    ['The total - 42 crates', 42],
    ['The total – 42 crates', 42],
    ['It is negative 42.', -42],
    ['It is 50 minus 8, so 42', 42],
    ['Answer: -€42', -42],
    ['Answer: −\\$42', -42],
    ['Answer: €42', 42],
    ['Answer: EUR42', 42],
    ['Answer: 42km', 42],
    ['Answer: 42 km/h', 42],
    ['Answer: 42.5kg', 42.5],
    ['Answer: 42m²', 42],
    ['The area is 42 m^2.', 42],
    ['The field measures 42m2', 42],
    ['\\boxed{42\\,\\text{km}}', 42],
    ['Answer: 42nd', 42],
    ['It is 42, the 3rd of them', 42],
    ['Answer: ４２', 42],
    ['Answer: －１，２３４．５', -1234.5],
    ['Answer: ٤٢', 42],
    ['Answer: ۴۲٫۵', 42.5],
    ['Answer: 50 %', 50],
    ['Answer: 50\\%', 50],
    ['Answer: 42,5', 42.5],
    ['Answer: 0,125', 0.125],
    ['Answer: 42,125', 42125],
    ['Answer: 1.234,5', 1234.5],
    ['Answer: 1 234,5', 1234.5],
    ['Answer: 1.234.567', 1234567],
    ['Answer: 1.234', 1.234],
    ['Answer: 42½', 42.5],
    ['Answer: ¾', 0.75],
    ['Answer: -10 1/2', -10.5],
    ['Answer: 4.2e1', 42],
    ['Answer: 4.2 x 10^1', 42],
    ['Answer: 4.2 · 10¹', 42],
    ['Answer: 10^{-3}', 0.001],
    ['Answer: 10³', 1000],
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
    'Answer: √42',
    'Answer: 4 2',
    'Answer: 6 x 7',
    'Answer: 42 and a half',
    'Answer: 12:42',
    'Answer: 40,41,42',
    'Answer: 42k',
    'Answer: 42B',
    'Answer: 42x',
    'Answer: 0x2A',
    'Answer: 42abc',
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
  ['Answer:\n- abc', 'abc'],
  ['<answer>abc</answer>', 'abc'],
  ['Answer: xyz, or rather <answer>\nabc\n</answer>', 'abc'],
  ['<answer>xyz</answer>\nAnswer: <b>abc</b>', 'abc'],
  ['Answer: -abc', '-abc'],
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
  ['dots between digits', `${'1.111'.repeat(100_000)}x`],
  ['words for a sign', 'minus '.repeat(80_000)],
  ['halves', '½'.repeat(400_000)],
  ['fractions', '1 1/1 '.repeat(80_000)],
  ['open tags', '<answer>'.repeat(60_000)],
  ['powers', '10^'.repeat(160_000)],
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
