/** Expressions of + - * / and brackets. */
import type { Random } from '../random.ts';
import { difficultyOf, plainNumber, type Solver, sizeOf } from './solver.ts';

const QUESTION =
  /(?:what is|what's|compute|calculate|evaluate|how much is|work out)\s*:?\s*((?:\(|-?\d)[\d\s.+*/()x×÷-]*[\d)])/i;

export const arithmetic: Solver = {
  name: 'arithmetic',

  solve(prompt) {
    const text = QUESTION.exec(prompt)?.[1]?.replace(/[x×]/g, '*').replace(/÷/g, '/');
    if (text === undefined || !/[-+*/]/.test(text.slice(1)) || text.length > 2000) return undefined;
    const value = evaluate(text);
    if (value === undefined || !Number.isFinite(value)) return undefined;
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
    let text = number(random, Math.min(1 + target / 24, 4));
    while (workOf(text) < target) {
      const operand = number(random, Math.min(1 + target / 24, 4));
      const operator = random.pick(['+', '-', '*']);
      text = random.next() < 0.3 ? `(${text}) ${operator} ${operand}` : `${text} ${operator} ${operand}`;
      const value = evaluate(text)!;
      if (Math.abs(value) > 1e12) return `What is ${text.slice(0, text.lastIndexOf(' ') - 2)}?`;
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
