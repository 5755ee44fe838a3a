/** Word problems of a few templates: each a question, the arithmetic behind it, and its usual slip. */
import type { Random } from '../random.ts';
import { difficultyOf, plainNumber, type Solver, sizeOf } from './solver.ts';

interface Template {
  pattern: RegExp;
  /** Right answer first, then slips. */
  answers(values: number[]): number[];
  text(random: Random, size: number): string;
  /** Steps a person needs. */
  steps: number;
}

const NAMES = ['Anna', 'Ben', 'Chloe', 'David', 'Elena', 'Farid'];
const THINGS = ['apples', 'marbles', 'books', 'coins', 'stickers'];
const N = '(\\d+(?:\\.\\d+)?)';

const templates: Template[] = [
  {
    pattern: new RegExp(`has ${N} boxes with ${N} (\\w+) each and gives away ${N}\\b.*how many`, 'is'),
    answers: ([boxes, each, away]) => [
      boxes! * each! - away!,
      boxes! * each! + away!,
      boxes! * (each! - away!),
    ],
    text: (random, size) => {
      const boxes = random.int(2, 2 + Math.round(size / 8));
      const each = random.int(5, 5 + Math.round(size));
      const thing = random.pick(THINGS);
      return `${random.pick(NAMES)} has ${boxes} boxes with ${each} ${thing} each and gives away ${random.int(1, boxes * each)}. How many ${thing} are left?`;
    },
    steps: 2,
  },
  {
    pattern: new RegExp(
      `travels at ${N} km/h for ${N} hours.*at ${N} km/h for ${N} hours.*how (?:far|many)`,
      'is',
    ),
    answers: ([a, b, c, d]) => [a! * b! + c! * d!, (a! + c!) * (b! + d!), a! * b! + c!],
    text: (random, size) => {
      const leg = () =>
        `at ${random.int(20, 30 + Math.round(size))} km/h for ${random.int(2, 3 + Math.round(size / 12))} hours`;
      return `A train travels ${leg()} and then ${leg()}. How far does it travel in total, in km?`;
    },
    steps: 3,
  },
  {
    pattern: new RegExp(`costs \\$${N} and is reduced by ${N}\\s?%.*sales tax of ${N}\\s?%.*how much`, 'is'),
    answers: ([price, off, tax]) =>
      [
        price! * (1 - off! / 100) * (1 + tax! / 100),
        price! * (1 - (off! - tax!) / 100),
        price! * (1 - off! / 100),
      ].map((usd) => Math.round(usd * 100) / 100),
    text: (random, size) =>
      `A jacket costs $${random.int(20, 40 + Math.round(size * 4))} and is reduced by ${random.int(1, 12) * 5}%. Then a sales tax of ${random.int(3, 20)}% is added. How much is it, in dollars, rounded to cents?`,
    steps: 6,
  },
  {
    pattern: new RegExp(`fills a tank in ${N} hours and .* in ${N} hours.*how many minutes`, 'is'),
    answers: ([a, b]) => [
      Math.round((60 * a! * b!) / (a! + b!)),
      Math.round((60 * (a! + b!)) / 2),
      Math.round((60 * (a! + b!)) / 4),
    ],
    text: (random, size) => {
      const first = random.int(2, 4 + Math.round(size / 6));
      return `One pipe fills a tank in ${first} hours and another fills it in ${first + random.int(1, 5 + Math.round(size / 6))} hours. How many minutes do both need together, rounded to the nearest minute?`;
    },
    steps: 8,
  },
];

export const wordProblems: Solver = {
  name: 'word-problems',

  solve(prompt) {
    for (const { pattern, answers, steps } of templates) {
      const match = pattern.exec(prompt);
      if (!match) continue;
      const texts = match.slice(1).filter((text) => /^\d/.test(text));
      const [right, ...slips] = answers(texts.map(Number));
      const digits = texts.join('').replace('.', '').length;
      return {
        answer: plainNumber(right!),
        kind: 'math',
        difficulty: difficultyOf(steps * digits, 4, 90),
        slips: slips.map(plainNumber),
      };
    }
    return undefined;
  },

  make(random, difficulty) {
    const target = sizeOf(difficulty, 4, 90);
    const fitting = templates.filter(({ steps }) => steps * 4 <= target * 1.3);
    const template = random.pick(fitting.length > 0 ? fitting : templates.slice(0, 1));
    return template.text(random, Math.min(400, 10 ** (target / template.steps / 3.2)));
  },
};
