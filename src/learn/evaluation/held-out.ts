/**
 * What is left of the gain on tasks that training never saw. A given policy cannot tell, since nobody knows
 * which tasks it saw: so policies are trained anew, the same way, on parts of this table. Once whole tasks are
 * left out, once as many rows at random, so that the difference is the tasks and not the number of rows.
 */
import { chooseByLambda } from '../../policy/embedded/choose.ts';
import { PoolPredictor } from '../../policy/embedded/pool.ts';
import { Predictor } from '../../policy/embedded/predictor.ts';
import type { Operation } from '../frontier.ts';
import { Random } from '../random.ts';
import type { OutcomeTable } from '../table.ts';
import { fitPredictor } from '../train.ts';
import { type Bench, LAMBDAS } from './bench.ts';
import { rowsByTask } from './by-task.ts';
import type { HeldOutFigures } from './report.ts';
import { type NamedRouter, resample } from './resample.ts';
import { type Fold, foldsOf, rowFolds, simpleRouters } from './simple-routers.ts';

const MOST_FOLDS = 4;
/** Bounds the time of each training. */
const MOST_TRAINING_ROWS = 2000;
/** Fewer rows than this teach a policy nothing. */
const LEAST_TRAINING_ROWS = 20;

export interface HeldOutOptions {
  seed: number;
  draws: number;
  progress: (line: string) => void;
}

export function heldOut(
  { rows, outcomes }: Bench,
  table: OutcomeTable,
  { seed, draws, progress }: HeldOutOptions,
): HeldOutFigures | { leftOut: string } {
  const tasks = rowsByTask(rows);
  if (tasks.size < 2) return { leftOut: 'the table has one task, so none can be held out' };
  const folds = Math.min(MOST_FOLDS, tasks.size);
  const cap = (fold: Fold): Fold => ({
    ...fold,
    train: fold.train.subarray(0, MOST_TRAINING_ROWS),
  });
  const order = new Random(seed).order(rows.length);
  const shuffled = ({ train, test }: Fold): Fold =>
    cap({ train: train.toSorted((a, b) => order[a]! - order[b]!), test });
  const ofTasks = taskFolds(tasks, folds, seed);
  const other = foldsOf(rows.length, folds, (row) => ofTasks[row]!).map(shuffled);
  const same = rowFolds(rows.length, folds, seed).map(shuffled);
  const least = Math.min(...[...other, ...same].map(({ train }) => train.length));
  if (least < LEAST_TRAINING_ROWS) {
    return { leftOut: `a policy would be trained on ${least} rows only` };
  }
  const trained = (parts: readonly Fold[], what: string, done: number): NamedRouter[] => {
    const operations = LAMBDAS.map(
      (lambda): Operation => ({
        lambda,
        cost: new Float64Array(rows.length),
        score: new Float64Array(rows.length),
      }),
    );
    parts.forEach((fold, at) => {
      progress(
        `held out, training ${done + at + 1} of ${2 * folds}: ${what}, ${fold.train.length} rows to learn from`,
      );
      decideFold({ rows, outcomes }, table, fold, seed, operations);
    });
    const { knn } = simpleRouters(rows, outcomes, parts, seed);
    return [
      { id: 'policy', name: 'policy, trained anew', operations },
      { id: 'knn', name: 'nearest neighbours', operations: knn },
    ];
  };
  const sameTasks = trained(same, 'rows left out', 0);
  const otherTasks = trained(other, 'tasks left out', folds);
  const sum = [...same, ...other].reduce((total, { train }) => total + train.length, 0);
  return {
    folds,
    tasks: tasks.size,
    rows: rows.length,
    trainingRows: Math.round(sum / (2 * folds)),
    sameTasks: resample(outcomes, sameTasks, { seed, draws }).figures,
    otherTasks: resample(outcomes, otherTasks, { seed, draws }).figures,
  };
}

/** Tasks dealt to folds of about equal size, the large ones first. */
function taskFolds(tasks: ReadonlyMap<string, number[]>, folds: number, seed: number): Int32Array {
  const groups = [...tasks.values()];
  const order = new Random(seed).order(groups.length);
  const dealt = groups
    .map((members, at) => ({ members, at: order[at]! }))
    .sort((a, b) => b.members.length - a.members.length || a.at - b.at);
  const sizes = new Int32Array(folds);
  const foldOf = new Int32Array(groups.reduce((sum, members) => sum + members.length, 0));
  for (const { members } of dealt) {
    const fold = sizes.indexOf(Math.min(...sizes));
    sizes[fold]! += members.length;
    for (const row of members) foldOf[row] = fold;
  }
  return foldOf;
}

function decideFold(
  { rows, outcomes }: Pick<Bench, 'rows' | 'outcomes'>,
  table: OutcomeTable,
  { train, test }: Fold,
  seed: number,
  operations: readonly Operation[],
): void {
  const models = [...outcomes.models];
  const part = { path: table.path, rows: Array.from(train, (row) => rows[row]!), models };
  const { weights } = fitPredictor([part], { seed });
  const pool = new PoolPredictor(new Predictor(weights), models);
  const members = models.map((_, j) => j);
  for (const row of test) {
    const expected = pool.predict(rows[row]!.view);
    for (const operation of operations) {
      const at = row * models.length + chooseByLambda(members, expected, operation.lambda, pool.referenceUsd);
      operation.cost[row] = outcomes.cost[at]!;
      operation.score[row] = outcomes.score[at]!;
    }
  }
}
