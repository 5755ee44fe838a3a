import { expect, test } from 'vitest';
import { withoutCourtesies } from '../../src/policy/courtesies.ts';

const QUESTION = 'Which is the larger root of 3x^2 - 7x = 20?';

test.each([
  'Hello! Could you please help me with this? ',
  'Hi there, ',
  'Good evening.\n\n',
  "Dear assistant, I'd be very grateful for your help with the following problem.\n",
  'Hey :) Quick question: ',
  'Sorry to bother you again. Would you mind taking a look? ',
])('what is asked is left of %j and a question', (opening) => {
  expect(withoutCourtesies(opening + QUESTION)).toBe(QUESTION);
});

test.each([
  ' Thank you!',
  '\n\nThanks in advance for your help, I really appreciate it.',
  '\nPlease let me know.\nKind regards',
  ' Can you help me with this? :-)',
])('what is asked is left of a question and %j', (closing) => {
  expect(withoutCourtesies(QUESTION + closing)).toBe(QUESTION);
  expect(withoutCourtesies(`Hello. ${QUESTION}${closing}`)).toBe(QUESTION);
});

test('thanks may follow a number without a stop', () => {
  expect(withoutCourtesies('Compute 17 * 23 please')).toBe('Compute 17 * 23');
});

test.each([
  QUESTION,
  'Could you please sort the words apple, pear and fig?',
  'Please translate this to French: thank you',
  'I need some help with the deadlock in my worker pool.',
  'What is the answer?',
  'Sort these words: find, please, thanks, help',
  'Who wrote "Please Please Me"?',
  'Dear diary is how her book begins. Which book?',
])('%j stays whole', (text) => {
  expect(withoutCourtesies(text)).toBe(text);
});

test.each(['', 'Hi', 'thanks a lot!', 'Hello! How are you today?', 'Please explain it again.', ' \n '])(
  'where nothing else is said, %j stays',
  (text) => {
    expect(withoutCourtesies(text)).toBe(text);
  },
);

test('the tools listed after a question stay, and so does what parts them from it', () => {
  const tools = '\n\n[tools]\n[{"name": "help", "description": "thanks"}]';
  expect(withoutCourtesies(`Hello! Book a table for two. Thanks!${tools}`)).toBe(
    `Book a table for two.${tools}`,
  );
});

test.each([
  ['sentence', 'help me please now '],
  ['word', 'please'],
])('of twenty megabytes of one %s only the ends are read', (_, repeated) => {
  const long = repeated.repeat(20_000_000 / repeated.length);
  const timesMs = Array.from({ length: 10 }, () => {
    const began = performance.now();
    expect(withoutCourtesies(long) === long).toBe(true);
    return performance.now() - began;
  });
  expect(Math.min(...timesMs)).toBeLessThan(8);
});
