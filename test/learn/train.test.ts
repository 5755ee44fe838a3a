import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parsePool } from '../../src/catalog/pool.ts';
import { writeWhole } from '../../src/files.ts';
import { calibratePolicy } from '../../src/learn/calibrate.ts';
import { decideTable } from '../../src/learn/decide.ts';
import { forecast } from '../../src/learn/replay.ts';
import type { OutcomeTable } from '../../src/learn/table.ts';
import { fitPredictor } from '../../src/learn/train.ts';
import { PoolPredictor } from '../../src/policy/embedded/pool.ts';
import { Predictor } from '../../src/policy/embedded/predictor.ts';
import { encodeWeights, type PolicyWeights } from '../../src/policy/embedded/weights.ts';
import { tableOf, type WorldRow, worldRows } from '../support/outcomes.ts';
import { expectToBeatMixes, meanOf, outcomeOf, utilityOf as utilityOnHeld } from './held-out.ts';

/** The predictor alone: reinforcement of sequences has tests of its own. */
const predictorOf = (...of: Parameters<typeof fitPredictor>) => fitPredictor(...of).weights;

let folder: string;
let train: OutcomeTable;
let held: OutcomeTable;
let weights: PolicyWeights;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'train-'));
  train = await tableOf(folder, 'train', worldRows(700, 11));
  held = await tableOf(folder, 'held', worldRows(600, 12));
  weights = predictorOf([train], { seed: 5 });
}, 30_000);
afterAll(() => rm(folder, { recursive: true }));

const utilityOf = (policy: PolicyWeights, ids?: string[]) => utilityOnHeld(held, policy, ids);

test('the same seed and table give the same file, another seed another', () => {
  const again = encodeWeights(predictorOf([train], { seed: 5 }));
  expect(Buffer.compare(again, encodeWeights(weights))).toBe(0);
  expect(Buffer.compare(encodeWeights(predictorOf([train], { seed: 6 })), again)).not.toBe(0);
});

test('beats every mix of single models with as much money', () => expectToBeatMixes(held, weights));

test('a larger lambda never costs more, neither expected nor in fact', () => {
  const pool = new PoolPredictor(new Predictor(weights));
  const lambdas = [0, 0.03, 0.1, 0.3, 1, 3, 10, 30];
  const costs = lambdas.map((lambda) => outcomeOf(held, weights, lambda).costUsd);
  for (let i = 1; i < costs.length; i++) expect(costs[i]!).toBeLessThanOrEqual(costs[i - 1]! * 1.001);
  const expected = new Map<string, number>();
  for (const { id, cost } of decideTable(pool, held.rows, lambdas)) {
    expect(cost!).toBeLessThanOrEqual(expected.get(id) ?? Number.POSITIVE_INFINITY);
    expected.set(id, cost!);
  }
});

test('expected success is what happens, in each fifth of the range', () => {
  const predictor = new Predictor(weights);
  const bins = Array.from({ length: 5 }, () => ({ rows: 0, expected: 0, seen: 0 }));
  for (const row of held.rows) {
    const { success } = predictor.predict(row.view);
    for (const [model, outcome] of row.outcomes) {
      const own = success[predictor.index.get(model)!]!;
      const bin = bins[Math.min(4, Math.floor(own * 5))]!;
      bin.rows++;
      bin.expected += own;
      bin.seen += outcome.score;
    }
  }
  for (const { rows, expected, seen } of bins) {
    // Two standard errors of a share on so many rows, and two points of error.
    if (rows > 50) expect(Math.abs(expected - seen) / rows).toBeLessThan(0.02 + 1 / Math.sqrt(rows));
  }
});

test('a call whose tokens were recorded as 0 is not free on a prompt unlike the training', async () => {
  const uncounted = worldRows(300, 18).map(({ outcomes, ...row }) => ({
    ...row,
    outcomes: { ...outcomes, tiny: { ...outcomes.tiny!, input_tokens: 0, output_tokens: 0 } },
  }));
  const predictor = new Predictor(
    predictorOf([await tableOf(folder, 'uncounted', uncounted)], { trees: 20 }),
  );
  const tiny = predictor.index.get('tiny')!;
  const usual = meanOf(held, 'tiny').costUsd;
  const known = held.rows[0]!.view;
  const foreign = { ...known, text: 'Was soll ich heute kochen?' };
  predictor.embed(foreign);
  const far = Float32Array.from(predictor.vector);
  predictor.embed(known);
  const near = Float32Array.from(predictor.vector);
  const { bearing } = predictor;
  for (let share = 0; share <= 1; share += 0.1) {
    const between = near.map((value, k) => value + share * (far[k]! - value));
    const { costUsd } = predictor.predictVector(between, bearing);
    expect(costUsd.every(Number.isFinite)).toBe(true);
    expect(costUsd[tiny]!).toBeGreaterThan(usual / 20);
    expect(costUsd[tiny]!).toBeLessThan(usual * 20);
  }
});

