/**
 * Prompts worded otherwise, which are as hard as before: what stands around a question changes, and how carefully it is
 * typed. A policy is shown some of its training prompts so, lest it goes by the length of a first line to the letter.
 */
import { questionEnd } from '../policy/courtesies.ts';
import type { PromptView } from '../policy/prompt-view.ts';
import type { Random } from './random.ts';

/** Of many lengths, since length is most of what they change; courtesies are not among them, policies do not see them. */
const BEFORE = [
  'okay so',
  'One more:',
  'Number four.',
  'Can you do this for me?',
  'I am not sure about this one.',
  'We have been at it for hours!',
  'I saw this somewhere and wondered about it.',
  'Another one from the same sheet, if you do not mind.',
  'This is the part that I could not do alone, sadly.',
  'It would tell us a lot to know this, because the others all disagree about it.',
];
const AFTER = [
  'Be quick.',
  'Do check it.',
  'What do you think?',
  'hope you can do it',
  'It is important to me.',
  'That is everything I was given.',
  'Only the short version of it.',
  'I would like to know how you got there.',
  'If something is missing, just say so and I will look it up for you.',
];
const BETWEEN = [' ', ' ', '\n', '\n\n'];

/** How often each thing is changed; something always stands before or after. */
const BEFORE_ONLY = 0.35;
const AFTER_ONLY = 0.35;
const LOWER_CASE = 0.1;
const UPPER_CASE = 0.05;
const HASTY = 0.1;
/** Long words of a hasty prompt that lack a letter. */
const SLIPS = 0.1;

/** The prompt in other words, its tools as they were. */
export function reword(view: PromptView, random: Random): PromptView {
  const end = questionEnd(view.text);
  let question = view.text.slice(0, end);
  const place = random.next();
  if (place < 1 - AFTER_ONLY) question = pick(BEFORE, random) + pick(BETWEEN, random) + question;
  if (place >= BEFORE_ONLY) question += pick(BETWEEN, random) + pick(AFTER, random);
  const text = typed(question, random) + view.text.slice(end);
  return { ...view, text, messageChars: view.messageChars + text.length - view.text.length };
}

function typed(text: string, random: Random): string {
  const how = random.next();
  if (how < LOWER_CASE) return text.toLowerCase();
  if (how < LOWER_CASE + UPPER_CASE) return text.toUpperCase();
  if (how >= LOWER_CASE + UPPER_CASE + HASTY) return text;
  return text.replace(/[a-z]{5,}/gi, (word) =>
    random.next() < SLIPS ? word.slice(0, 2) + word.slice(3) : word,
  );
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[random.below(list.length)]!;
}
