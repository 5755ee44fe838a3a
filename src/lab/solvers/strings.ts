/** Letters of a text: reversing it, counting one letter, picking one by its place. */
import { difficultyOf, type Solver, sizeOf } from './solver.ts';

const REVERSE = /reverse the (?:string|text|word) "([^"]+)"/i;
const COUNT =
  /how many times does the letter "?'?(\w)"?'? (?:occur|appear) in (?:the word |the text )?"([^"]+)"/i;
const NTH = /what is the (\d+)(?:st|nd|rd|th) (?:letter|character) of "([^"]+)"/i;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

export const strings: Solver = {
  name: 'strings',

  solve(prompt) {
    const reverse = REVERSE.exec(prompt)?.[1];
    if (reverse !== undefined) {
      const letters = [...reverse].toReversed();
      const middle = Math.floor(letters.length / 2);
      return {
        answer: letters.join(''),
        kind: 'language',
        difficulty: difficultyOf(letters.length, 4, 70),
        slips: [letters.toSpliced(middle, 1).join(''), letters.slice(0, -1).join('')],
      };
    }
    const count = COUNT.exec(prompt);
    if (count) {
      const text = count[2]!.toLowerCase();
      const times = text.split(count[1]!.toLowerCase()).length - 1;
      return {
        answer: String(times),
        kind: 'language',
        difficulty: difficultyOf(text.length, 5, 90),
        slips: [String(times + 1), String(Math.max(0, times - 1))],
      };
    }
    const nth = NTH.exec(prompt);
    const letter = nth?.[2]?.[Number(nth[1]) - 1];
    if (!nth || letter === undefined) return undefined;
    const place = Number(nth[1]);
    const slips = [nth[2]![place], nth[2]![place - 2]].filter((slip) => slip !== undefined);
    return { answer: letter, kind: 'language', difficulty: difficultyOf(place, 2, 50), slips };
  },

  make(random, difficulty) {
    const text = (length: number) =>
      Array.from({ length: Math.round(length) }, () => random.pick([...LETTERS])).join('');
    return random.pick([
      () => `Reverse the string "${text(sizeOf(difficulty, 4, 70))}".`,
      () => {
        const word = text(Math.max(4, sizeOf(difficulty, 5, 90)));
        return `How many times does the letter "${random.pick([...word])}" occur in "${word}"?`;
      },
      () => {
        const place = Math.max(1, Math.round(sizeOf(difficulty, 2, 50)));
        const ending =
          ['th', 'st', 'nd', 'rd'][place % 100 > 10 && place % 100 < 14 ? 0 : place % 10] ?? 'th';
        return `What is the ${place}${ending} letter of "${text(place + random.int(1, 8))}"?`;
      },
    ])();
  },
};