test('where tokens were counted for short calls only, the same price is the same cost', async () => {
  const priced = { tiny: 1, coder: 4, large: 100 };
  const rows = worldRows(300, 18).map((row) => {
    const short = row.prompt.length < 100;
    const outcomes = Object.entries(row.outcomes).map(([model, outcome]) => {
      const { score, input_tokens, output_tokens } = outcome;
      const cost = (priced[model as keyof typeof priced] * (input_tokens + output_tokens)) / 1e6;
      return [model, { score, cost, ...(short && { input_tokens, output_tokens }) }];
    });
    return { ...row, outcomes: Object.fromEntries(outcomes) };
  });
  const predictor = new Predictor(predictorOf([await tableOf(folder, 'short', rows)], { trees: 20 }));
  const models = Object.entries(priced).map(([id, usd]) => ({
    id,
    inputUsdPerMTok: usd,
    outputUsdPerMTok: usd,
  }));
  const catalog = parsePool(JSON.stringify({ models }), 'pool');
  const ids = models.map(({ id }) => id);
  const asThen = new PoolPredictor(predictor, ids);
  const asNow = new PoolPredictor(predictor, ids, catalog);
  for (const { view } of held.rows.slice(0, 20)) {
    const then = asThen.predict(view).costUsd.slice();
    asNow.predict(view).costUsd.forEach((usd, j) => {
      expect(usd / then[j]!).toBeCloseTo(1, 6);
    });
  }
});

test('what was free in training and has a price today is not chosen as if it were free', async () => {
  const rows = worldRows(300, 19).map(({ outcomes, ...row }) => ({
    ...row,
    outcomes: { ...outcomes, coder: { ...outcomes.coder!, cost: 0 } },
  }));
  const predictor = new Predictor(predictorOf([await tableOf(folder, 'free', rows)], { trees: 20 }));
  const prices = { tiny: 0.1, coder: 9, large: 9 };
  const models = Object.entries(prices).map(([id, usd]) => ({
    id,
    inputUsdPerMTok: usd,
    outputUsdPerMTok: usd,
  }));
  const catalog = parsePool(JSON.stringify({ models }), 'pool');
  const named = (pool: PoolPredictor) => [...decideTable(pool, held.rows.slice(0, 50), [100])];
  expect(named(new PoolPredictor(predictor, ['tiny', 'coder', 'large'])).map(({ model }) => model)).toEqual(
    Array(50).fill('coder'),
  );
  const today = new PoolPredictor(predictor, ['tiny', 'coder', 'large'], catalog);
  expect(named(today).map(({ model }) => model)).not.toContain('coder');
  const [only] = named(new PoolPredictor(predictor, ['coder'], catalog));
  expect(only).not.toHaveProperty('cost');
  const { expectedCost } = forecast(held.rows, today);
  expect(Math.min(...expectedCost)).toBeGreaterThan(0);
});

test('an accuracy floor takes the cheapest that reaches it, else the strongest and says so', () => {
  const pool = new PoolPredictor(new Predictor(weights));
  for (const { view } of held.rows.slice(0, 50)) {
    const { success, costUsd } = pool.predict(view);
    const [decision] = decideTable(pool, [{ id: 'x', view }], [0], 0.6);
    const chosen = pool.ids.indexOf(decision!.model);
    expect(decision!.floorReached).toBe(success.some((own) => own >= 0.6));
    if (!decision!.floorReached) expect(success[chosen]).toBe(Math.max(...success));
    else expect(costUsd.every((cost, i) => success[i]! < 0.6 || cost >= costUsd[chosen]!)).toBe(true);
  }
});

test('a price of today moves the expected cost, and a pool may be part of the candidates', () => {
  const dearer = parsePool(
    JSON.stringify({ models: [{ id: 'tiny', inputUsdPerMTok: 1000, outputUsdPerMTok: 1000 }] }),
    'pool',
  );
  const { view } = held.rows[0]!;
  const before = new PoolPredictor(new Predictor(weights), ['tiny']).predict(view).costUsd[0]!;
  expect(
    new PoolPredictor(new Predictor(weights), ['tiny'], dearer).predict(view).costUsd[0]!,
  ).toBeGreaterThan(100 * before);
  expect(() => new PoolPredictor(new Predictor(weights), ['unheard'])).toThrow(/never measured "unheard"/);
});

