/** What an evaluation comes to: the numbers behind `xrouter eval`, its JSON and its page. Costs are USD per request. */
import type { FrontierPoint } from '../frontier.ts';

/** A figure with its 95 % interval from rows drawn with replacement. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

/** One router against the table's singles. Gains are in points of accuracy. */
export interface RouterFigures {
  id: string;
  name: string;
  /** Mean over budgets of 10 % .. 100 % of the best single's cost of (router - mixing line). */
  gain: Estimate;
  /** The gain as a share of the oracle's; absent where the oracle gains nothing. */
  ofOracle?: number;
  maxAccuracy: number;
  /** Least share of the best single's cost at which the router is as accurate; absent: never. */
  costMatch?: CostMatch;
  /** Operating points by rising cost; cost as a share of the best single's. */
  points: FrontierPoint[];
}

export interface CostMatch {
  value: number;
  low: number;
  /** Absent where the router is never as accurate in more than 2.5 % of the draws. */
  high?: number;
}

/** A model of the table, always asked. */
export interface SingleFigures {
  model: string;
  accuracy: number;
  costUsd: number;
  /** Of the best single's cost. */
  costShare: number;
  /** Whether the policy may choose it. */
  inPool: boolean;
}

/** Accuracy that a router reaches at a budget, with its interval. Budget as a share of the best single's cost. */
export interface BandPoint extends Estimate {
  budget: number;
}

/** Several calls for a row, with a verifier whose verdicts are right with probability `accuracy`. */
export interface VerifierFigures {
  accuracy: number;
  /** Lookahead without reinforcement. */
  plugIn: RouterFigures;
  /** The policy: lookahead with what DAPO added; absent where the policy file holds no such correction. */
  dapo?: RouterFigures;
  /** Escalation by a rule made by hand, from neighbours. */
  rule: RouterFigures;
  /** Gain of DAPO less that of the plug-in on the same drawn rows. */
  dapoLessPlugIn?: Estimate;
  /** Mean calls of the policy where it is as accurate as the best single at the least cost, else most accurate. */
  calls: number;
}

/** The same policy on the same rows where nobody judges answers, though it may make up to three calls. */
export interface NoVerifierFigures {
  policy: RouterFigures;
  /** Most calls it made on any row at any lambda. */
  mostCalls: number;
}

/** Pairs of row and model whose expected success lies in one tenth of the range. */
export interface ReliabilityTenth {
  from: number;
  to: number;
  pairs: number;
  /** Mean expected success, and mean score. */
  expected: number;
  reached: number;
  /** Standard error of (reached - expected), rows as clusters; absent for a single row. */
  error?: number;
}

/** The promise of an accuracy floor, over the rows on which the policy says that it is reached. */
export interface FloorCheck {
  floor: number;
  rows: number;
  /** Absent without a row. */
  expected?: number;
  reached?: number;
  /** Standard error of `reached`; absent where one row says nothing of it. */
  error?: number;
}

export interface Reliability {
  tenths: ReliabilityTenth[];
  /** Tenths with pairs enough to judge: at least `LEAST_PAIRS`. */
  judged: number;
  /** Largest |reached - expected| in points over these; absent without one. */
  worst?: number;
  floors: FloorCheck[];
}

/** What a harmless change of the prompt's wording does to the decision. */
export interface NoiseFigures {
  kind: string;
  /** Share of decisions that name another model, for each lambda. */
  flips: { lambda: number; rate: number }[];
  rate: Estimate;
  /** In points, over the same decisions. */
  accuracyChange: Estimate;
}

export interface TaskFigures {
  task: string;
  rows: number;
  /** At the working point. */
  accuracy: number;
  expected: number;
  costUsd: number;
  /** Share of the best single's cost on the same rows; absent where that costs nothing. */
  costShare?: number;
  /** The table's best single on these rows. */
  bestAccuracy: number;
  /** Accuracy less the best single's in points, and its standard error; absent where one row says nothing of it. */
  difference: number;
  error?: number;
  /** Against the mixing line of these rows alone; absent where they are too few to tell. */
  gain?: Estimate;
}

/** Up to three calls with a verifier, by policies trained anew: the lookahead without reinforcement, the rule made by hand. */
export interface HeldOutVerifier {
  accuracy: number;
  sameTasks: RouterFigures[];
  otherTasks: RouterFigures[];
}

/** Policies trained anew on parts of the table, and measured on the other parts. */
export interface HeldOutFigures {
  folds: number;
  tasks: number;
  rows: number;
  /** Mean rows that each policy was trained on. */
  trainingRows: number;
  /** Rows left out, their tasks known. */
  sameTasks: RouterFigures[];
  /** Whole tasks left out. */
  otherTasks: RouterFigures[];
  verifiers: HeldOutVerifier[];
  /** Rows that sequences were played on. */
  verifierRows: number;
  /** The policies without a verifier on these rows, one call. */
  noVerifier: { sameTasks: RouterFigures; otherTasks: RouterFigures };
}

/** One way to be asked, by every form of reinforcement. */
export interface ReinforcementSetting {
  /** Accuracy of the verifier; absent: none, one call. */
  verifier?: number;
  /** Without reinforcement first; the others with how much more they gain, on the same drawn rows. */
  routers: (RouterFigures & { more?: Estimate })[];
  /** Gain of the form divided by the standard deviation less that of the undivided, on the same drawn rows. */
  dividedLess?: Estimate;
}

/** Trained anew on some rows, each form from the same start, and measured on others. */
export interface ReinforcementFigures {
  trainingRows: number;
  rows: number;
  settings: ReinforcementSetting[];
  /** What that says, a sentence each; whether it earns its place last. */
  findings: string[];
}

export interface EvaluationReport {
  format: 'xrouter-evaluation';
  version: 1;
  policy: {
    name: string;
    seed: number;
    trainedOnRows: number;
    candidates: number;
    reinforced: boolean;
  };
  table: { name: string; rows: number; models: number; tasks: number };
  seed: number;
  draws: number;
  /** Rows of the policy's training that the simple routers learned from; absent: from this table, cross-fitted. */
  simpleLearnedFrom?: number;
  /** Models of the table that the policy does not know. */
  unknownModels: string[];
  best: SingleFigures;
  cheapest: SingleFigures;
  oracleAccuracy: number;
  singles: SingleFigures[];
  /** Costs as shares of the best single's. */
  mixing: FrontierPoint[];
  oracle: FrontierPoint[];
  /** One call: the policy, the predictor alone, neighbours, clusters. */
  oneShot: RouterFigures[];
  /** Share of rows and lambdas on which the policy and the predictor alone decide the same. */
  sameAsPredictor: number;
  band: BandPoint[];
  verifiers: VerifierFigures[];
  /** Rows that sequences were played on: all, or so many drawn from a large table. */
  verifierRows: number;
  /** Absent where the policy was trained without sequences. */
  noVerifier?: NoVerifierFigures;
  reinforcement: ReinforcementFigures | { leftOut: string };
  reliability: Reliability;
  noise: { rows: number; kinds: NoiseFigures[] };
  /** The lambda at which tasks are compared, and why that one. */
  workingPoint: { lambda: number; accuracy: number; costShare: number; reason: string };
  tasks: TaskFigures[];
  heldOut: HeldOutFigures | { leftOut: string };
  /** What limits these figures, a sentence each. */
  limits: string[];
}

/** What a report was made from, so that it can be made again. */
export interface Provenance {
  command: string;
  version: string;
  policySha256: string;
  tableSha256: string;
}
