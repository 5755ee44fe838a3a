/** Questions about a small comma-separated table. */
import { difficultyOf, plainNumber, type Solver, sizeOf } from './solver.ts';

const QUESTION =
  /what is the (sum|maximum|minimum|average|number of rows with) (?:of )?(?:the column )?(\w+)(?: (?:above|over) (-?\d+))?/i;
const NAMES = ['north', 'south', 'east', 'west', 'center', 'harbor', 'airport', 'station', 'park', 'hill'];
const COLUMNS = ['sales', 'visits', 'stock', 'orders', 'returns'];

export const tables: Solver = {
  name: 'tables',

  solve(prompt) {
    const match = QUESTION.exec(prompt);
    const rows = prompt
      .split('\n')
      .filter((line) => /^[\w -]+(,[\w. -]+)+$/.test(line.trim()))
      .map((line) => line.trim().split(','));
    if (!match || rows.length < 3) return undefined;
    const [, task, column, bound] = match;
    const at = rows[0]!.indexOf(column!);
    const values = rows.slice(1).map((row) => Number(row[at]));
    if (at < 0 || values.some((value) => !Number.isFinite(value))) return undefined;
    const value = aggregate(task!.toLowerCase(), values, Number(bound));
    if (value === undefined) return undefined;
    const heavy = /sum|average/i.test(task!) ? 2 : 1;
    return {
      answer: plainNumber(value),
      kind: 'logic',
      difficulty: difficultyOf(values.length * heavy, 2, 60),
      slips: [aggregate(task!.toLowerCase(), values.slice(1), Number(bound))!, value + 1].map(plainNumber),
    };
  },

  make(random, difficulty) {
    const task = random.pick(['sum', 'maximum', 'minimum', 'number of rows with']);
    const size = sizeOf(difficulty, 2, 60) / (task === 'sum' ? 2 : 1);
    const columns = random.sample(COLUMNS, 2);
    const rows = Array.from({ length: Math.max(2, Math.round(size)) }, (_, index) => {
      return [`${random.pick(NAMES)}${index + 1}`, ...columns.map(() => random.int(1, 900))].join(',');
    });
    const column = random.pick(columns);
    const what = task.startsWith('number')
      ? `${column} above ${random.int(200, 700)}`
      : `of the column ${column}`;
    return `Given this table:\nplace,${columns.join(',')}\n${rows.join('\n')}\nWhat is the ${task} ${what}?`;
  },
};

function aggregate(task: string, values: number[], bound: number): number | undefined {
  const sum = values.reduce((total, value) => total + value, 0);
  if (task === 'sum') return sum;
  if (task === 'maximum') return Math.max(...values);
  if (task === 'minimum') return Math.min(...values);
  if (task === 'average') return sum / values.length;
  return Number.isFinite(bound) ? values.filter((value) => value > bound).length : undefined;
}
