/**
 * What is left of the gain on tasks that training never saw. A given policy cannot tell, since nobody knows
 * which tasks it saw: so policies are trained anew, the same way, on parts of this table. Once whole tasks are
 * left out, once as many rows at random, so that the difference is the tasks and not the number of rows.
 */
import { MOST_CALLS } from '../../policy/embedded/sequence.ts';
import type { Operation } from '../frontier.ts';
import { Random } from '../random.ts';
import { takeRows } from '../train-sequence.ts';
import {
  type Bench,
  emptyOperations,
  LAMBDAS,
  putOperations,
  SEQUENCE_LAMBDAS,
  takeOperations,
  takeOutcomes,
} from './bench.ts';
import { rowsByTask } from './by-task.ts';
import type { HeldOutFigures, RouterFigures } from './report.ts';
import { type NamedRouter, resample } from './resample.ts';
import { type Fold, foldsOf, simpleRouters } from './simple-routers.ts';
import { LEAST_TRAINING_ROWS, MOST_TRAINING_ROWS, play, trainAnew } from './trained-anew.ts';
import { VERIFIER_ACCURACIES } from './with-verifier.ts';

const MOST_FOLDS = 4;
/** Bounds the time: every row is planned for at every lambda and accuracy, its task known and not. */
const MOST_SEQUENCE_ROWS = 500;

export interface HeldOutOptions {
  seed: number;
  draws: number;
  progress: (line: string) => void;
}

export function heldOut(
  { rows, outcomes }: Bench,
  { seed, draws, progress }: HeldOutOptions,
): HeldOutFigures | { leftOut: string } {
  const tasks = rowsByTask(rows).size;
  if (tasks < 2) return { leftOut: 'the table has one task, so none can be held out' };
  const { same, other } = heldOutFolds(rows, seed);
  const folds = other.length;
  const least = Math.min(...[...other, ...same].map(({ train }) => train.length));
  if (least < LEAST_TRAINING_ROWS) {
    return { leftOut: `a policy would be trained on ${least} rows only` };
  }
  const sample = new Random(seed).order(rows.length).slice(0, MOST_SEQUENCE_ROWS).sort();
  const sampled = takeOutcomes(outcomes, sample);
  const chosen = new Set(sample);
  const trained = (parts: readonly Fold[], what: string, done: number): Regime => {
    const oneCall = emptyOperations(LAMBDAS, rows.length);
    const sequences = VERIFIER_ACCURACIES.map((accuracy) => ({
      accuracy,
      played: emptyOperations(SEQUENCE_LAMBDAS, rows.length),
    }));
    parts.forEach((fold, at) => {
      progress(
        `held out, training ${done + at + 1} of ${2 * folds}: ${what}, ${fold.train.length} rows to learn from`,
      );
      const { data, lookahead } = trainAnew({ rows, outcomes }, fold, seed);
      putOperations(oneCall, play(data, lookahead, undefined, seed), fold.test);
      const members = fold.test.filter((row) => chosen.has(row));
      const part = takeRows(
        data,
        members.map((row) => fold.test.indexOf(row)),
      );
      for (const { accuracy, played } of sequences) {
        putOperations(played, play(part, lookahead, accuracy, seed), members);
      }
    });
    const { knn, rule } = simpleRouters(rows, outcomes, parts, seed);
    return {
      oneCall: resample(
        outcomes,
        [policy(oneCall), { id: 'knn', name: 'nearest neighbours', operations: knn }],
        { seed, draws },
      ).figures,
      noVerifier: resample(sampled, [policy(takeOperations(oneCall, sample))], { seed, draws }).figures[0]!,
      sequences: sequences.map(({ accuracy, played }) => {
        const byHand = takeOperations(rule(accuracy, MOST_CALLS, seed), sample);
        const routers = [
          policy(takeOperations(played, sample)),
          { id: 'rule', name: 'rule made by hand', operations: byHand },
        ];
        return resample(sampled, routers, { seed, draws }).figures;
      }),
    };
  };
  const sameTasks = trained(same, 'rows left out', 0);
  const otherTasks = trained(other, 'tasks left out', folds);
  const sum = [...same, ...other].reduce((total, { train }) => total + train.length, 0);
  return {
    folds,
    tasks,
    rows: rows.length,
    trainingRows: Math.round(sum / (2 * folds)),
    sameTasks: sameTasks.oneCall,
    otherTasks: otherTasks.oneCall,
    verifiers: VERIFIER_ACCURACIES.map((accuracy, v) => ({
      accuracy,
      sameTasks: sameTasks.sequences[v]!,
      otherTasks: otherTasks.sequences[v]!,
    })),
    verifierRows: sample.length,
    noVerifier: { sameTasks: sameTasks.noVerifier, otherTasks: otherTasks.noVerifier },
  };
}

/** What routers gain where some rows, or whole tasks, are left out. */
interface Regime {
  oneCall: RouterFigures[];
  /** One call on the rows that sequences are played on. */
  noVerifier: RouterFigures;
  /** For each accuracy of the verifier. */
  sequences: RouterFigures[][];
}

const policy = (operations: readonly Operation[]): NamedRouter => ({
  id: 'policy',
  name: 'policy, trained anew',
  operations,
});

/** Rows left out with their whole tasks, and as many in each fold at random. */
export function heldOutFolds(rows: Bench['rows'], seed: number): { same: Fold[]; other: Fold[] } {
  const tasks = rowsByTask(rows);
  const folds = Math.min(MOST_FOLDS, tasks.size);
  const order = new Random(seed).order(rows.length);
  const shuffled = ({ train, test }: Fold): Fold => ({
    train: train.toSorted((a, b) => order[a]! - order[b]!).subarray(0, MOST_TRAINING_ROWS),
    test,
  });
  const ofTasks = taskFolds(tasks, folds, seed);
  return {
    other: foldsOf(rows.length, folds, (row) => ofTasks[row]!).map(shuffled),
    same: foldsOf(rows.length, folds, (row) => ofTasks[order[row]!]!).map(shuffled),
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
