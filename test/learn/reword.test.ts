import { describe, expect, test } from 'vitest';
import { Random } from '../../src/learn/random.ts';
import { reword } from '../../src/learn/reword.ts';
import { withoutCourtesies } from '../../src/policy/courtesies.ts';
import { viewPrompt } from '../../src/policy/prompt-view.ts';

const QUESTION = 'Compute the largest eigenvalue of this matrix, then explain: [[1, 22], [3, 4]].';
const TOOLS = '\n\n[tools]\n[{"name": "Eigenvalues"}]';
const view = (content: string) => viewPrompt({ messages: [{ role: 'user', content }] });
const seeds = Array.from({ length: 200 }, (_, seed) => seed);
const reworded = (text: string) => seeds.map((seed) => reword(view(text), new Random(seed)));

describe('a prompt in other words', () => {
  test('is another text each time, and the same by the same seed', () => {
    const texts = reworded(QUESTION).map(({ text }) => text);
    expect(texts).not.toContain(QUESTION);
    expect(new Set(texts).size).toBeGreaterThan(100);
    expect(reworded(QUESTION).map(({ text }) => text)).toEqual(texts);
  });

  test('asks the same: its numbers, its tools and what else was said stay', () => {
    for (const other of reworded(QUESTION + TOOLS)) {
      expect(other.text.match(/\d+/g)).toEqual(QUESTION.match(/\d+/g));
      expect(other.text.endsWith(TOOLS)).toBe(true);
      expect(other.messageChars).toBe(other.text.length);
    }
  });

  test('is not what policies leave out anyway', () => {
    const seen = reworded(QUESTION).map(({ text }) => withoutCourtesies(text));
    expect(seen.filter((text) => text === QUESTION)).toEqual([]);
  });

  test('may be no text at all beforehand', () => {
    for (const { text } of reworded('')) expect(text).not.toBe('');
  });
});
