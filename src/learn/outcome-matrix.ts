/** Outcomes of rows as matrices, rows × candidates. */
import { type Matrix, matrix, rowOf } from './linear-algebra.ts';
import type { TableRow } from './table.ts';

/**
 * Scores and log costs, rows × candidates; what a row lacks is filled with the candidate's mean in its task
 * plus the row's own tendency.
 */
export function outcomeMatrices(
  rows: readonly TableRow[],
  candidates: readonly string[],
  labels: Int32Array,
  tasks: number,
): { success: Matrix; logCost: Matrix } {
  const success = matrix(rows.length, candidates.length).data.fill(Number.NaN);
  const logCost = matrix(rows.length, candidates.length).data.fill(Number.NaN);
  const pool = candidates.length;
  rows.forEach((row, i) => {
    candidates.forEach((id, j) => {
      const outcome = row.outcomes.get(id);
      if (!outcome) return;
      success[i * pool + j] = outcome.score;
      logCost[i * pool + j] = Math.log(Math.max(outcome.costUsd, 1e-9));
    });
  });
  const size = { rows: rows.length, columns: pool };
  return {
    success: fillGaps({ ...size, data: success }, labels, tasks),
    logCost: fillGaps({ ...size, data: logCost }, labels, tasks),
  };
}

/** Rows by which a candidate's mean in a task is pulled to its mean over all tasks. */
const TASK_PULL = 5;

function fillGaps(m: Matrix, labels: Int32Array, tasks: number): Matrix {
  const { columns } = m;
  const sums = matrix(tasks + 1, columns);
  const counts = matrix(tasks + 1, columns);
  const tally = (row: number, j: number, value: number): void => {
    sums.data[row * columns + j]! += value;
    counts.data[row * columns + j]!++;
  };
  for (let i = 0; i < m.rows; i++) {
    for (let j = 0; j < columns; j++) {
      const value = m.data[i * columns + j]!;
      if (Number.isNaN(value)) continue;
      tally(labels[i]!, j, value);
      tally(tasks, j, value);
    }
  }
  const usual = (task: number, j: number): number => {
    const all = sums.data[tasks * columns + j]! / Math.max(1, counts.data[tasks * columns + j]!);
    return (
      (sums.data[task * columns + j]! + TASK_PULL * all) / (counts.data[task * columns + j]! + TASK_PULL)
    );
  };
  for (let i = 0; i < m.rows; i++) {
    const row = rowOf(m, i);
    let tendency = 0;
    let known = 0;
    for (let j = 0; j < columns; j++) {
      if (Number.isNaN(row[j]!)) continue;
      tendency += row[j]! - usual(labels[i]!, j);
      known++;
    }
    if (known === columns) continue;
    for (let j = 0; j < columns; j++) {
      if (Number.isNaN(row[j]!)) row[j] = usual(labels[i]!, j) + tendency / (known + 1);
    }
  }
  return m;
}

export function centre(m: Matrix, mean: Float64Array): void {
  for (let i = 0; i < m.rows; i++) for (let j = 0; j < m.columns; j++) m.data[i * m.columns + j]! -= mean[j]!;
}

/** Rows by which a candidate's smearing factor in a task is pulled to the one over all tasks. */
const SMEARING_PULL = 3;

/**
 * From expected log cost to expected cost: the mean of what was paid over the mean of what exp(expected log) said
 * (smearing, Duan 1983), by candidate and, pulled to that, by task and candidate, since tails differ by task.
 * @param expectedLog beyond the candidate's mean log cost
 * @returns `scale` by candidate, to the candidate's mean cost, and `byTask`, tasks × candidates, as logs on top of it
 */
export function smearing(
  rows: readonly TableRow[],
  candidates: readonly string[],
  expectedLog: Matrix,
  labels: Int32Array,
  tasks: number,
): { scale: Float32Array; byTask: Float64Array } {
  const pool = candidates.length;
  const scale = new Float32Array(pool);
  const byTask = new Float64Array(tasks * pool);
  candidates.forEach((id, j) => {
    const paid = new Float64Array(tasks);
    const said = new Float64Array(tasks);
    let known = 0;
    rows.forEach((row, i) => {
      const outcome = row.outcomes.get(id);
      if (!outcome) return;
      paid[labels[i]!]! += outcome.costUsd;
      said[labels[i]!]! += Math.exp(expectedLog.data[i * pool + j]!);
      known++;
    });
    const allPaid = paid.reduce((sum, value) => sum + value, 0);
    const allSaid = said.reduce((sum, value) => sum + value, 0);
    scale[j] = known > 0 && allSaid > 0 ? known / allSaid : 1;
    if (allPaid <= 0 || allSaid <= 0) return;
    const pull = (SMEARING_PULL * allPaid) / known;
    for (let t = 0; t < tasks; t++) {
      byTask[t * pool + j] = Math.log((paid[t]! + pull) / ((said[t]! * allPaid) / allSaid + pull));
    }
  });
  return { scale, byTask };
}
