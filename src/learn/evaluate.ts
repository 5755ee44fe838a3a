/** Evaluation of a policy on an outcome table: what `xrouter eval` prints and its page shows. */
import type { Candidate } from '../catalog/candidate.ts';
import { chooseByLambda } from '../policy/embedded/choose.ts';
import { sequencePlanner } from '../policy/embedded/sequence.ts';
import type { PolicyWeights } from '../policy/embedded/weights.ts';
import type { DapoOptions } from './dapo.ts';
import {
  type Bench,
  createBench,
  LAMBDAS,
  operationOf,
  trainingOf,
  wholePart,
  withoutTraining,
} from './evaluation/bench.ts';
import { byTask, rowsByTask, workingPoint } from './evaluation/by-task.ts';
import { heldOut } from './evaluation/held-out.ts';
import { limitsOf } from './evaluation/limits.ts';
import { promptNoise } from './evaluation/noise.ts';
import { reinforcement, teachAndMeasure } from './evaluation/reinforcement.ts';
import { reliability } from './evaluation/reliability.ts';
import type { EvaluationReport, SingleFigures } from './evaluation/report.ts';
import { resample } from './evaluation/resample.ts';
import { FOLDS, rowFolds, simpleRouters } from './evaluation/simple-routers.ts';
import { withVerifier } from './evaluation/with-verifier.ts';
import { type FrontierPoint, type Operation, reference, type SinglesReference } from './frontier.ts';
import { operations as replayed } from './replay.ts';
import type { OutcomeTable } from './table.ts';

export interface EvaluateOptions {
  /** The same seed, policy and table give the same report. */
  seed?: number;
  /** Times that rows are drawn anew for the intervals. */
  draws?: number;
  /** Leaves out what is trained anew, for held-out tasks and for reinforcement, which takes longest. */
  quick?: boolean;
  /** Changes to the reinforcement that is trained anew. */
  dapo?: Partial<DapoOptions>;
  /** What the policy was trained on: the simple routers learn from it too, and none of its rows is measured. */
  training?: OutcomeTable;
  /** Prices of today, and models that the policy never met. */
  catalog?: readonly Candidate[];
  /** Told what is being done, a line each. */
  progress?: (line: string) => void;
}

const OWN_EMBEDDINGS =
  'The policy reads embeddings of your own. They were not asked for the changed wordings of prompt noise, which shows ' +
  'only what the form of a prompt does; and nearest neighbours and clusters compare words.';

const QUICK = 'asked to be quick, so no policy was trained anew';

/** Shares of the best single's cost at which the interval of the frontier is drawn, evenly in their logarithm. */
const BAND_BUDGETS = Array.from({ length: 41 }, (_, k) => 10 ** (-3 + k * 0.08));

