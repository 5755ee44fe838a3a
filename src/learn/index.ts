/** Learning from outcomes, and measuring them: `xrouter/learn`. Nothing that serves a request imports it. */

export { poolFromFile } from '../catalog/pool.ts';
export { requireWritable, writeWhole } from '../files.ts';
export * from '../gym/index.ts';
export {
  type EmbeddedPolicyOptions,
  type PromptEmbeddings,
  requireEmbeddings,
} from '../policy/embedded/own-embeddings.ts';
export { createEmbeddedPolicy, loadPolicyWeights } from '../policy/embedded/policy.ts';
export { PoolPredictor } from '../policy/embedded/pool.ts';
export { Predictor } from '../policy/embedded/predictor.ts';
export { SequencePlanner, sequencePlanner } from '../policy/embedded/sequence.ts';
export { shippedPolicyPath } from '../policy/embedded/shipped.ts';
export { decodeWeights, encodeWeights, type PolicyWeights } from '../policy/embedded/weights.ts';
export {
  type BanditLog,
  type BanditRow,
  banditLine,
  banditLog,
  readBanditLog,
} from './bandit-log.ts';
export { calibratePolicy } from './calibrate.ts';
export { type DapoOptions, dapoDefaults, trainDapo } from './dapo.ts';
export { decideTable, type TableDecision } from './decide.ts';
export { type EmbedOptions, embedRows, embedTables } from './embed-tables.ts';
export { type EvaluateOptions, evaluatePolicy } from './evaluate.ts';
export type { EvaluationReport, Provenance } from './evaluation/report.ts';
export { type FrontierScore, frontierScore } from './frontier.ts';
export { type Improvement, improvePolicy, isHeldOut } from './improve.ts';
export {
  differenceInterval,
  doublyRobust,
  type Estimated,
  evaluateOffPolicy,
  type LoggedChoice,
  meanInterval,
  type OffPolicyOptions,
  type OffPolicyValue,
} from './off-policy.ts';
export { judgePromotion, type Promotion, type PromotionOptions } from './promote.ts';
export {
  forecast,
  operations,
  type ReplayLine,
  type ReplayOptions,
  replay,
  replayModels,
} from './replay.ts';
export { evaluationPage } from './report/page.ts';
export {
  type Outcome,
  type OutcomeTable,
  readPrompts,
  readTable,
  type TablePrompt,
  type TableRow,
  withoutRepeats,
} from './table.ts';
export { fitPredictor, type TrainOptions, trainPolicy } from './train.ts';
export * from './verl/index.ts';
