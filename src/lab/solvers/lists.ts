/** Sorting, reversing and counting in lists of words or numbers. */
import { difficultyOf, type Solver, sizeOf } from './solver.ts';

const WORDS =
  'river stone cloud maple lantern harbor copper violet meadow signal timber garden winter pepper island mirror falcon ribbon castle bridge saddle walnut ember glacier orchid pebble thunder canyon velvet anchor'.split(
    ' ',
  );

const QUESTION =
  /(sort these (?:numbers|words) in (ascending|descending|alphabetical) order|reverse the order of these (?:words|numbers)|count how many of these words have more than (\d+) letters)[^:]*:\s*([^\n]+)/i;

export const lists: Solver = {
  name: 'lists',

  solve(prompt) {
    const match = QUESTION.exec(prompt);
    if (!match) return undefined;
    const [, task, order, bound, list] = match;
    const items = list!
      .replace(/\.\s.*$/, '')
      .replace(/[.\s]+$/, '')
      .split(/\s*,\s*/);
    if (items.length < 2) return undefined;
    const difficulty = difficultyOf(items.length * (bound ? 1.4 : 1), 4, 60);
    if (bound !== undefined) {
      const count = items.filter((word) => word.length > Number(bound)).length;
      return {
        answer: String(count),
        kind: 'language',
        difficulty,
        slips: [String(count + 1), String(Math.max(0, count - 1))],
      };
    }
    if (order === undefined || /^reverse/i.test(task!)) {
      const right = items.toReversed();
      return { answer: right.join(', '), kind: 'language', difficulty, slips: swaps(right) };
    }
    const numeric = items.every((item) => item !== '' && Number.isFinite(Number(item)));
    const right = items.toSorted((a, b) => (numeric ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0));
    if (/descending/i.test(order)) right.reverse();
    return { answer: right.join(', '), kind: 'logic', difficulty, slips: swaps(right) };
  },

  make(random, difficulty) {
    const length = Math.round(Math.min(60, Math.max(3, sizeOf(difficulty, 4, 60))));
    const words = Array.from({ length }, (_, index) => (index < 24 ? '' : random.pick(WORDS)));
    const list = words.map((word) => `${word}${random.pick(WORDS)}`).join(', ');
    const numbers = Array.from({ length }, () => random.int(-99, 999)).join(', ');
    return random.pick([
      () => `Sort these numbers in ${random.pick(['ascending', 'descending'])} order: ${numbers}`,
      () => `Sort these words in alphabetical order: ${list}`,
      () => `Reverse the order of these words: ${list}`,
      () => `Count how many of these words have more than ${random.int(5, 7)} letters: ${list}`,
    ])();
  },
};

/** The list with two neighbours swapped, at its middle and at its end. */
function swaps(items: string[]): string[] {
  return [Math.floor(items.length / 2) - 1, items.length - 2].map((at) => {
    const copy = [...items];
    [copy[at], copy[at + 1]] = [copy[at + 1]!, copy[at]!];
    return copy.join(', ');
  });
}