/** @throws XrouterError `invalid_file` where nothing can be compared on this table with this policy */
export function evaluatePolicy(
  weights: PolicyWeights,
  given: OutcomeTable,
  options: EvaluateOptions = {},
): EvaluationReport {
  const { seed = 1, draws = 300, quick = false, dapo, catalog, progress = () => {} } = options;
  const unseen = options.training ? withoutTraining(given, options.training) : given;
  const table = wholePart(unseen);
  const bench = createBench(weights, table, catalog);
  const { rows, outcomes, pool, data } = bench;
  const training = options.training && trainingOf(bench, options.training);
  const left = {
    models: given.models.length - outcomes.models.length,
    repeated: given.rows.length - unseen.rows.length,
    incomplete: unseen.rows.length - rows.length,
  };
  progress(`${rows.length} rows, ${outcomes.models.length} models, ${pool.ids.length} of them in the pool`);
  if (left.models > 0 || left.incomplete > 0) {
    progress(`${left.models} models and ${left.incomplete} rows with gaps are left out`);
  }

  const predictor = predictorAlone(bench);
  const policy = replayed(data, sequencePlanner(weights), {
    lambdas: LAMBDAS,
    verifier: undefined,
    maxCalls: 1,
    seed,
  });
  const simple = simpleRouters(rows, outcomes, rowFolds(rows.length, FOLDS, seed), seed, { training });
  const oneShot = resample(
    outcomes,
    [
      { id: 'policy', name: 'policy, one call', operations: policy },
      { id: 'predictor', name: 'predictor without RL', operations: predictor.operations },
      { id: 'knn', name: 'nearest neighbours (40)', operations: simple.knn },
      { id: 'clusters', name: 'clusters (64)', operations: simple.clusters },
    ],
    { seed, draws, budgets: BAND_BUDGETS },
  );
  const sequences = weights.sequence
    ? withVerifier(bench, weights.sequence, { seed, draws, progress }, training)
    : { verifiers: [], verifierRows: 0 };
  progress('calibration, prompt noise, tasks');
  const { at: working, ...workingAt } = workingPoint(bench, predictor.operations);
  const ref = reference(outcomes);
  const singles = singlesOf(bench, ref);
  const best = singles[ref.best]!;
  const shares = (points: readonly FrontierPoint[]) =>
    points.map(({ cost, accuracy }) => ({ cost: cost / best.costUsd, accuracy }));
  const partial = {
    format: 'xrouter-evaluation' as const,
    version: 1 as const,
    policy: {
      name: weights.name,
      seed: weights.seed,
      trainedOnRows: weights.rows,
      candidates: weights.candidates.length,
      reinforced: weights.sequence?.correction !== undefined,
    },
    table: {
      name: nameOf(table.path),
      rows: rows.length,
      models: outcomes.models.length,
      tasks: rowsByTask(rows).size,
    },
    seed,
    draws,
    ...(training ? { simpleLearnedFrom: training.rows.length } : {}),
    unknownModels: outcomes.models.filter((id) => !pool.ids.includes(id)),
    best,
    cheapest: singles.reduce((least, single) => (single.costUsd < least.costUsd ? single : least)),
    oracleAccuracy: Math.max(...ref.oracle.map(({ accuracy }) => accuracy)),
    singles,
    mixing: shares(ref.mixing),
    oracle: shares(ref.oracle),
    oneShot: oneShot.figures,
    sameAsPredictor: sameShare(policy, predictor.operations),
    band: oneShot.band,
    ...sequences,
    reinforcement: quick
      ? { leftOut: QUICK }
      : reinforcement(bench, teachAndMeasure(rows.length, seed), { seed, draws, progress, dapo }),
    reliability: reliability(data),
    noise: promptNoise(bench, seed),
    workingPoint: workingAt,
    tasks: byTask(bench, predictor.operations, working, predictor.expected[working]!, seed),
    heldOut: quick ? { leftOut: QUICK } : heldOut(bench, { seed, draws, progress }),
  };
  const limits = limitsOf(partial, left);
  if (rows.some(({ view }) => view.embedding !== undefined)) limits.push(OWN_EMBEDDINGS);
  return { ...partial, limits };
}

/** The predictor's expectations and the shared rule, as `decide` does it. */
function predictorAlone({ rows, outcomes, pool, data }: Bench) {
  const count = pool.ids.length;
  const members = pool.ids.map((_, j) => j);
  const position = pool.ids.map((id) => outcomes.models.indexOf(id));
  const expected = LAMBDAS.map(() => new Float64Array(rows.length));
  const operations = LAMBDAS.map((lambda, l) =>
    operationOf(outcomes, lambda, (row) => {
      const success = data.success.subarray(row * count, (row + 1) * count);
      const costUsd = data.expectedCost.subarray(row * count, (row + 1) * count);
      const chosen = chooseByLambda(members, { success, costUsd }, lambda, pool.referenceUsd);
      expected[l]![row] = success[chosen]!;
      return position[chosen]!;
    }),
  );
  return { operations, expected };
}

function singlesOf({ outcomes, pool }: Bench, { singles, best }: SinglesReference): SingleFigures[] {
  return outcomes.models.map((model, j) => ({
    model,
    accuracy: singles[j]!.accuracy,
    costUsd: singles[j]!.cost,
    costShare: singles[j]!.cost / singles[best]!.cost,
    inPool: pool.ids.includes(model),
  }));
}

function sameShare(a: readonly Operation[], b: readonly Operation[]): number {
  let same = 0;
  let all = 0;
  a.forEach(({ cost, score }, l) => {
    for (let row = 0; row < cost.length; row++) {
      all++;
      if (cost[row] === b[l]!.cost[row] && score[row] === b[l]!.score[row]) same++;
    }
  });
  return same / all;
}

function nameOf(path: string): string {
  return path
    .split(/[\\/]/)
    .at(-1)!
    .replace(/\.jsonl(\.gz)?$/, '');
}
