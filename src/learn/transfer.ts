/** How much of a policy's gain is left on tasks it never saw, beside rows it never saw. */
import { PoolPredictor } from '../policy/embedded/pool.ts';
import { Predictor } from '../policy/embedded/predictor.ts';
import { sequencePlanner } from '../policy/embedded/sequence.ts';
import type { Forecasts } from './environment.ts';
import { frontierScore, type OutcomeMatrix } from './frontier.ts';
import { Random } from './random.ts';
import { forecast, operations, replayModels } from './replay.ts';
import { FRONTIER_LAMBDAS } from './study.ts';
import type { OutcomeTable, TableRow } from './table.ts';
import { fitPredictor } from './train.ts';

export interface Transfer {
  /** Gain of a policy trained on this table's other rows. */
  otherRows: number;
  /** Gain of a policy trained on this table's other tasks: what is left on a task that was never seen. */
  otherTasks: number;
  folds: number;
}

const TRANSFER_FOLDS = 3;
/** Rows used for training again, so that the time stays bounded. */
const MOST_TRANSFER_ROWS = 2000;

/** Trained again without each third of the rows, and without each third of the tasks. */
export function transfer(
  table: OutcomeTable,
  seed: number,
  progress: (line: string) => void,
): Transfer | undefined {
  const random = new Random(seed);
  const rows = Array.from(
    random.order(table.rows.length).subarray(0, MOST_TRANSFER_ROWS),
    (i) => table.rows[i]!,
  );
  const tasks = [...new Set(rows.map((row) => row.task ?? ''))];
  if (tasks.length < 2) return undefined;
  const folds = Math.min(TRANSFER_FOLDS, tasks.length);
  const taskOrder = random.order(tasks.length);
  const foldOfTask = new Map(tasks.map((task, i) => [task, taskOrder[i]! % folds]));
  const gain = (foldOf: (row: TableRow, at: number) => number, what: string): number => {
    const models = replayModels(table);
    const order: TableRow[] = [];
    const parts: Forecasts[] = [];
    for (let fold = 0; fold < folds; fold++) {
      progress(`training without ${what} ${fold + 1} of ${folds}`);
      const inside = rows.filter((row, at) => foldOf(row, at) !== fold);
      const outside = rows.filter((row, at) => foldOf(row, at) === fold);
      const { weights } = fitPredictor([{ ...table, rows: inside }], { seed });
      parts.push(forecast(outside, new PoolPredictor(new Predictor(weights), models)));
      order.push(...outside);
    }
    const lookahead = sequencePlanner({});
    const plays = parts.map((part) =>
      operations(part, lookahead, { lambdas: FRONTIER_LAMBDAS, verifier: undefined, maxCalls: 1, seed }),
    );
    const join = (pick: (part: number) => Float64Array) =>
      Float64Array.from(parts.flatMap((_, part) => Array.from(pick(part))));
    const outcomes: OutcomeMatrix = {
      rows: order.length,
      models,
      score: join((part) => parts[part]!.score),
      cost: join((part) => parts[part]!.cost),
    };
    const joined = FRONTIER_LAMBDAS.map((lambda, l) => ({
      lambda,
      cost: join((part) => plays[part]![l]!.cost),
      score: join((part) => plays[part]![l]!.score),
    }));
    return frontierScore(outcomes, joined).gain;
  };
  return {
    otherRows: gain((_, at) => at % folds, 'rows'),
    otherTasks: gain((row) => foldOfTask.get(row.task ?? '')!, 'tasks'),
    folds,
  };
}