test('unmeasured candidates are ranked by benchmarks, on the scale of the measured', () => {
  const model = (id: string, score: number) => ({
    id,
    inputUsdPerMTok: 1,
    outputUsdPerMTok: 1,
    benchmarks: { mmlu_pro: score },
  });
  const catalog = parsePool(
    JSON.stringify({
      models: [model('large', 80), model('weak', 30), model('same', 80), model('strong', 92)],
    }),
    'pool',
  );
  const pool = new PoolPredictor(new Predictor(weights), undefined, catalog);
  const [large, weak, same, strong] = pool.predict(held.rows[3]!.view).success;
  expect(weak!).toBeLessThan(same!);
  expect(same!).toBeLessThan(strong!);
  expect(Math.abs(same! - large!)).toBeLessThan(0.2);
});

test('a prompt unlike the training is recognised, and gets the means, higher or lower as it reads easy or hard', () => {
  const predictor = new Predictor(weights);
  const usual = predictor.predict(held.rows[0]!.view).familiarity;
  const text = '今日は東京の天気がとても良いので、散歩に行きたいです。どこがおすすめですか?';
  const reading = (times: number) => ({ ...held.rows[0]!.view, text: text.repeat(times) });
  const short = Float64Array.from(predictor.predict(reading(1)).success);
  const { familiarity, success } = predictor.predict(reading(25));
  expect(usual).toBeGreaterThan(0.8);
  expect(familiarity).toBeLessThan(0.2);
  weights.experts[0]!.success.forEach((mean, j) => {
    expect(Math.abs(success[j]! - mean)).toBeLessThan(0.15);
    expect(short[j]!).toBeGreaterThan(success[j]!);
  });
});

test('calibration on 200 rows lets a new candidate in where it is strong', async () => {
  const two = predictorOf([await tableOf(folder, 'two', worldRows(700, 13, ['tiny', 'large']))], { seed: 1 });
  const rows = await tableOf(folder, 'few', worldRows(200, 14));
  const calibrated = calibratePolicy(two, rows);
  expect(calibrated.candidates.map(({ id }) => id)).toEqual(['large', 'tiny', 'coder']);
  const before = utilityOf(two);
  const full = utilityOf(weights);
  expect(full).toBeGreaterThan(before + 0.02);
  expect(utilityOf(calibrated)).toBeGreaterThan(before + 0.6 * (full - before));
});

test('tables with different pools teach one policy that serves both', async () => {
  const others = (await tableOf(folder, 'third', worldRows(300, 15))).rows.map((row) => ({
    ...row,
    view: { ...row.view, text: `Übersetze bitte ins Deutsche: ${row.view.text.slice(0, 20)} morgen` },
    outcomes: new Map([...row.outcomes].map(([model, outcome]) => [`other-${model}`, outcome])),
  }));
  const both = predictorOf([
    train,
    { path: 'third', rows: others, models: ['other-coder', 'other-large', 'other-tiny'] },
  ]);
  expect(both.experts).toHaveLength(2);
  expect(utilityOf(both, ['coder', 'large', 'tiny'])).toBeGreaterThan(utilityOf(weights) - 0.02);
});

test('rows that lack some models are learned from all the same', async () => {
  const partial = worldRows(700, 16).map((row, i) => {
    const { [(['tiny', 'coder', 'large'] as const)[i % 3]!]: _gone, ...outcomes } = row.outcomes;
    return { ...row, outcomes };
  });
  const learned = predictorOf([await tableOf(folder, 'partial', partial)]);
  const reference = meanOf(held, 'large').costUsd;
  const singles = train.models.map((id) => {
    const { score, costUsd } = meanOf(held, id);
    return score - (0.3 * costUsd) / reference;
  });
  const bestSingle = Math.max(...singles);
  // A third of the outcomes is gone: most of what all of them teach must be left.
  expect(utilityOf(learned) - bestSingle).toBeGreaterThan(0.6 * (utilityOf(weights) - bestSingle));
});

test('a table without task names is learned from by its wording', async () => {
  const nameless = worldRows(700, 17).map(({ task: _task, ...row }) => row);
  const learned = predictorOf([await tableOf(folder, 'nameless', nameless as WorldRow[])]);
  expect(utilityOf(learned)).toBeGreaterThan(utilityOf(weights) - 0.03);
});

test('a file is written whole or not at all', async () => {
  function* failing(): Generator<string> {
    yield 'half';
    throw new Error('interrupted');
  }
  const before = await readdir(folder);
  await expect(writeWhole(join(folder, 'out'), failing())).rejects.toThrow(/interrupted/);
  expect(await readdir(folder)).toEqual(before);
  await writeWhole(join(folder, 'out'), ['all', Buffer.from(' of it')]);
  expect(await readFile(join(folder, 'out'), 'utf8')).toBe('all of it');
  await expect(writeWhole(join(folder, 'no', 'out'), ['x'])).rejects.toMatchObject({ code: 'invalid_file' });
});
