/** How steady decisions are when a prompt is worded a little differently, which changes nothing about its difficulty. */
import { questionEnd } from '../../policy/courtesies.ts';
import { chooseByLambda } from '../../policy/embedded/choose.ts';
import type { PromptView } from '../../policy/prompt-view.ts';
import { Random } from '../random.ts';
import type { Bench } from './bench.ts';
import type { NoiseFigures } from './report.ts';
import { meanEstimate } from './resample.ts';

const POLITE = [
  'Hello! Could you please help me with this? ',
  'Hi there, I have a question. ',
  'Please take a look at the following. ',
  'Good morning, thanks in advance for your help. ',
];
const REMARKS_BEFORE = [
  'Someone asked me this today. ',
  'I have to hand this in within the hour. ',
  'This one is from an old exam.\n',
];
const REMARKS_AFTER = [
  ' Check it twice.',
  '\nA short answer is enough.',
  '\n\nIt matters to me that this is right.',
];

/** Harmless changes of a question, each by a seeded random number generator. */
export const CHANGES: Readonly<Record<string, (text: string, random: Random) => string>> = {
  'letter case': (text, random) =>
    text.replace(/\p{L}+/gu, (word) => (random.next() < 0.15 ? word.toUpperCase() : word)),
  'white space': (text, random) => text.replace(/ /g, () => (random.next() < 0.1 ? '  ' : ' ')),
  typos: (text, random) => {
    // One long word in twenty, and at least one, has two of its inner letters swapped.
    const long = [...text.matchAll(/\p{L}{5,}/gu)];
    if (long.length === 0) return text;
    const letters = [...text];
    const byOffset = letters.length === text.length;
    for (let typo = 0; typo < Math.max(1, long.length / 20) && byOffset; typo++) {
      const word = long[random.below(long.length)]!;
      const at = word.index + 1 + random.below(word[0].length - 3);
      [letters[at], letters[at + 1]] = [letters[at + 1]!, letters[at]!];
    }
    return letters.join('');
  },
  'polite opening': (text, random) => POLITE[random.below(POLITE.length)]! + text,
  'added remark': (text, random) =>
    random.next() < 0.5
      ? REMARKS_BEFORE[random.below(REMARKS_BEFORE.length)]! + text
      : text + REMARKS_AFTER[random.below(REMARKS_AFTER.length)]!,
};

/** A prompt with its question changed; the tools listed after it are not the human's words. */
export function reworded(
  text: string,
  change: (question: string, random: Random) => string,
  random: Random,
): string {
  const end = questionEnd(text);
  return change(text.slice(0, end), random) + text.slice(end);
}

const NOISE_LAMBDAS = [0, 0.1, 1, 10];
/** Rows looked at; more would not make the rates much surer. */
const MOST_ROWS = 1000;

export function promptNoise(
  { rows, pool, data }: Bench,
  seed: number,
): { rows: number; kinds: NoiseFigures[] } {
  const sample = new Random(seed).order(rows.length).subarray(0, MOST_ROWS);
  const members = pool.ids.map((_, j) => j);
  const count = members.length;
  const decide = (view: PromptView): number[] => {
    const { success, costUsd } = pool.predict(view);
    const options = { success, costUsd: pool.rankingCosts(costUsd) };
    return NOISE_LAMBDAS.map((lambda) => chooseByLambda(members, options, lambda, pool.referenceUsd));
  };
  const before = Array.from(sample, (row) => decide(rows[row]!.view));
  const kinds = Object.entries(CHANGES).map(([kind, change], k): NoiseFigures => {
    const random = new Random(seed + k + 1);
    const flipped = NOISE_LAMBDAS.map(() => 0);
    const rate = new Float64Array(sample.length);
    const points = new Float64Array(sample.length);
    sample.forEach((row, i) => {
      const { view } = rows[row]!;
      const text = reworded(view.text, change, random);
      const messageChars = view.messageChars + text.length - view.text.length;
      decide({ ...view, text, messageChars }).forEach((chosen, l) => {
        const was = before[i]![l]!;
        if (chosen === was) return;
        flipped[l]!++;
        rate[i]! += 1 / NOISE_LAMBDAS.length;
        const gained = data.score[row * count + chosen]! - data.score[row * count + was]!;
        points[i]! += (100 * gained) / NOISE_LAMBDAS.length;
      });
    });
    return {
      kind,
      flips: NOISE_LAMBDAS.map((lambda, l) => ({ lambda, rate: flipped[l]! / sample.length })),
      rate: meanEstimate(rate),
      accuracyChange: meanEstimate(points),
    };
  });
  return { rows: sample.length, kinds };
}
