/** What a policy does on prompts, tables and candidates that it was not trained on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parsePool } from '../../src/catalog/pool.ts';
import { calibratePolicy } from '../../src/learn/calibrate.ts';
import { type OutcomeTable, readTable, type TableRow } from '../../src/learn/table.ts';
import { fitPredictor } from '../../src/learn/train.ts';
import { PoolPredictor } from '../../src/policy/embedded/pool.ts';
import { Predictor } from '../../src/policy/embedded/predictor.ts';
import type { PolicyWeights } from '../../src/policy/embedded/weights.ts';
import { worldRows, writeRows } from '../support/outcomes.ts';

let folder: string;
let table: OutcomeTable;
let few: OutcomeTable;
let weights: PolicyWeights;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unseen-'));
  table = await readTable(await writeRows(join(folder, 'table'), worldRows(500, 21)));
  few = await readTable(await writeRows(join(folder, 'few'), worldRows(200, 22)));
  weights = fitPredictor([table], { seed: 5 }).weights;
}, 30_000);
afterAll(() => rm(folder, { recursive: true }));

const LETTER =
  'Dear Anna, thank you for the photographs of the harbour! We were so glad to hear that the children like their ' +
  'new school. Grandmother keeps asking whether you will visit us before the summer ends, and I said I would write.';

const reading = (text: string) => ({ ...table.rows[0]!.view, text });

type Model = {
  id: string;
  in: number;
  out: number;
  benchmarks?: Record<string, number>;
  reasoning?: boolean;
};

function poolOf(models: readonly Model[], policy = weights): PoolPredictor {
  const described = models.map(({ id, in: inputUsdPerMTok, out: outputUsdPerMTok, ...rest }) => {
    return { id, inputUsdPerMTok, outputUsdPerMTok, ...rest };
  });
  const catalog = parsePool(JSON.stringify({ models: described }), 'pool');
  return new PoolPredictor(new Predictor(policy), undefined, catalog);
}

function withoutModels(rows: readonly TableRow[], ...gone: string[]): TableRow[] {
  return rows.map((row) => ({
    ...row,
    outcomes: new Map([...row.outcomes].filter(([id]) => !gone.includes(id))),
  }));
}

test('prose of another kind is foreign although it is in the same language, and rows of the same kind are not', () => {
  const predictor = new Predictor(weights);
  expect(predictor.predict(reading(LETTER)).familiarity).toBe(0);
  const own = few.rows.map((row) => predictor.predict(row.view).familiarity);
  expect(own.reduce((sum, value) => sum + value, 0) / own.length).toBeGreaterThan(0.85);
});

test('on a foreign prompt all that counts is the ranking of all: the wording changes no candidate against another', () => {
  const predictor = new Predictor(weights);
  const first = Float64Array.from(predictor.predict(reading(LETTER)).success);
  const second = predictor.predict(reading(LETTER.replaceAll('a', 'e'))).success;
  expect(predictor.predict(reading(LETTER.replaceAll('a', 'e'))).familiarity).toBe(0);
  expect([...second]).toEqual([...first]);
  const byMean = weights.experts[0]!.success;
  const order = (values: ArrayLike<number>) =>
    Array.from(values, (_, i) => i).sort((i, j) => values[j]! - values[i]!);
  expect(order(first)).toEqual(order(byMean));
});

test('a longer foreign prompt costs a described candidate more, by its input price', () => {
  const pool = poolOf([
    { id: 'reads-dear', in: 10, out: 1, benchmarks: { mmlu_pro: 70 } },
    { id: 'writes-dear', in: 1, out: 10, benchmarks: { mmlu_pro: 70 } },
  ]);
  const short = Float64Array.from(pool.predict(reading(LETTER)).costUsd);
  const long = Float64Array.from(pool.predict(reading(LETTER.repeat(16))).costUsd);
  expect(short[0]!).toBeLessThan(short[1]!);
  expect(long[0]! / short[0]!).toBeGreaterThan(long[1]! / short[1]!);
  expect(long[1]!).toBeGreaterThan(short[1]!);
});

test('a candidate of whom only an easy benchmark is known does not pass the one that beats it there', () => {
  const pool = poolOf([
    { id: 'strong', in: 1, out: 4, benchmarks: { mmlu_pro: 80, gpqa_diamond: 70, math_500: 95 } },
    { id: 'middle', in: 1, out: 4, benchmarks: { mmlu_pro: 65, gpqa_diamond: 50, math_500: 85 } },
    { id: 'easy-only', in: 1, out: 4, benchmarks: { math_500: 90 } },
  ]);
  const [strong, middle, easyOnly] = pool.predict(reading(LETTER)).success;
  expect(easyOnly!).toBeLessThan(strong!);
  expect(easyOnly!).toBeGreaterThan(middle!);
});

test('a cheaper candidate of equal scores is never passed over, and one without any scores is no favourite', () => {
  const pool = poolOf([
    { id: 'cheap', in: 0.1, out: 0.4, benchmarks: { mmlu_pro: 70 } },
    { id: 'reasons', in: 0.1, out: 0.4, benchmarks: { mmlu_pro: 70 }, reasoning: true },
    { id: 'unknown', in: 0.1, out: 0.4 },
  ]);
  const { success, costUsd } = pool.predict(reading(LETTER));
  expect(success[2]!).toBeLessThan(success[0]!);
  expect(costUsd[1]!).toBeGreaterThan(1.5 * costUsd[0]!);
  expect(Math.abs(success[1]! - success[0]!)).toBeLessThan(0.1);
});

test('a candidate of two tables costs in each what it cost there', () => {
  const dearly = table.rows.map((row) => ({
    ...row,
    view: { ...row.view, text: `${LETTER}\n${row.view.text}` },
    outcomes: new Map([
      ['tiny', { ...row.outcomes.get('tiny')!, costUsd: 5 * row.outcomes.get('tiny')!.costUsd }],
      ['other', row.outcomes.get('large')!],
    ]),
  }));
  const both = fitPredictor([table, { path: 'dearly', rows: dearly, models: ['other', 'tiny'] }], {
    seed: 5,
  });
  const pool = new PoolPredictor(new Predictor(both.weights), ['tiny']);
  const meanCost = (rows: readonly TableRow[], of: (row: TableRow) => number) =>
    rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  for (const rows of [table.rows, dearly]) {
    const expected = meanCost(rows, ({ view }) => pool.predict(view).costUsd[0]!);
    const paid = meanCost(rows, ({ outcomes }) => outcomes.get('tiny')!.costUsd);
    expect(expected / paid).toBeGreaterThan(0.8);
    expect(expected / paid).toBeLessThan(1.25);
  }
});

test('a newcomer measured on rows that are easier for all is placed beside the others, not above them', () => {
  const two = fitPredictor(
    [{ ...table, models: ['large', 'tiny'], rows: withoutModels(table.rows, 'coder') }],
    {
      seed: 5,
    },
  ).weights;
  // The newcomer does as well as "tiny" on each row, and on these rows everybody does better than usual.
  const easier = few.rows.map((row) => {
    const outcomes = new Map(
      ['large', 'tiny'].map((id) => {
        const outcome = row.outcomes.get(id)!;
        return [id, { ...outcome, score: Math.max(outcome.score, row.id.length % 2) }];
      }),
    );
    return { ...row, outcomes: outcomes.set('newcomer', outcomes.get('tiny')!) };
  });
  const calibrated = calibratePolicy(two, { ...few, rows: easier, models: ['large', 'newcomer', 'tiny'] });
  const joined = calibrated.experts[0]!;
  const at = (id: string) => [...joined.candidates].findIndex((i) => calibrated.candidates[i]!.id === id);
  const tiny = joined.success[at('tiny')]!;
  const above = easier.reduce((sum, { outcomes }) => sum + outcomes.get('newcomer')!.score, 0) / 200 - tiny;
  expect(above).toBeGreaterThan(0.2);
  expect(joined.success[at('newcomer')]! - tiny).toBeLessThan(above / 2);
  expect(joined.success[at('newcomer')]!).toBeLessThan(joined.success[at('large')]!);
});

test('calibration on prompts of another kind leaves what the policy knew as it was', () => {
  const others = few.rows.map((row) => ({
    ...row,
    view: { ...row.view, text: `${LETTER}\n${row.view.text.split(' ').reverse().join(' - ')}` },
    outcomes: new Map([
      ['large', row.outcomes.get('tiny')!],
      ['elsewhere', row.outcomes.get('large')!],
    ]),
  }));
  const calibrated = calibratePolicy(weights, { ...few, rows: others, models: ['elsewhere', 'large'] });
  const [before, after] = [new Predictor(weights), new Predictor(calibrated)];
  let moved = 0;
  for (const { view } of table.rows.slice(0, 100)) {
    const success = Float64Array.from(before.predict(view).success);
    const now = after.predict(view).success;
    moved += Math.max(...success.map((own, i) => Math.abs(own - now[i]!))) / 100;
  }
  expect(moved).toBeLessThan(0.03);
  const large = calibrated.candidates.findIndex(({ id }) => id === 'large');
  const elsewhere = calibrated.candidates.findIndex(({ id }) => id === 'elsewhere');
  const { success } = after.predict(others[0]!.view);
  expect(success[elsewhere]!).toBeGreaterThan(success[large]!);
});

test('calibration sees what was the same in all prompts of training, and what the policy knew goes on without it', () => {
  const rows = few.rows.map((row, i) => ({
    ...row,
    view: {
      ...row.view,
      text: `${LETTER}\n${row.view.text.split(' ').reverse().join(' - ')}`,
      images: i % 2,
    },
    outcomes: new Map([
      ['blind', { score: i % 2 === 0 ? 1 : 0, costUsd: 0.001 }],
      ['sighted', { score: 1, costUsd: 0.01 }],
    ]),
  }));
  const calibrated = new Predictor(calibratePolicy(weights, { ...few, rows, models: ['blind', 'sighted'] }));
  const of = (id: string, images: number): number =>
    calibrated.predict({ ...rows[0]!.view, images }).success[calibrated.index.get(id)!]!;
  expect(of('blind', 0)).toBeGreaterThan(0.8);
  expect(of('blind', 1)).toBeLessThan(0.2);
  expect(of('sighted', 1)).toBeGreaterThan(0.8);
  const known = table.rows[0]!.view;
  const plain = calibrated.predict(known).familiarity;
  expect(plain).toBe(new Predictor(weights).predict(known).familiarity);
  expect(calibrated.predict({ ...known, images: 1 }).familiarity).toBe(plain);
});
