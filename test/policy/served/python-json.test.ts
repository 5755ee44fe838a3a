import { describe, expect, it } from 'vitest';
import {
  dumpPythonJson,
  floatRepr,
  fromPyJson,
  parsePythonJson,
  toPyJson,
} from '../../../src/policy/served/python-json.ts';

const again = (text: string) => dumpPythonJson(parsePythonJson(text));

describe("JSON in Python's notation", () => {
  it.each([
    ['1.0', '1.0'],
    ['1', '1'],
    ['-0', '0'],
    ['-0.0', '-0.0'],
    ['1e-5', '1e-05'],
    ['0.0001', '0.0001'],
    ['1E16', '1e+16'],
    ['123456789012345678.0', '1.2345678901234568e+17'],
    ['9007199254740993', '9007199254740993'],
    ['1e400', 'Infinity'],
    ['[1,2 , {"b":1,"a":[]}]', '[1, 2, {"b": 1, "a": []}]'],
    ['{"2": 1, "1": 2}', '{"2": 1, "1": 2}'],
    ['{"a": 1, "b": 2, "a": 3}', '{"a": 3, "b": 2}'],
    ['"\\u00e9\\/\\u2028\\u0007\\ud83d\\ude82"', '"é/\u2028\\u0007🚂"'],
    ['"\\ud800"', '"\ufffd"'],
  ])('writes %s as %s', (text, expected) => {
    expect(again(text)).toBe(expected);
  });

  it('prints every float so that it reads back as the same number', () => {
    let state = 7;
    for (let i = 0; i < 2000; i++) {
      state = (state * 48271) % 2147483647;
      const value = (state / 2147483647 - 0.5) * 10 ** ((state % 40) - 20);
      expect(Number(floatRepr(value))).toBe(value);
    }
  });

  it.each(['', '{', '[1,]', '{"a"}', '"\n"', '"\\x"', '"\\u12"', '01', '1 2', "{'a': 1}", '[', 'nul'])(
    'refuses %j as Python does',
    (text) => {
      expect(() => parsePythonJson(text)).toThrow(SyntaxError);
    },
  );

  it('refuses nesting that would exhaust the stack', () => {
    expect(() => parsePythonJson('['.repeat(100_000))).toThrow('nested deeper');
  });

  it('takes JavaScript values and gives them back', () => {
    const value = { a: [1, 0.5, null, true], b: { c: 'x' } };
    expect(fromPyJson(toPyJson(value))).toEqual(value);
    expect(dumpPythonJson(toPyJson(value))).toBe('{"a": [1, 0.5, null, true], "b": {"c": "x"}}');
  });
});
