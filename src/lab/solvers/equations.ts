/** Linear equations in one unknown, and pairs of them in two. */
import { difficultyOf, plainNumber, type Solver, sizeOf } from './solver.ts';

const ONE =
  /solve for x:\s*(-?\d*)\s*\*?\s*x\s*([+-])\s*(\d+)\s*=\s*(?:(-?\d*)\s*\*?\s*x\s*([+-])\s*)?(-?\d+)/i;
const TWO = /(-?\d+)x \+ (-?\d+)y = (-?\d+)\s*(?:,|and|;|\n)\s*(-?\d+)x \+ (-?\d+)y = (-?\d+)/i;

export const equations: Solver = {
  name: 'equations',

  solve(prompt) {
    const two = TWO.exec(prompt);
    if (two) {
      const [a, b, c, d, e, f] = two.slice(1).map(Number) as [number, number, number, number, number, number];
      const determinant = a * e - b * d;
      if (determinant === 0) return undefined;
      const x = (c * e - b * f) / determinant;
      const y = (a * f - c * d) / determinant;
      const write = (left: number, right: number) => `x = ${plainNumber(left)}, y = ${plainNumber(right)}`;
      return {
        answer: write(x, y),
        kind: 'math',
        difficulty: difficultyOf(two.slice(1).join('').length * 3.5, 6, 110),
        slips: [write(y, x), write(x + 1, y), write(x, -y)],
      };
    }
    const one = ONE.exec(prompt);
    if (!one) return undefined;
    const left = coefficient(one[1]!);
    const leftConstant = Number(`${one[2]}${one[3]}`);
    const right = one[4] === undefined ? 0 : coefficient(one[4]);
    const rightConstant = Number(`${one[5] === '-' ? '-' : ''}${one[6]}`);
    const x = (rightConstant - leftConstant) / (left - right);
    if (!Number.isFinite(x)) return undefined;
    const slips = [(rightConstant + leftConstant) / (left - right), -x, x + 1].filter(Number.isFinite);
    const work = one.slice(1).join('').length * (one[4] === undefined ? 1.2 : 2.2);
    return {
      answer: `x = ${plainNumber(x)}`,
      kind: 'math',
      difficulty: difficultyOf(work, 4, 60),
      slips: slips.map((slip) => `x = ${plainNumber(slip)}`),
    };
  },

  make(random, difficulty) {
    const digits = Math.max(1, sizeOf(difficulty, 1, 5));
    const value = () => random.int(2, Math.round(10 ** digits));
    if (random.next() < 0.5 || difficulty < 0.35) {
      const [x, a] = [random.int(-20, 60), value()];
      const b = value();
      if (difficulty < 0.5) return `Solve for x: ${a}x + ${b} = ${a * x + b}`;
      const c = a + random.int(1, 9);
      const rest = a * x + b - c * x;
      return `Solve for x: ${a}x + ${b} = ${c}x ${rest < 0 ? '-' : '+'} ${Math.abs(rest)}`;
    }
    const [x, y] = [random.int(-9, 30), random.int(-9, 30)];
    const [a, b, c] = [value(), value(), value()];
    // A second row that is no multiple of the first.
    const d = (a * c) % b === 0 ? b + 1 : Math.floor((a * c) / b) + 1;
    const [first, second] = [`${a}x + ${b}y = ${a * x + b * y}`, `${d}x + ${c}y = ${d * x + c * y}`];
    return `Solve the system ${first} and ${second}. Give x and y.`;
  },
};

function coefficient(text: string): number {
  if (text === '' || text === '-') return text === '-' ? -1 : 1;
  return Number(text);
}
