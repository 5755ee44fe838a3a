/** Evaluation: its figures are those of the scorer, nothing is decided by rows it is judged on, nothing is hidden. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideTable } from '../../src/learn/decide.ts';
import { evaluatePolicy } from '../../src/learn/evaluate.ts';
import {
  createBench,
  LAMBDAS,
  operationOf,
  outcomeMatrix,
  SEQUENCE_LAMBDAS,
} from '../../src/learn/evaluation/bench.ts';
import { reinforcement, teachAndMeasure } from '../../src/learn/evaluation/reinforcement.ts';
import type { EvaluationReport, RouterFigures } from '../../src/learn/evaluation/report.ts';
import { frontierScore } from '../../src/learn/frontier.ts';
import { operations, replay } from '../../src/learn/replay.ts';
import { type OutcomeTable, readTable, type TableRow } from '../../src/learn/table.ts';
import { trainPolicy } from '../../src/learn/train.ts';
import { sequencePlanner } from '../../src/policy/embedded/sequence.ts';
import type { PolicyWeights } from '../../src/policy/embedded/weights.ts';
import { judged, SCORER } from './scorer.ts';
import { asFile, smallTable } from './small-table.ts';

const folder = mkdtempSync(join(tmpdir(), 'evaluate-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function tableOf(lines: readonly object[], name = 'table'): Promise<OutcomeTable> {
  const path = join(folder, `${name}.jsonl`);
  writeFileSync(path, asFile(lines));
  return readTable(path);
}

let training: OutcomeTable;
let table: OutcomeTable;
let weights: PolicyWeights;
/** The same, trained without sequences: quicker to evaluate. */
let oneCall: PolicyWeights;
let report: EvaluationReport;
beforeAll(async () => {
  training = await tableOf(smallTable(200, 1), 'training');
  table = await tableOf(smallTable(120, 2), 'table');
  weights = trainPolicy([training], { seed: 1, dapo: { iterations: 2, groups: 6, validateEvery: 1 } });
  oneCall = { ...weights, sequence: undefined };
  report = evaluatePolicy(weights, table, { seed: 3, draws: 60, quick: true });
}, 60_000);

const router = (id: string): RouterFigures => report.oneShot.find((one) => one.id === id)!;

describe('the figures are those of the scorer', () => {
  it('for decisions: gain, share of the oracle, cost match and the points themselves', () => {
    const { pool, outcomes } = createBench(weights, table);
    const decisions = [...decideTable(pool, table.rows, LAMBDAS)];
    const operations = LAMBDAS.map((lambda, l) =>
      operationOf(outcomes, lambda, (row) =>
        outcomes.models.indexOf(decisions[row * LAMBDAS.length + l]!.model),
      ),
    );
    const scored = frontierScore(outcomes, operations);
    const ours = router('predictor');
    expect(Math.abs(ours.gain.value - scored.gain)).toBeLessThan(1e-9);
    expect(Math.abs(ours.ofOracle! - scored.ofOracle)).toBeLessThan(1e-9);
    expect(ours.costMatch?.value).toBe(scored.costMatch);
    expect(ours.points).toEqual(scored.points);
    expect(report.best).toMatchObject({ model: scored.best, accuracy: scored.bestAccuracy });
  });

  it.runIf(SCORER)('for decisions and sequences, to 1e-9 of the scorer that routing is judged by', () => {
    const { pool, data } = createBench(weights, table);
    const options = { lambdas: SEQUENCE_LAMBDAS, verifier: 0.9, maxCalls: 3, seed: 3 };
    const policy = report.verifiers.find(({ accuracy }) => accuracy === 0.9)!;
    const compared = [
      { ours: router('predictor'), lines: [...decideTable(pool, table.rows, LAMBDAS)] },
      { ours: policy.dapo ?? policy.plugIn, lines: [...replay(data, sequencePlanner(weights), options)] },
    ];
    for (const { ours, lines } of compared) {
      const file = join(folder, 'lines.jsonl');
      writeFileSync(file, asFile(lines));
      const theirs = judged(table.path, file);
      expect(Math.abs(ours.gain.value - theirs.gain)).toBeLessThan(1e-9);
      expect(Math.abs(ours.ofOracle! - theirs.of_oracle)).toBeLessThan(1e-9);
      expect(Math.abs(ours.maxAccuracy - theirs.max_acc)).toBeLessThan(1e-9);
      expect(Math.abs((ours.costMatch?.value ?? -1) - (theirs.cost_match ?? -1))).toBeLessThan(1e-9);
    }
  });

  it('of a table whose words give the task away: above the mixing line, below the oracle', () => {
    expect(router('policy').gain.low).toBeGreaterThan(5);
    expect(router('policy').ofOracle).toBeLessThan(1);
    expect(router('policy').costMatch!.value).toBeLessThan(0.5);
    expect(router('knn').gain.value).toBeGreaterThan(5);
    const perfect = report.verifiers.at(-1)!;
    expect(perfect.accuracy).toBe(1);
    expect(perfect.plugIn.gain.value).toBeGreaterThan(report.verifiers[0]!.plugIn.gain.value);
  });
});

