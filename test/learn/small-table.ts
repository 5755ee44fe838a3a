/** A small outcome table as it would be in a file: tasks that words give away, difficulty that length gives away. */
import { Random } from '../../src/learn/random.ts';

const WORDS: Record<string, string[]> = {
  sums: ['add', 'number', 'total', 'sum', 'plus', 'digits', 'carry'],
  poems: ['rhyme', 'verse', 'moon', 'stanza', 'metaphor', 'sonnet', 'lyric'],
  code: ['function', 'array', 'loop', 'return', 'compile', 'string', 'index'],
};
/** Success on an easy prompt of each task, and USD a call. Each model has a task of its own. */
const MODELS: Record<string, { skill: Record<string, number>; cost: number }> = {
  'acme/small': { skill: { sums: 0.9, poems: 0.25, code: 0.2 }, cost: 0.0002 },
  'acme/poet': { skill: { sums: 0.3, poems: 0.92, code: 0.3 }, cost: 0.001 },
  'acme/coder': { skill: { sums: 0.5, poems: 0.35, code: 0.93 }, cost: 0.004 },
  'acme/large': { skill: { sums: 0.9, poems: 0.85, code: 0.85 }, cost: 0.02 },
};

export interface Line {
  id: string;
  task: string;
  prompt: string;
  outcomes: Record<string, { score: number; cost: number }>;
}

export function smallTable(rows: number, seed: number, prefix = 'row'): Line[] {
  const random = new Random(seed);
  const tasks = Object.keys(WORDS);
  return Array.from({ length: rows }, (_, i) => {
    const task = tasks[random.below(tasks.length)]!;
    const hardness = random.next();
    const words = Array.from({ length: 8 + Math.round(30 * hardness) }, () => {
      const own = WORDS[task]!;
      return own[random.below(own.length)]!;
    });
    const outcomes = Object.fromEntries(
      Object.entries(MODELS).map(([model, { skill, cost }]) => [
        model,
        {
          score: random.next() < skill[task]! * (1.1 - 0.6 * hardness) ? 1 : 0,
          cost: cost * (0.8 + 0.4 * random.next()),
        },
      ]),
    );
    return { id: `${prefix}-${seed}-${i}`, task, prompt: `Please ${words.join(' ')}.`, outcomes };
  });
}

export const asFile = (lines: readonly object[]): string =>
  `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
