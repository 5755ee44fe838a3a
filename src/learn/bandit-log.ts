/**
 * Bandit logs: what a router's own traffic teaches. One row for each request on which a policy had a choice,
 * with the choice, the probability of making it, and how it turned out; what the other candidates would have
 * done is not known, which is what makes it a bandit's log and not an outcome table.
 *
 * As a file: JSON lines, `{id, at, policy, lambda, min_success?, verifier?, features, candidates: [{model,
 * propensity, success?, cost?}], action, score, cost, first?: {score?, verdict?, cost?}, sources, shadow?}`.
 */
import { z } from 'zod';
import { answeringCall, type CallRecord } from '../episode.ts';
import { XrouterError } from '../errors.ts';
import type { StoredEpisode } from '../ledger/episodes.ts';
import { FEATURE_VERSION, HASH_BUCKETS, STRUCTURE_COUNT } from '../policy/embedded/features.ts';
import { readFeatures, type StoredFeatures } from '../policy/embedded/stored-features.ts';
import { MOST_LAMBDA } from '../request.ts';
import { bad, records, shaped } from './json-lines.ts';
import { MOST_USD } from './table.ts';

export interface BanditCandidate {
  model: string;
  /** Probability with which it was going to be chosen; 0: it could not be. */
  propensity: number;
  /** What the policy that decided expected. */
  success?: number;
  costUsd?: number;
}

export interface BanditRow {
  /** Of the episode. */
  id: string;
  /** ISO time. */
  at: string;
  /** That decided. */
  policy: string;
  lambda: number;
  /** Set where an accuracy floor decided, not lambda. */
  minSuccess?: number;
  /** Measured accuracy of the verifier, where one judged. */
  verifierAccuracy?: number;
  features: StoredFeatures;
  candidates: BanditCandidate[];
  /** Position in `candidates` of the one that was called first. */
  action: number;
  /** How good the request's answer was, 0..1, and what the whole request cost in USD. */
  score: number;
  costUsd: number;
  /** The same of the first call alone, as far as known: it may have been followed by others. */
  firstScore?: number;
  firstCostUsd?: number;
  /** `firstScore` is a verdict, wrong as often as the verifier is. */
  firstJudged?: true;
  /** Who scored: the sources of feedback, or `verifier` where there was none. */
  sources: string[];
  /** What the policy in the shadow would have called. */
  shadow?: { policy: string; model?: string };
}

/** Why an episode teaches nothing. */
export type Omission =
  | 'no outcome: neither feedback nor a verdict'
  | 'no choice: one candidate, or chosen earlier in the conversation'
  | 'cost unknown'
  | 'no features kept'
  | 'features of another version of this program';

/**
 * Feedback says how good an answer was, the mean of all sources; where there is none, the verdict does.
 * What failed without an answer has no outcome: an outage says nothing about how good a model is.
 */
function banditRow(episode: StoredEpisode): BanditRow | Omission {
  const [step] = episode.steps;
  const action = step?.decision.action;
  if (!step || action?.type !== 'call' || action.calls.length > 1 || step.decision.estimates.length < 2) {
    return 'no choice: one candidate, or chosen earlier in the conversation';
  }
  if (!episode.learning) return 'no features kept';
  if (episode.learning.features.version !== FEATURE_VERSION) {
    return 'features of another version of this program';
  }
  const calls = episode.steps.flatMap((one) => one.calls);
  const answer = answeringCall(episode);
  const score = meanOf(episode.feedback.map((one) => one.score)) ?? verdictScore(answer);
  if (score === undefined) return 'no outcome: neither feedback nor a verdict';
  if (episode.cost.usd === undefined) return 'cost unknown';

  const { decision } = step;
  const { model } = action.calls[0];
  const explored = decision.estimates.some((estimate) => estimate.propensity !== undefined);
  const candidates = decision.estimates.map(({ model: id, propensity, success, costUsd }) => ({
    model: id,
    propensity: explored ? (propensity ?? 0) : id === model ? 1 : 0,
    ...(success !== undefined && { success }),
    ...(costUsd !== undefined && { costUsd }),
  }));
  const chosen = candidates.findIndex((candidate) => candidate.model === model);
  if (chosen < 0) return 'no choice: one candidate, or chosen earlier in the conversation';
  const [first] = calls;
  const fedBack = episode.feedback.length > 0;
  const firstJudged = calls.length > 1 || !fedBack;
  const firstScore = firstJudged ? verdictScore(first) : score;
  const { features, verifierAccuracy } = episode.learning;
  return {
    id: episode.id,
    at: episode.startedAt,
    policy: decision.policy,
    lambda: episode.lambda,
    ...(episode.minSuccess !== undefined && { minSuccess: episode.minSuccess }),
    ...(verifierAccuracy !== undefined && { verifierAccuracy }),
    features,
    candidates,
    action: chosen,
    score,
    costUsd: episode.cost.usd,
    ...(firstScore !== undefined && { firstScore, ...(firstJudged && { firstJudged }) }),
    ...(first?.cost.usd !== undefined && first.status === 'completed' && { firstCostUsd: first.cost.usd }),
    sources: fedBack ? episode.feedback.map(({ source }) => source) : [VERIFIER],
    ...(episode.shadow && { shadow: { policy: episode.shadow.policy, model: episode.shadow.model } }),
  };
}

const VERIFIER = 'verifier';

/** Whether nobody but the verifier scored, which the policy itself relied on when it stopped. */
export function scoredByVerifierAlone({ sources }: BanditRow): boolean {
  return sources.length === 1 && sources[0] === VERIFIER;
}

export interface BanditLog {
  /** Oldest first. */
  rows: BanditRow[];
  /** How many episodes were left out, by reason. */
  omitted: Map<Omission, number>;
}