describe('intervals', () => {
  it('hold the estimate, and the same seed gives the same report', () => {
    for (const { gain } of report.oneShot) {
      expect(gain.low).toBeLessThan(gain.value);
      expect(gain.high).toBeGreaterThan(gain.value);
    }
    for (const point of report.band) {
      expect(point.low).toBeLessThanOrEqual(point.value);
      expect(point.high).toBeGreaterThanOrEqual(point.value);
    }
    expect(report.band.length).toBeGreaterThan(10);
    expect(evaluatePolicy(weights, table, { seed: 3, draws: 60, quick: true })).toEqual(report);
  });
});

describe('what a reader must not miss', () => {
  it('a gap costs its row, not the model; a model with many gaps is left out itself', async () => {
    const lines = smallTable(60, 5);
    const models = Object.keys(lines[0]!.outcomes);
    models.forEach((model, at) => {
      delete (lines[at]!.outcomes as Record<string, unknown>)[model];
    });
    for (const line of lines.slice(8)) Object.assign(line.outcomes, { rare: { score: 1, cost: 1 } });
    for (const line of lines.slice(20)) delete (line.outcomes as Record<string, unknown>).rare;
    const { table: measured, limits } = evaluatePolicy(oneCall, await tableOf(lines, 'gaps'), {
      draws: 5,
      quick: true,
    });
    expect(measured).toMatchObject({ rows: 60 - models.length, models: models.length });
    expect(limits.join(' ')).toContain(
      `1 models that lack too many rows are left out, and ${models.length} rows that lack one of the others`,
    );
  });

  it('tasks: every row counts once, and a gain is given only where rows allow', () => {
    expect(report.tasks.map(({ task }) => task)).toEqual(['code', 'poems', 'sums']);
    expect(report.tasks.reduce((sum, { rows }) => sum + rows, 0)).toBe(120);
    for (const { rows, gain } of report.tasks) expect(gain === undefined).toBe(rows < 100);
    const mean = report.tasks.reduce((sum, { rows, accuracy }) => sum + (rows * accuracy) / 120, 0);
    expect(mean).toBeCloseTo(report.workingPoint.accuracy, 9);
  });

  it('calibration: every pair of row and model is in one tenth', () => {
    expect(report.reliability.tenths.reduce((sum, { pairs }) => sum + pairs, 0)).toBe(120 * 4);
    for (const { from, to, expected } of report.reliability.tenths) {
      expect(expected).toBeGreaterThanOrEqual(from);
      expect(expected).toBeLessThanOrEqual(to);
    }
  });

  it('a model that the policy does not know is in the mixing line and named', async () => {
    const lines = smallTable(80, 4).map((line) => ({
      ...line,
      outcomes: { ...line.outcomes, 'new/genius': { score: 1, cost: 0.03 } },
    }));
    const { unknownModels, best, limits, oneShot } = evaluatePolicy(oneCall, await tableOf(lines, 'new'), {
      draws: 10,
      quick: true,
    });
    expect(unknownModels).toEqual(['new/genius']);
    expect(best).toMatchObject({ model: 'new/genius', inPool: false });
    expect(oneShot[0]!.costMatch).toBeUndefined();
    expect(limits.join(' ')).toContain('does not know 1 of the 5 models');
  });

  it('held-out tasks stand beside known ones, and are worse where each task has a model of its own', async () => {
    const lines = smallTable(120, 5);
    const told: string[] = [];
    const { heldOut } = evaluatePolicy(oneCall, await tableOf(lines, 'held'), {
      draws: 20,
      progress: (line) => told.push(line),
    });
    if ('leftOut' in heldOut) throw new Error(heldOut.leftOut);
    expect(heldOut).toMatchObject({ folds: 3, tasks: 3, rows: 120, trainingRows: 80, verifierRows: 120 });
    expect(heldOut.sameTasks[0]!.gain.value).toBeGreaterThan(heldOut.otherTasks[0]!.gain.value + 5);
    const accuracies = report.verifiers.map(({ accuracy }) => accuracy).filter((v) => v > 0.5);
    expect(heldOut.verifiers.map(({ accuracy }) => accuracy)).toEqual(accuracies);
    for (const { sameTasks, otherTasks } of heldOut.verifiers) {
      expect([sameTasks, otherTasks].map((all) => all.map(({ id }) => id))).toEqual([
        ['policy', 'rule'],
        ['policy', 'rule'],
      ]);
    }
    const good = heldOut.verifiers.find(({ accuracy }) => accuracy === 0.9)!;
    expect(good.sameTasks[0]!.gain.value).toBeGreaterThan(good.otherTasks[0]!.gain.value);
    // On a task it does not know a verifier is what tells a good answer from a bad one.
    expect(good.otherTasks[0]!.gain.value).toBeGreaterThan(heldOut.noVerifier.otherTasks.gain.value);
    expect(told.filter((line) => line.startsWith('held out, training'))).toHaveLength(6);
    expect(report.heldOut).toMatchObject({ leftOut: expect.stringContaining('quick') });
  }, 60_000);
});

