import { expect, test } from 'vitest';
import { Random } from '../../src/learn/random.ts';
import type { TableRow } from '../../src/learn/table.ts';
import { taskLabels } from '../../src/learn/task-means.ts';
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
