/** Tasks with exact verifiers, to measure candidates on. */
export { type GenerateOptions, generateTasks, TASK_KINDS, type TaskKind } from './generate.ts';
export { callInSandbox, closeSandbox, type SandboxOptions, type SandboxResult } from './sandbox.ts';
export type { GymTask, Score, TaskRequest } from './task.ts';