describe('with a verifier', () => {
  it('the policy makes more than one call; without one, and with one that is a coin, it does not', () => {
    expect(report.noVerifier!.mostCalls).toBe(1);
    expect(report.verifiers[0]).toMatchObject({ accuracy: 0.5, calls: 1 });
    for (const { calls } of report.verifiers) {
      expect(calls).toBeGreaterThanOrEqual(1);
      expect(calls).toBeLessThanOrEqual(3);
    }
    expect(report.verifiers.find(({ accuracy }) => accuracy === 0.9)!.calls).toBeGreaterThan(1);
    const perfect = report.verifiers.at(-1)!;
    expect((perfect.dapo ?? perfect.plugIn).gain.value).toBeGreaterThan(report.noVerifier!.policy.gain.value);
  });

  it('is played at lambdas of one call, close enough for a coin to come to what no verifier comes to', async () => {
    expect(SEQUENCE_LAMBDAS.filter((lambda) => !LAMBDAS.includes(lambda))).toEqual([]);
    const { outcomes, data } = createBench(weights, await tableOf(smallTable(120, 9), 'steps'));
    const gainAt = (lambdas: readonly number[]) => {
      const options = { lambdas, verifier: undefined, maxCalls: 1, seed: 1 };
      return frontierScore(outcomes, operations(data, sequencePlanner(weights), options)).gain;
    };
    expect(Math.abs(gainAt(SEQUENCE_LAMBDAS) - gainAt(LAMBDAS))).toBeLessThan(0.05);
  });
});

describe('reinforcement, trained anew', () => {
  const short = { iterations: 8, groups: 12, validateEvery: 8, learningRate: 0.02 };
  const told: string[] = [];
  let measured: Exclude<EvaluationReport['reinforcement'], { leftOut: string }>;
  beforeAll(async () => {
    const of = await tableOf(smallTable(400, 9), 'forms');
    const bench = createBench(oneCall, of);
    const options = { seed: 2, draws: 40, dapo: short, progress: (line: string) => void told.push(line) };
    const figures = reinforcement(bench, teachAndMeasure(400, 2), options);
    if ('leftOut' in figures) throw new Error(figures.leftOut);
    measured = figures;
  }, 60_000);

  it('stands beside what it would have to beat, in one call and in sequences, with intervals', () => {
    expect(measured).toMatchObject({ trainingRows: 240, rows: 160 });
    expect(measured.settings.map(({ verifier }) => verifier)).toEqual([undefined, 0.7, 0.9]);
    for (const { routers } of measured.settings) {
      expect(routers.map(({ id }) => id)).toEqual(['plain', 'dapo', 'dapo-std']);
      for (const { gain } of routers) expect(gain.high).toBeGreaterThan(gain.low);
    }
    expect(told.filter((line) => line.includes('training'))).toHaveLength(5);
  });

  it('the form divided by the standard deviation is another, and its difference is shown', () => {
    for (const { routers, dividedLess } of measured.settings) {
      const [plain, dapo, divided] = routers;
      expect(divided!.points).not.toEqual(dapo!.points);
      expect(dividedLess!.value).toBeCloseTo(divided!.gain.value - dapo!.gain.value, 9);
      expect(dapo!.more!.value).toBeCloseTo(dapo!.gain.value - plain!.gain.value, 9);
    }
  });

  it('says whether it earns its place, by the intervals of the differences', () => {
    const better = measured.settings.some(({ routers }) => routers[1]!.more!.low > 0);
    expect(measured.findings).toHaveLength(4);
    expect(measured.findings.at(-1)).toContain(better ? 'earns its place' : 'does not earn its place');
  });

  it('is measured on rows that taught nothing, and left out where rows are too few or time is short', () => {
    const { train, test } = teachAndMeasure(5000, 3);
    expect([train.length, test.length]).toEqual([2000, 800]);
    expect(test.some((row) => train.includes(row))).toBe(false);
    const few = reinforcement(createBench(oneCall, table), teachAndMeasure(120, 1), {
      seed: 1,
      draws: 10,
      progress: () => {},
    });
    expect(few).toMatchObject({ leftOut: expect.stringContaining('72 rows are too few') });
    expect(report.reinforcement).toMatchObject({ leftOut: expect.stringContaining('quick') });
  });
});

