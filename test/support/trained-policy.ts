/** A policy that knows the lab's models from the outcomes of some of the lab's tasks. */
import { type Lab, labTasks } from '../../src/lab/index.ts';
import { encodeWeights, fitPredictor, type TableRow } from '../../src/learn/index.ts';
import { viewPrompt } from '../../src/policy/prompt-view.ts';

export interface Lesson {
  /** Of the policy. */
  name: string;
  /** Of the tasks: other ones than those that are measured on. */
  seed: number;
  /** Each candidate with what a call of it costs, in USD. */
  costUsd: Record<string, number>;
  /** Whose outcomes a model is given; default: its own. */
  as?: (model: string) => string;
}

/** @returns the policy's file */
export function trainedPolicy(lab: Lab, { name, seed, costUsd, as = (model) => model }: Lesson): Uint8Array {
  const pool = Object.keys(costUsd);
  const rows = labTasks(seed, 150).map(
    (task): TableRow => ({
      id: task.id,
      task: task.task,
      view: viewPrompt({ messages: [{ role: 'user', content: task.prompt }] }),
      outcomes: new Map(
        pool.map((model) => [
          model,
          { score: lab.wouldSolve(as(model), task.prompt) ? 1 : 0, costUsd: costUsd[model]! },
        ]),
      ),
    }),
  );
  return encodeWeights(fitPredictor([{ path: name, rows, models: [...pool].sort() }], { name }).weights);
}
