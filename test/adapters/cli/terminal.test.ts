/** What the commands print fits the terminal that it is printed to. */
import { expect, test } from 'vitest';
import { evaluationSummary } from '../../../adapters/cli/evaluation-summary.ts';
import { table } from '../../../adapters/cli/table.ts';
import { answerFor, counted, printable, shown, wrap } from '../../../adapters/cli/terminal.ts';
import { sampleReport } from '../../learn/sample-report.ts';

const lines = (text: string): string[] => text.split('\n');
const widest = (text: string): number => Math.max(...lines(text).map((line) => line.length));

test('lines break between words, keep their inner spaces, and never break a word', () => {
  expect(wrap('ok      prices: all of them are known', 20, '  ')).toBe(
    'ok      prices: all\n  of them are known',
  );
  expect(wrap('see https://example.org/a/long/path for more', 12)).toBe(
    'see\nhttps://example.org/a/long/path\nfor more',
  );
  expect(wrap('short', 80)).toBe('short');
  expect(wrap('', 80)).toBe('');
});

test('a table wider than the terminal is told row by row, with every figure', () => {
  const head = ['one call', 'gain', '', 'of oracle'];
  const rows = [
    ['policy', '+0.6', '[-1.9, +3.1]', '6.7 %'],
    ['nearest neighbours', '-1.0', '[-2.0, +0.0]', ''],
  ];
  expect(widest(table(head, rows, 49))).toBe(49);
  expect(lines(table(head, rows, 49))).toHaveLength(4);
  expect(table(head, rows, 28)).toBe(
    `one call:
policy
  gain +0.6 [-1.9, +3.1], of
  oracle 6.7 %
nearest neighbours
  gain -1.0 [-2.0, +0.0]`,
  );
});

test.each([60, 80])('an evaluation fits %i columns', (columns) => {
  const summary = evaluationSummary(sampleReport(), columns);
  expect(widest(summary)).toBeLessThanOrEqual(columns);
});

test('one is counted in the singular', () => {
  expect([counted(1, 'row'), counted(0, 'row'), counted(2, 'reply', 'replies')]).toEqual([
    '1 row',
    '0 rows',
    '2 replies',
  ]);
});

test('an answer cannot steer a terminal, and comes through a pipe as it is', () => {
  const answer = 'red \u001b[31m\u009b2J\rgone\r\n👩‍💻\tend';
  expect(answerFor({ isTTY: true }, answer)).toBe('red �[31m�2J�gone\r\n👩‍💻\tend');
  expect(answerFor({ isTTY: false }, answer)).toBe(answer);
});

test('what steers a terminal is not printed, and signs only where they are shown', () => {
  expect(printable('evil\u001b[31m\u0007 \u202Ename\ttab\nline')).toBe('evil�[31m� �name\ttab\nline');
  expect(shown('a … ±1.2 é', { LANG: 'C' })).toBe('a . +-1.2 é');
  for (const env of [{}, { LANG: 'de_CH.UTF-8' }, { LC_ALL: 'C.utf8', LANG: 'C' }]) {
    expect(shown('a … ±1.2', env)).toBe('a … ±1.2');
  }
});