describe('the simple routers', () => {
  it('learn from the rows of training where these are named, and none of these is measured', () => {
    const learned = evaluatePolicy(oneCall, table, { seed: 3, draws: 10, quick: true, training });
    expect(learned.verifiers).toEqual([]);
    expect(learned.simpleLearnedFrom).toBe(200);
    expect(learned.oneShot.find(({ id }) => id === 'knn')!.gain.value).not.toBe(router('knn').gain.value);
    const overlapping = { ...table, rows: [...table.rows, ...training.rows.slice(0, 7)] };
    const {
      table: measured,
      limits,
      oneShot,
    } = evaluatePolicy(oneCall, overlapping, {
      seed: 3,
      draws: 10,
      quick: true,
      training,
    });
    expect(measured.rows).toBe(120);
    expect(oneShot).toEqual(learned.oneShot);
    expect(limits.join(' ')).toContain('7 of the rows are in the table of training too');
    // What counts is the prompt: ids may be numbers that both tables begin at 1.
    const numbered = (rows: TableRow[]) => rows.map((row, i) => ({ ...row, id: String(i) }));
    const options = { seed: 3, draws: 10, quick: true };
    const again = evaluatePolicy(
      oneCall,
      { ...table, rows: numbered(overlapping.rows) },
      { ...options, training: { ...training, rows: numbered(training.rows) } },
    );
    expect(again.oneShot).toEqual(learned.oneShot);
    expect(() => evaluatePolicy(weights, table, { training: table })).toThrow(/120 of its 120 rows are in/);
  });
});

describe('tables that nothing can be said about', () => {
  const evaluate = async (lines: object[]) => evaluatePolicy(weights, await tableOf(lines, 'bad'));

  it('one row, no common model, one common model, and costs of nothing are refused by name', async () => {
    const renamed = (keep: string[]) =>
      smallTable(20, 6).map((line) => ({
        ...line,
        outcomes: Object.fromEntries(
          Object.entries(line.outcomes).map(([id, outcome]) => [
            keep.includes(id) ? id : `other/${id}`,
            outcome,
          ]),
        ),
      }));
    await expect(evaluate(smallTable(1, 6))).rejects.toThrow(/one row/);
    await expect(evaluate(renamed([]))).rejects.toThrow(/the policy knows none/);
    await expect(evaluate(renamed(['acme/poet']))).rejects.toThrow(/knows only acme\/poet/);
    const free = smallTable(20, 6).map((line) => ({
      ...line,
      outcomes: Object.fromEntries(
        Object.entries(line.outcomes).map(([id, { score }]) => [id, { score, cost: 0 }]),
      ),
    }));
    await expect(evaluate(free)).rejects.toThrow(/nothing to save/);
  });
});

it('a matrix holds each outcome where its row and model say', () => {
  const matrix = outcomeMatrix(table.rows, ['acme/large', 'acme/small']);
  const outcome = table.rows[3]!.outcomes.get('acme/small')!;
  expect(matrix.score[3 * 2 + 1]).toBe(outcome.score);
  expect(matrix.cost[3 * 2 + 1]).toBe(outcome.costUsd);
});
