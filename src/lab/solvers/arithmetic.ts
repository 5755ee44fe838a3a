/** Expressions of + - * / and brackets. */
import type { Random } from '../random.ts';
import { difficultyOf, plainNumber, type Solver, sizeOf } from './solver.ts';

const QUESTION =
  /(?:what is|what's|compute|calculate|evaluate|how much is|work out)\s*:?\s*((?:\(|-?\d)[\d\s.+*/()x×÷-]*[\d)])/i;

/** Products are made up to here; one more factor keeps them exact. */
const MAX_MADE = 1e9;

export const arithmetic: Solver = {
  name: 'arithmetic',

  solve(prompt) {
    const text = QUESTION.exec(prompt)?.[1]?.replace(/[x×]/g, '*').replace(/÷/g, '/');
    if (text === undefined || !/[-+*/]/.test(text.slice(1)) || text.length > 2000) return undefined;
    const value = evaluate(text);
    // Beyond the whole numbers that a double holds exactly the answer would not be exact either.
    if (value === undefined || !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) return undefined;
    const answer = plainNumber(value);
    const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.abs(value) || 1)) - 1);
    return {
      answer,
      kind: 'math',
      difficulty: difficultyOf(workOf(text), 2, 120),
      slips: [
        plainNumber(value + step),
        plainNumber(-value),
        plainNumber(value + 1),
        plainNumber(value - step),
      ],
    };
  },

  make(random, difficulty) {
    const target = sizeOf(difficulty, 2, 120);
    const digits = Math.min(1 + target / 24, 4);
    let text = number(random, digits);
    // At least one operator, or there is nothing to compute.
    while (!text.includes(' ') || (workOf(text) < target && Math.abs(evaluate(text)!) < MAX_MADE)) {
      const operand = number(random, digits);
      const operator = random.pick(['+', '-', '*']);
      const left = random.next() < 0.3 && text.includes(' ') ? `(${text})` : text;
      text = `${left} ${operator} ${operand}`;
    }
    return `What is ${text}?`;
  },
};

/** Roughly the digit operations a person needs. */
function workOf(text: string): number {
  const digits = text.match(/\d/g)?.length ?? 0;
  const sums = text.match(/[+-]/g)?.length ?? 0;
  const products = text.match(/[*/]/g)?.length ?? 0;
  return digits + sums + products * 4 + (text.match(/\(/g)?.length ?? 0) * 2 - 1;
}

function number(random: Random, digits: number): string {
  const most = 10 ** Math.max(1, Math.round(digits)) - 1;
  return String(random.int(2, most));
}

/** The value of an expression, `undefined` where it is none. */
export function evaluate(text: string): number | undefined {
  const tokens = text.match(/\d+(?:\.\d+)?|[-+*/()]/g) ?? [];
  let at = 0;

  const sum = (): number => {
    let value = product();
    while (tokens[at] === '+' || tokens[at] === '-') {
      value = tokens[at++] === '+' ? value + product() : value - product();
    }
    return value;
  };
  const product = (): number => {
    let value = factor();
    while (tokens[at] === '*' || tokens[at] === '/') {
      value = tokens[at++] === '*' ? value * factor() : value / factor();
    }
    return value;
  };
  const factor = (): number => {
    const token = tokens[at++];
    if (token === '-') return -factor();
    if (token === '(') {
      const value = sum();
      return tokens[at++] === ')' ? value : Number.NaN;
    }
    return token === undefined ? Number.NaN : Number(token);
  };

  const value = sum();
  return at === tokens.length && !Number.isNaN(value) ? value : undefined;
}
