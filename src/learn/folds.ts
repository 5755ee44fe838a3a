/** Rows dealt to folds, so that each can be judged by what was learned without it. */
import type { Random } from './random.ts';

const FOLDS = 5;

/** A fold for each row, at random and of equal size; with fewer rows than folds, one row each. */
export function dealFolds(rows: number, random: Random): Int32Array {
  const folds = new Int32Array(rows);
  random.order(rows).forEach((row, position) => {
    folds[row] = position % Math.min(FOLDS, rows);
  });
  return folds;
}

export interface Fold {
  /** Rows to learn from. */
  shown: Int32Array;
  /** Rows of the fold, to be judged. */
  heldOut: Int32Array;
}

/** Fold after fold, as far as rows of it are among those listed. */
export function* foldsOf(rows: Int32Array, folds: Int32Array): Generator<Fold> {
  for (let fold = 0; fold < FOLDS; fold++) {
    const heldOut = rows.filter((row) => folds[row] === fold);
    if (heldOut.length > 0) yield { shown: rows.filter((row) => folds[row] !== fold), heldOut };
  }
}

/** The numbers of all rows. */
export function allRows(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}
