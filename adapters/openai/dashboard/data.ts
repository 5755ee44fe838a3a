/**
 * What the dashboard's page is told, as JSON: `GET /dashboard/data`. Amounts are USD, times ISO or ms. What is
 * unknown is left out, never 0. Names come from outside and are cut to a bounded length, not escaped: the page
 * writes them as text.
 */
import type { BudgetScope } from '../../../src/index.ts';
import type { Range } from './time.ts';

export interface DashboardData {
  /** When it was read. */
  at: string;
  range: Range;
  zone: string;
  /** The range is from here until now. */
  from: string;
  /** True where no call was ever booked and no request kept. */
  empty: boolean;
  /** Older calls are not counted, since there are more than are held; absent: all of the range are counted. */
  countedSince?: string;
  spent: { today: Spend; week: Spend; range: Spend };
  overTime: SpendOverTime;
  byModel: NamedSpend[];
  byKey: NamedSpend[];
  bySession: NamedSpend[];
  budgets: BudgetState[];
  requests: RequestFigures;
  latest: RequestRow[];
}

/** Sums over calls as the ledger has them; each attempt on the wire is a call. */
export interface Spend {
  /** Of the calls whose cost is known. */
  knownUsd: number;
  calls: number;
  /** Calls that failed, were cut off or never reached the provider. */
  failedCalls: number;
  /** Calls whose cost is unknown: not in `knownUsd`. */
  unknownCalls: number;
  /** What budgets count for those: the worst case that was set aside. */
  heldUsd: number;
  inputTokens: number;
  outputTokens: number;
}

export interface NamedSpend extends Spend {
  /** Absent: calls without a key or session. */
  name?: string;
  /** Present in the last row where there are more than are listed: how many it sums up. */
  others?: number;
}

export interface SpendOverTime {
  /** Where each column begins; the last ends at `end`. */
  starts: string[];
  end: string;
  /** The models that cost most, and one row for the others; `usd` has one sum a column. */
  models: { name: string; others?: number; usd: number[] }[];
}

export interface BudgetState extends Pick<BudgetScope, 'kind' | 'key' | 'limitUsd'> {
  spentUsd: number;
  reservedUsd: number;
  unknownCalls: number;
}

/** From the requests that are kept beside the account. */
export interface RequestFigures {
  /** False: this ledger keeps none. */
  kept: boolean;
  counted: number;
  answered: number;
  failovers: number;
  escalations: number;
  /** The oldest request kept, where it is younger than the range. */
  countedSince?: string;
  models: ModelFigures[];
  /** Further models that are not listed. */
  otherModels: number;
  latency?: LatencyFigures;
  feedback: number;
  fixed: FixedModels;
}

export interface ModelFigures {
  name: string;
  answers: number;
  /** Of all answers, 0..1. */
  share: number;
  calls: number;
  failedCalls: number;
  /** Its calls failed and another model was asked. */
  failovers: number;
  /** Its answer was judged and another model was asked. */
  escalations: number;
  /** Mean over its calls of known cost. */
  meanCallUsd?: number;
  unknownCalls: number;
  p50Ms?: number;
  p95Ms?: number;
  feedback?: Interval & { requests: number };
}

/** A mean with its 95 % interval. */
export interface Interval {
  mean: number;
  low: number;
  high: number;
}

/** Completed calls by how long they took; `edgesMs` has one more than `counts`. */
export interface LatencyFigures {
  calls: number;
  p50Ms: number;
  p95Ms: number;
  edgesMs: number[];
  counts: number[];
}

/** What one model for all requests would have been expected to cost, or why nothing can be said. */
export type FixedModels =
  | { leftOut: string }
  | {
      /** Requests compared: those in which the policy looked at the same models, all with their cost. */
      requests: number;
      /** Answered requests of the range. */
      of: number;
      routed: { expectedUsd: number; expectedSuccess: number; measuredUsd?: number };
      /** Most expected success first. */
      models: FixedModel[];
    };

export interface FixedModel {
  name: string;
  expectedUsd: number;
  expectedSuccess: number;
  /** The most successful, and the cheapest of those as successful as the router's own choices. */
  best?: 'success' | 'cost' | 'both';
}

export interface RequestRow {
  id: string;
  at: string;
  status: 'answered' | 'failed';
  /** That answered, or else was called last. */
  model?: string;
  session?: string;
  key?: string;
  route?: string;
  lambda: number;
  minSuccess?: number;
  knownUsd: number;
  /** Absent: not known in full; `knownUsd` is the part that is. */
  usd?: number;
  latencyMs: number;
  choices: ChoiceRow[];
  calls: CallRow[];
  /** Candidates left out, by reason. */
  leftOut: { reason: string; models: string[]; more: number }[];
  feedback: { source: string; score: number }[];
  /** Whether its texts are kept and may be shown: `GET /dashboard/data?request=ID`. */
  texts: boolean;
}

/** One decision. */
export interface ChoiceRow {
  policy: string;
  /** What was done, and why, in a sentence. */
  why: string;
  estimates: { model: string; success?: number; costUsd?: number; utility?: number; chosen: boolean }[];
  moreEstimates: number;
}

export interface CallRow {
  model: string;
  servedModel?: string;
  status: 'completed' | 'failed' | 'aborted';
  /** Code of the error, and the HTTP status where there was one. */
  error?: string;
  httpStatus?: number;
  usd?: number;
  estimated?: true;
  /** Where the price comes from. */
  price?: string;
  attempts: number;
  latencyMs: number;
  firstTokenMs?: number;
  inputTokens?: number;
  outputTokens?: number;
  verdict?: 'passed' | 'rejected' | 'not judged';
}

/** Word for word, where the user keeps texts. */
export interface RequestTexts {
  id: string;
  messages: { role: string; text: string }[];
  /** Earlier messages that are not sent. */
  earlier: number;
  answer?: string;
}
