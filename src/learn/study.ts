/**
 * What each part is worth, on rows that no part was trained on: the predictor alone, reinforcement of one
 * call, the lookahead, reinforcement of sequences, the paper's normalised form, and the hand-made rule.
 */
import { PoolPredictor } from '../policy/embedded/pool.ts';
import { Predictor } from '../policy/embedded/predictor.ts';
import { SequencePlanner, type SequenceWeights } from '../policy/embedded/sequence.ts';
import { embedPrompts, handMadeRule, type Logged } from './baselines.ts';
import type { DapoOptions } from './dapo.ts';
import { type Forecasts, hashUniform } from './environment.ts';
import { bootstrap, frontierScore, type Interval, type Operation } from './frontier.ts';
import { forecast, operations, outcomesOf, replayModels } from './replay.ts';
import type { OutcomeTable } from './table.ts';
import { fitPredictor } from './train.ts';
import { trainSequence } from './train-sequence.ts';

/** Cost sensitivities from "cost is nothing" to "only the cheapest", evenly in their logarithm. */
export const FRONTIER_LAMBDAS = [0, ...Array.from({ length: 16 }, (_, k) => 10 ** ((k - 6) / 3))];

export interface StudyLine {
  router: string;
  /** Accuracy of the verifier; `undefined`: none, one call. */
  verifier: number | undefined;
  /** Points over the mixing line. */
  gain: number;
  interval: Interval;
}

export interface StudyOptions {
  seed?: number;
  verifiers?: readonly number[];
  /** Left out: no reinforcement, which is what takes the time. */
  dapo?: Partial<DapoOptions>;
  /** Share of rows kept for the figures. */
  testShare?: number;
  draws?: number;
  progress?: (line: string) => void;
}

/** Outcomes of logged rows on some models, as the simple routers need them. */
export function logged(
  rows: OutcomeTable['rows'],
  models: readonly string[],
  vectors: readonly Float32Array[],
): Logged {
  const of = (value: 'score' | 'costUsd') =>
    Float64Array.from(rows.flatMap((row) => models.map((id) => row.outcomes.get(id)![value])));
  return { vectors, models: models.length, score: of('score'), cost: of('costUsd') };
}

export function study(table: OutcomeTable, options: StudyOptions = {}): { rows: number; lines: StudyLine[] } {
  const {
    seed = 1,
    verifiers = [0.7, 0.8, 0.9],
    testShare = 0.3,
    draws = 100,
    progress = () => {},
  } = options;
  const aside = (id: string) => hashUniform(`study ${seed} ${id}`) < testShare;
  const train = { ...table, rows: table.rows.filter((row) => !aside(row.id)) };
  const test = { ...table, rows: table.rows.filter((row) => aside(row.id)) };
  progress(`study: training on ${train.rows.length} rows, measuring on ${test.rows.length}`);
  const { weights, heldOut } = fitPredictor([train], { seed });
  const models = replayModels(table);
  const data = forecast(test.rows, new PoolPredictor(new Predictor(weights), models));
  const plugIn = trainSequence(heldOut, { seed, dapo: false });
  const reinforced = (label: string, dapo: Partial<DapoOptions>): SequenceWeights => {
    progress(`study: ${label}`);
    return trainSequence(heldOut, { seed, copula: plugIn.copula, dapo: { ...options.dapo, ...dapo } });
  };
  const routers: { router: string; verifier: number | undefined; operations: Operation[] }[] = [];
  const play = (
    router: string,
    weights: SequenceWeights,
    verifier: number | undefined,
    on: Forecasts = data,
  ) => {
    const settings = { lambdas: FRONTIER_LAMBDAS, verifier, maxCalls: 3, seed };
    routers.push({ router, verifier, operations: operations(on, new SequencePlanner(weights), settings) });
  };
  play('predictor alone', plugIn, undefined);
  const sequences: [string, SequenceWeights][] = [['lookahead', plugIn]];
  if (options.dapo) {
    play('DAPO, one call', reinforced('DAPO, one call', { maxCalls: 1, keep: 'last' }), undefined);
    const divided = reinforced('DAPO, one call, divided by std', {
      maxCalls: 1,
      keep: 'last',
      normalise: true,
    });
    play('DAPO, one call, divided by std', divided, undefined);
    sequences.push(
      ['lookahead + DAPO', reinforced('DAPO', { keep: 'last' })],
      ['lookahead + DAPO where it is surely better', reinforced('DAPO where it is surely better', {})],
      [
        'lookahead + DAPO divided by std',
        reinforced('DAPO divided by std', { keep: 'last', normalise: true }),
      ],
    );
  }
  const before = logged(train.rows, models, embedPrompts(weights.embedding, train.rows));
  const prompts = embedPrompts(weights.embedding, test.rows);
  for (const verifier of verifiers) {
    const settings = { lambdas: FRONTIER_LAMBDAS, verifier, maxCalls: 3, seed };
    routers.push({
      router: 'hand-made rule',
      verifier,
      operations: handMadeRule(data, before, prompts, settings),
    });
    for (const [router, sequence] of sequences) play(router, sequence, verifier);
  }
  const outcomes = outcomesOf(data);
  const intervals = bootstrap(
    outcomes,
    routers.map((router) => router.operations),
    { seed, draws },
  );
  const lines = routers.map(({ router, verifier, operations: played }, at) => ({
    router,
    verifier,
    gain: frontierScore(outcomes, played).gain,
    interval: intervals[at]!,
  }));
  return { rows: test.rows.length, lines };
}
