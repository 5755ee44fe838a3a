/** Learning from outcomes: tables, training, decisions. Nothing that serves a request imports it. */

export { poolFromFile } from '../catalog/pool.ts';
export { createEmbeddedPolicy, loadPolicyWeights } from '../policy/embedded/policy.ts';
export { PoolPredictor } from '../policy/embedded/pool.ts';
export { Predictor } from '../policy/embedded/predictor.ts';
export { decodeWeights, encodeWeights, type PolicyWeights } from '../policy/embedded/weights.ts';
export { calibratePolicy } from './calibrate.ts';
export { decideTable, type TableDecision } from './decide.ts';
export { writeWhole } from './files.ts';
export {
  type Outcome,
  type OutcomeTable,
  readPrompts,
  readTable,
  type TablePrompt,
  type TableRow,
} from './table.ts';
export { type TrainOptions, trainPolicy } from './train.ts';
