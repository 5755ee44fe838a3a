/** Who stands where, from statements about pairs. */
import { difficultyOf, type Solver, sizeOf } from './solver.ts';

const STATEMENT = /\b([A-Z][a-z]+) is (taller|older|faster) than ([A-Z][a-z]+)\b/g;
const QUESTION = /who is the (tallest|oldest|fastest|shortest|youngest|slowest)\b/i;
const TOP = new Set(['tallest', 'oldest', 'fastest']);
const NAMES =
  'Ada Bela Cora Dina Emil Finn Gita Hugo Iris Jon Kira Liam Mona Nils Olga Pia Quin Rosa Sven Tara Ugo Vera Wim Xena Yara Zoe'.split(
    ' ',
  );

export const orderings: Solver = {
  name: 'orderings',

  solve(prompt) {
    const asked = QUESTION.exec(prompt)?.[1]?.toLowerCase();
    const pairs = [...prompt.matchAll(STATEMENT)].map((match) => [match[1]!, match[3]!] as const);
    if (asked === undefined || pairs.length < 2) return undefined;
    const all = [...new Set(pairs.flat())];
    const beaten = new Set(pairs.map((pair) => pair[TOP.has(asked) ? 1 : 0]));
    const left = all.filter((name) => !beaten.has(name));
    // Several who are never beaten: the statements do not decide.
    if (left.length !== 1) return undefined;
    return {
      answer: left[0]!,
      kind: 'logic',
      difficulty: difficultyOf(pairs.length, 2, 26),
      slips: all.filter((name) => name !== left[0]).slice(0, 4),
    };
  },

  make(random, difficulty) {
    const count = Math.round(Math.min(25, Math.max(2, sizeOf(difficulty, 2, 26)))) + 1;
    const names = random.sample(NAMES, count);
    const [word, questions] = random.pick([
      ['taller', ['tallest', 'shortest']],
      ['older', ['oldest', 'youngest']],
      ['faster', ['fastest', 'slowest']],
    ] as const);
    const statements = names.slice(1).map((name, index) => `${names[index]} is ${word} than ${name}.`);
    return `${random.sample(statements, statements.length).join(' ')} Who is the ${random.pick(questions)}?`;
  },
};
