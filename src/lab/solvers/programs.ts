/** What a short Python loop prints. */
import { difficultyOf, type Solver, sizeOf } from './solver.ts';

const PROGRAM =
  /x = (\d+)\nfor i in range\((\d+)\):\n {4}x = \(?x \* (\d+) \+ (i|\d+)\)?(?: % (\d+))?\nprint\(x\)/;
const MAX_ROUNDS = 1000;

export const programs: Solver = {
  name: 'programs',

  solve(prompt) {
    const match = PROGRAM.exec(prompt);
    if (!match || Number(match[2]) > MAX_ROUNDS) return undefined;
    const [, start, rounds, factor, term, modulus] = match;
    const run = (count: number) => {
      let x = BigInt(start!);
      for (let i = 0; i < count; i++) {
        x = x * BigInt(factor!) + (term === 'i' ? BigInt(i) : BigInt(term!));
        if (modulus !== undefined && modulus !== '0') x %= BigInt(modulus);
      }
      return String(x);
    };
    const count = Number(rounds);
    const answer = run(count);
    return {
      answer,
      kind: 'code',
      difficulty: difficultyOf(count * (modulus === undefined ? 1 : 2), 1, 50),
      slips: [run(count + 1), run(Math.max(0, count - 1)), String(BigInt(answer) + 1n)],
    };
  },

  make(random, difficulty) {
    const size = sizeOf(difficulty, 1, 50);
    const modulus = size > 8;
    const rounds = Math.max(1, Math.round(modulus ? size / 2 : size));
    const step = `x * ${random.int(2, 4)} + ${random.pick(['i', String(random.int(1, 9))])}`;
    const line = modulus ? `(${step}) % ${random.int(50, 997)}` : step;
    return `What does this program print?\nx = ${random.int(1, 20)}\nfor i in range(${rounds}):\n    x = ${line}\nprint(x)`;
  },
};
