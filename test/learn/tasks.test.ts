import { expect, test } from 'vitest';
import { matrix } from '../../src/learn/linear-algebra.ts';
import { outcomeMatrices } from '../../src/learn/outcome-matrix.ts';
import { Random } from '../../src/learn/random.ts';
import type { TableRow } from '../../src/learn/table.ts';
import { taskLabels, taskMeans } from '../../src/learn/task-means.ts';
import { viewPrompt } from '../../src/policy/prompt-view.ts';

const DIMENSIONS = 8;

function labelled(rows: number, taskOf: (row: number) => string | undefined): number {
  const random = new Random(1);
  const vectors = Array.from({ length: rows }, () =>
    Float32Array.from({ length: DIMENSIONS }, () => random.next() - 0.5),
  );
  const view = viewPrompt({ messages: [{ role: 'user', content: 'hello' }] });
  const table = Array.from({ length: rows }, (_, i): TableRow => {
    const task = taskOf(i);
    return { id: String(i), ...(task !== undefined && { task }), view, outcomes: new Map() };
  });
  return taskLabels(table, vectors, DIMENSIONS, new Random(1)).tasks;
}

test('tasks that rows share are taken as they are named', () => {
  expect(labelled(600, (i) => `task ${i % 200}`)).toBe(200);
  expect(labelled(600, (i) => (i % 3 === 0 ? undefined : `task ${i % 2}`))).toBe(3);
});

test('a name for each row tells no tasks: rows are clustered as if they had none', () => {
  const nameless = labelled(600, () => undefined);
  expect(nameless).toBe(20);
  expect(labelled(600, (i) => `row ${i}`)).toBe(nameless);
});

test('a difference between tasks is believed where it is larger than chance makes it', () => {
  /** Mean of the first of two tasks of ten rows each, of which so many score 1, the others -1. */
  const mean = (first: number, second: number): number => {
    const values = matrix(20, 1);
    const labels = Int32Array.from({ length: 20 }, (_, i) => (i < 10 ? 0 : 1));
    for (let i = 0; i < 20; i++) values.data[i] = i % 10 < (i < 10 ? first : second) ? 1 : -1;
    return taskMeans(values, labels, 2, Int32Array.from(labels.keys())).data[0]!;
  };
  expect(mean(10, 0)).toBeGreaterThan(0.9);
  expect(mean(6, 4)).toBeCloseTo(0, 1);
  expect(mean(6, 4)).toBeLessThan(0.02);
});

test('what a row lacks is filled with what is usual for the model, and with how easy the row was for others', () => {
  const view = viewPrompt({ messages: [{ role: 'user', content: 'hello' }] });
  const row = (id: string, scores: Record<string, number>): TableRow => ({
    id,
    view,
    outcomes: new Map(Object.entries(scores).map(([model, score]) => [model, { score, costUsd: 1 }])),
  });
  const even = [0, 1, 0, 1].map((score, i) => row(`even-${i}`, { a: score, b: score, c: 0.5 }));
  const table = [...even, row('easy', { a: 1, b: 1 }), row('hard', { a: 0, b: 0 })];
  const { success } = outcomeMatrices(table, ['a', 'b', 'c'], new Int32Array(6), 1);
  const [easy, hard] = [success.data[4 * 3 + 2]!, success.data[5 * 3 + 2]!];
  expect(easy).toBeGreaterThan(0.7);
  expect(hard).toBeLessThan(0.3);
  expect((easy + hard) / 2).toBeCloseTo(0.5, 9);
});
