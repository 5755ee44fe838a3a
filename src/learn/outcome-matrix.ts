/** Outcomes of rows as matrices, rows × candidates. */
import { type Matrix, matrix, rowOf } from './linear-algebra.ts';
import type { TableRow } from './table.ts';

/** Scores and log costs, rows × candidates; what a row lacks is filled with the candidate's mean plus the row's own tendency. */
export function outcomeMatrices(
  rows: readonly TableRow[],
  candidates: readonly string[],
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
  return { success: fillGaps({ ...size, data: success }), logCost: fillGaps({ ...size, data: logCost }) };
}

function fillGaps(m: Matrix): Matrix {
  const mean = new Float64Array(m.columns);
  for (let j = 0; j < m.columns; j++) {
    let sum = 0;
    let known = 0;
    for (let i = 0; i < m.rows; i++) {
      const value = m.data[i * m.columns + j]!;
      if (Number.isNaN(value)) continue;
      sum += value;
      known++;
    }
    mean[j] = known > 0 ? sum / known : 0;
  }
  for (let i = 0; i < m.rows; i++) {
    const row = rowOf(m, i);
    let tendency = 0;
    let known = 0;
    for (let j = 0; j < m.columns; j++) {
      if (Number.isNaN(row[j]!)) continue;
      tendency += row[j]! - mean[j]!;
      known++;
    }
    for (let j = 0; j < m.columns; j++) if (Number.isNaN(row[j]!)) row[j] = mean[j]! + tendency / (known + 1);
  }
  return m;
}

export function centre(m: Matrix, mean: Float64Array): void {
  for (let i = 0; i < m.rows; i++) for (let j = 0; j < m.columns; j++) m.data[i * m.columns + j]! -= mean[j]!;
}

/** Brings the mean of exp(expected log cost ratio) to the mean of the real ratios, candidate by candidate. */
export function costScale(
  rows: readonly TableRow[],
  candidates: readonly string[],
  expectedLog: Matrix,
): Float32Array {
  const scale = new Float32Array(candidates.length);
  candidates.forEach((id, j) => {
    let expected = 0;
    let known = 0;
    rows.forEach((row, i) => {
      if (!row.outcomes.has(id)) return;
      expected += Math.exp(expectedLog.data[i * candidates.length + j]!);
      known++;
    });
    scale[j] = known > 0 && expected > 0 ? known / expected : 1;
  });
  return scale;
}
