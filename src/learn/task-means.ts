/** The tasks of a table, and what is usual in each. */
import { addByTask } from '../policy/embedded/layers.ts';
import { cluster } from './fit-tasks.ts';
import { foldsOf } from './folds.ts';
import { type Matrix, matrix, rowOf } from './linear-algebra.ts';
import type { Random } from './random.ts';
import type { TableRow } from './table.ts';

/** Bounds of the pull on task means, in rows. */
const LEAST_PULL = 1;
const MOST_PULL = 200;

/** Named tasks where most rows name one that another row names too, else clusters of similar wording. */
export function taskLabels(
  rows: readonly TableRow[],
  vectors: readonly Float32Array[],
  dimensions: number,
  random: Random,
): { labels: Int32Array; tasks: number } {
  const named = Map.groupBy(rows, ({ task }) => task);
  named.delete(undefined);
  // A task of one row is a name of the row: nothing can be learned of it, and as many tasks as rows fill the memory.
  const recurring = [...named.values()].reduce((sum, { length }) => sum + (length > 1 ? length : 0), 0);
  if (recurring * 2 < rows.length) {
    const tasks = Math.max(1, Math.min(64, Math.floor(rows.length / 30)));
    return { labels: cluster(vectors, dimensions, tasks, random), tasks };
  }
  const index = new Map<string, number>();
  const labels = Int32Array.from(rows, ({ task = '' }) => {
    const at = index.get(task) ?? index.size;
    index.set(task, at);
    return at;
  });
  return { labels, tasks: index.size };
}

/**
 * Means by task of centred values over the rows listed, pulled to zero. What all candidates share and what
 * sets each apart are pulled separately, each as strongly as its spread within tasks is larger than between
 * them (empirical Bayes by moments, Efron and Morris 1975).
 */
export function taskMeans(values: Matrix, labels: Int32Array, tasks: number, rows: Int32Array): Matrix {
  const columns = values.columns + 1;
  const sums = matrix(tasks, columns);
  const squares = new Float64Array(columns);
  const counts = new Float64Array(tasks);
  let total = 0;
  for (const i of rows) {
    const row = rowOf(values, i);
    const sum = rowOf(sums, labels[i]!);
    let level = 0;
    for (let j = 0; j < values.columns; j++) level += row[j]! / values.columns;
    counts[labels[i]!]!++;
    total++;
    for (let j = 0; j < columns; j++) {
      const value = j < values.columns ? row[j]! - level : level;
      sum[j]! += value;
      squares[j]! += value * value;
    }
  }
  const means = matrix(tasks, values.columns);
  const pull = new Float64Array(columns);
  for (let j = 0; j < columns; j++) {
    let explained = 0;
    let used = 0;
    for (let t = 0; t < tasks; t++) {
      if (counts[t] === 0) continue;
      explained += sums.data[t * columns + j]! ** 2 / counts[t]!;
      used++;
    }
    const within = (squares[j]! - explained) / Math.max(1, total - used);
    const between = Math.max(explained / Math.max(1, total) - (within * used) / Math.max(1, total), 0);
    pull[j] = Math.min(MOST_PULL, Math.max(LEAST_PULL, between > 0 ? within / between : MOST_PULL));
  }
  for (let t = 0; t < tasks; t++) {
    const sum = rowOf(sums, t);
    const level = sum[values.columns]! / (counts[t]! + pull[values.columns]!);
    for (let j = 0; j < values.columns; j++) {
      means.data[t * values.columns + j] = level + sum[j]! / (counts[t]! + pull[j]!);
    }
  }
  return means;
}

/**
 * Expectations of the rows listed from their task posteriors, with task means of the others among them that are not
 * of the row's fold; the other rows of the result are zero.
 */
export function softMeans(
  values: Matrix,
  labels: Int32Array,
  tasks: number,
  posteriors: Matrix,
  folds: Int32Array,
  rows: Int32Array,
): Matrix {
  const out = matrix(values.rows, values.columns);
  for (const { shown, heldOut } of foldsOf(rows, folds)) {
    const means = taskMeans(values, labels, tasks, shown);
    for (const i of heldOut) addByTask(means.data, rowOf(posteriors, i), rowOf(out, i));
  }
  return out;
}