/** @param episodes in any order */
export function banditLog(episodes: readonly StoredEpisode[]): BanditLog {
  const rows: BanditRow[] = [];
  const omitted = new Map<Omission, number>();
  for (const episode of episodes) {
    const row = banditRow(episode);
    if (typeof row === 'string') omitted.set(row, (omitted.get(row) ?? 0) + 1);
    else rows.push(row);
  }
  rows.sort((a, b) => compare(a.at, b.at) || compare(a.features.words, b.features.words));
  return { rows, omitted };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function verdictScore(call: CallRecord | undefined): number | undefined {
  const verdict = call?.verdict;
  if (!verdict || verdict.judged === false) return undefined;
  return verdict.pass ? 1 : 0;
}

function meanOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** One line of a log file. */
export function banditLine(row: BanditRow): string {
  const { firstScore, firstCostUsd, firstJudged } = row;
  const first = firstScore !== undefined || firstCostUsd !== undefined;
  return `${JSON.stringify({
    id: row.id,
    at: row.at,
    policy: row.policy,
    lambda: row.lambda,
    min_success: row.minSuccess,
    verifier: row.verifierAccuracy,
    features: row.features,
    candidates: row.candidates.map(({ model, propensity, success, costUsd }) => ({
      model,
      propensity,
      success,
      cost: costUsd,
    })),
    action: row.candidates[row.action]!.model,
    score: row.score,
    cost: row.costUsd,
    ...(first && { first: { score: firstScore, verdict: firstJudged, cost: firstCostUsd } }),
    sources: row.sources,
    shadow: row.shadow,
  })}\n`;
}

const share = z.number().min(0).max(1);
const amount = z.number().nonnegative().max(MOST_USD);
const lineShape = z.object({
  id: z.string().min(1),
  at: z.iso.datetime(),
  policy: z.string(),
  lambda: z.number().nonnegative().max(MOST_LAMBDA),
  min_success: share.optional(),
  verifier: share.optional(),
  features: z.object({
    version: z.number(),
    words: z.base64(),
    structure: z.array(z.number()),
    // Features of versions before 3 have none; they are refused by their version.
    hardness: z.number().default(0),
  }),
  candidates: z
    .array(
      z.object({
        model: z.string().min(1),
        propensity: share,
        success: share.optional(),
        cost: amount.optional(),
      }),
    )
    .min(2),
  action: z.string(),
  score: share,
  cost: amount,
  first: z
    .object({ score: share.optional(), verdict: z.literal(true).optional(), cost: amount.optional() })
    .optional(),
  sources: z.array(z.string()),
  shadow: z.object({ policy: z.string(), model: z.string().optional() }).optional(),
});

/** Sums of probabilities are rounded; more than this is a mistake. */
const ROUNDING = 1e-6;

/**
 * Reads log files, optionally gzipped. A request that several of them hold counts once, as the last one has it:
 * exports of a ledger overlap, and feedback comes late.
 * @throws XrouterError `invalid_file`, naming the line and the reason
 */
export async function readBanditLog(...paths: string[]): Promise<BanditRow[]> {
  const rows = new Map<string, BanditRow>();
  for (const path of paths) {
    for await (const row of rowsOf(path)) rows.set(row.id, row);
  }
  return [...rows.values()];
}

async function* rowsOf(path: string): AsyncGenerator<BanditRow> {
  for await (const { line, value } of records(path)) {
    const read = shaped(path, line, value, lineShape, 'a log of requests');
    const { candidates, action, first, cost, min_success, verifier, ...rest } = read;
    requireFeatures(path, line, read.features);
    const chosen = candidates.findIndex(({ model }) => model === action);
    if (chosen < 0) throw bad(path, line, `the action "${action}" is none of the candidates`);
    if (candidates[chosen]!.propensity === 0) throw bad(path, line, 'what was chosen has propensity 0');
    const twice = candidates.find(({ model }, i) => candidates.findIndex((one) => one.model === model) < i);
    if (twice) throw bad(path, line, `${twice.model} is there twice among the candidates`);
    const total = candidates.reduce((sum, { propensity }) => sum + propensity, 0);
    if (Math.abs(total - 1) > ROUNDING) throw bad(path, line, `the propensities sum to ${total}, not to 1`);
    yield {
      ...rest,
      candidates: candidates.map(({ cost: costUsd, ...candidate }) => ({
        ...candidate,
        ...(costUsd !== undefined && { costUsd }),
      })),
      action: chosen,
      costUsd: cost,
      ...(min_success !== undefined && { minSuccess: min_success }),
      ...(verifier !== undefined && { verifierAccuracy: verifier }),
      ...(first?.score !== undefined && { firstScore: first.score }),
      ...(first?.verdict && { firstJudged: true as const }),
      ...(first?.cost !== undefined && { firstCostUsd: first.cost }),
    };
  }
}

function requireFeatures(path: string, line: number, features: StoredFeatures): void {
  const { version, structure, words } = features;
  if (version !== FEATURE_VERSION) {
    throw new XrouterError(
      'invalid_file',
      `${path}, line ${line}: its features are of version ${version}; this program reads version ${FEATURE_VERSION}.`,
      { hint: 'Export the log again, which leaves such requests out.' },
    );
  }
  const { buckets } = readFeatures(features);
  const whole = buckets.length * BYTES_PER_WORD === Buffer.byteLength(words, 'base64');
  if (structure.length !== STRUCTURE_COUNT || !whole || buckets.some((bucket) => bucket >= HASH_BUCKETS)) {
    throw bad(path, line, 'its features are cut off or damaged');
  }
}

const BYTES_PER_WORD = 4;
