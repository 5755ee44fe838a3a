/** Policies trained on part of a table, the way `train` does it, to be measured on rows they have not seen. */
import { PoolPredictor } from '../../policy/embedded/pool.ts';
import { Predictor } from '../../policy/embedded/predictor.ts';
import { MOST_CALLS, SequencePlanner, type SequenceWeights } from '../../policy/embedded/sequence.ts';
import type { Forecasts } from '../environment.ts';
import { forecast, operations, type PlayedOperation } from '../replay.ts';
import { fitPredictor } from '../train.ts';
import { type SequenceTraining, trainSequence } from '../train-sequence.ts';
import { type Bench, LAMBDAS, SEQUENCE_LAMBDAS } from './bench.ts';
import type { Fold } from './simple-routers.ts';

/** Bounds the time of each training. */
export const MOST_TRAINING_ROWS = 2000;
/** Fewer rows than this teach a policy nothing. */
export const LEAST_TRAINING_ROWS = 20;

export interface TrainedAnew {
  /** What is expected of the rows that decide, with their outcomes. */
  data: Forecasts;
  /** The lookahead without reinforcement. */
  lookahead: SequenceWeights;
  /** Reinforcement on top of it, from the same rows. */
  reinforce(dapo: SequenceTraining['dapo']): SequenceWeights;
}

/** A predictor and a belief from the rows of a fold that teach, asked about the others. */
export function trainAnew(
  { rows, outcomes }: Pick<Bench, 'rows' | 'outcomes'>,
  { train, test }: Fold,
  seed: number,
): TrainedAnew {
  const models = [...outcomes.models];
  const part = { path: 'part of the table', rows: Array.from(train, (row) => rows[row]!), models };
  const { weights, heldOut } = fitPredictor([part], { seed });
  const pool = new PoolPredictor(new Predictor(weights), models);
  const lookahead = trainSequence(heldOut, { seed, dapo: false });
  return {
    data: forecast(
      Array.from(test, (row) => rows[row]!),
      pool,
    ),
    lookahead,
    reinforce: (dapo) => trainSequence(heldOut, { seed, copula: lookahead.copula, dapo }),
  };
}

/** @param verifier probability that a verdict is right; `undefined`: no verifier, one call */
export function play(
  data: Forecasts,
  weights: SequenceWeights,
  verifier: number | undefined,
  seed: number,
): PlayedOperation[] {
  const lambdas = verifier === undefined ? LAMBDAS : SEQUENCE_LAMBDAS;
  return operations(data, new SequencePlanner(weights), { lambdas, verifier, maxCalls: MOST_CALLS, seed });
}
