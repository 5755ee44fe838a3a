/** Judges anything that expects something of a row, by the metric of src/learn/frontier.ts, in points. */
import { accuracyAt, type FrontierPoint, hull } from '../../src/learn/frontier.ts';
import type { TableRow } from '../../src/learn/table.ts';
import { chooseByLambda, type Options } from '../../src/policy/embedded/choose.ts';
import { PoolPredictor } from '../../src/policy/embedded/pool.ts';

export const LAMBDAS = [0, ...Array.from({ length: 51 }, (_, i) => 10 ** (-3 + i / 10))];

export interface Router {
  ids: readonly string[];
  referenceUsd: number;
  expect(row: TableRow): Options;
}

export interface Judged {
  gain: number;
  /** Spread over seeds. */
  spread: number;
  /** At the budget where it falls furthest below the mixing line. */
  worst: number;
}

export function pooled(...[predictor, ids, catalog]: ConstructorParameters<typeof PoolPredictor>): Router {
  const pool = new PoolPredictor(predictor, ids, catalog);
  return { ids: pool.ids, referenceUsd: pool.referenceUsd, expect: ({ view }) => pool.predict(view) };
}

/** @param nameOf what the router calls a model of the table */
export function judge(
  { ids, referenceUsd, expect }: Router,
  rows: readonly TableRow[],
  nameOf = (id: string) => id,
): Judged {
  const measured = new Map([...rows[0]!.outcomes.keys()].map((id) => [nameOf(id), id]));
  const members = ids.map((_, position) => position);
  const blank = (): FrontierPoint => ({ cost: 0, accuracy: 0 });
  const singles = ids.map(blank);
  const points = LAMBDAS.map(blank);
  for (const row of rows) {
    const of = ids.map((id) => row.outcomes.get(measured.get(id)!)!);
    const add = (point: FrontierPoint, j: number): void => {
      point.cost += of[j]!.costUsd / rows.length;
      point.accuracy += of[j]!.score / rows.length;
    };
    singles.forEach((point, j) => {
      add(point, j);
    });
    const expected = expect(row);
    LAMBDAS.forEach((lambda, l) => {
      add(points[l]!, chooseByLambda(members, expected, lambda, referenceUsd));
    });
  }
  const best = singles.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
  const [mixing, router] = [hull(singles), hull(points)];
  const gains = Array.from({ length: 10 }, (_, tenth) => (best.cost * (tenth + 1)) / 10).flatMap((budget) => {
    const mixed = accuracyAt(mixing, budget);
    return mixed === undefined ? [] : [100 * ((accuracyAt(router, budget) ?? 0) - mixed)];
  });
  return { gain: mean(gains), spread: 0, worst: Math.min(...gains) };
}

export function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

/** A share of 0..1 that an id always has: which rows are judged, and which are drawn. */
export function shareOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
