/** All solvers, the first that knows the prompt answers. */
import type { Random } from '../random.ts';
import { arithmetic } from './arithmetic.ts';
import { dates } from './dates.ts';
import { equations } from './equations.ts';
import { jsonPaths } from './json-paths.ts';
import { lists } from './lists.ts';
import { orderings } from './orderings.ts';
import { programs } from './programs.ts';
import type { Solved, Solver } from './solver.ts';
import { strings } from './strings.ts';
import { tables } from './tables.ts';
import { units } from './units.ts';
import { wordProblems } from './word-problems.ts';

export type { Solved, Solver };

export const solvers: readonly Solver[] = [
  wordProblems,
  lists,
  strings,
  tables,
  jsonPaths,
  units,
  dates,
  equations,
  orderings,
  programs,
  arithmetic,
];

/** Prompts longer than this are no tasks of a solver. */
const MAX_CHARS = 20_000;

export function solve(prompt: string): Solved | undefined {
  if (prompt.length > MAX_CHARS) return undefined;
  for (const solver of solvers) {
    const solved = solver.solve(prompt);
    if (solved) return solved;
  }
  return undefined;
}

/** A plausible wrong answer; never one that passes for the right one. */
export function wrongAnswer(solved: Solved, random: Random): string {
  const { answer } = solved;
  const slips = (solved.slips ?? []).filter((slip) => !sameAnswer(slip, answer));
  if (slips.length > 0) return random.pick(slips);
  const number = Number(answer);
  if (answer.trim() !== '' && Number.isFinite(number)) return String(number + random.int(1, 3));
  const parts = answer.split(/(, | )/);
  if (parts.length >= 3) {
    const swapped = [parts.at(-1)!, ...parts.slice(1, -1), parts[0]!].join('');
    if (!sameAnswer(swapped, answer)) return swapped;
  }
  return answer.length > 1 && !sameAnswer(answer.slice(0, -1), answer) ? answer.slice(0, -1) : `${answer}x`;
}

/** Whether two answers are the same but for case, spaces, quotes and the way a number is written. */
export function sameAnswer(a: string, b: string): boolean {
  const [left, right] = [normal(a), normal(b)];
  if (left === right) return true;
  const [x, y] = [Number(left), Number(right)];
  return left !== '' && right !== '' && Math.abs(x - y) <= 1e-6 * Math.max(1, Math.abs(y));
}

function normal(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/^[$"'`*\s]+|[."'`*\s]+$/g, '')
    .replace(/(?<=\d),(?=\d{3}\b)/g, '')
    .replace(/\s*([,:])\s*/g, '$1')
    .replace(/\s+/g, ' ');
}
