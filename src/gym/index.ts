/** Tasks with exact verifiers, to measure candidates on. */

export {
  type Answered,
  type AskModel,
  type CollectOptions,
  type CollectProgress,
  type CollectSummary,
  type CollectTask,
  collect,
  missing,
} from './collect.ts';
export { type GenerateOptions, generateTasks, TASK_KINDS, type TaskKind } from './generate.ts';
export { mistakeOf } from './mistake.ts';
export type { Outcome, OutcomeRow } from './outcome-table.ts';
export { callInSandbox, closeSandbox, type SandboxOptions, type SandboxResult } from './sandbox.ts';
export type { GymTask, Score, TaskRequest } from './task.ts';
export { readTaskFile } from './task-file.ts';
