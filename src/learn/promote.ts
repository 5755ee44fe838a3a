/** Whether a policy should take another's place, judged on logged requests that neither was trained on. */
import type { Candidate } from '../catalog/candidate.ts';
import type { PolicyWeights } from '../policy/embedded/weights.ts';
import { type BanditRow, scoredByVerifierAlone } from './bandit-log.ts';
import { isHeldOut } from './improve.ts';
import { forecastLog, type RowForecast } from './log-forecast.ts';
import {
  differenceInterval,
  type Estimated,
  evaluateOffPolicy,
  type LoggedChoice,
  type OffPolicyOptions,
  type OffPolicyValue,
} from './off-policy.ts';

/** With fewer outcomes of what the candidate would do differently, an interval is a guess. */
const LEAST_MATCHED = 20;
/** A verifier that is right more often counts as a test that is always right. */
const EXACT_ACCURACY = 0.99;
/** Outcomes that are too many or too few by more than this share, and by this many standard deviations. */
const MOST_MISSING = 0.1;
const MOST_DEVIATIONS = 4;
/** Larger shares of choices that the log could not have made leave too much unsaid. */
const MOST_UNSUPPORTED = 0.1;

export interface PromotionRows {
  /** In the log. */
  log: number;
  /** Not looked at, since one of the two may have learned from them. */
  learnedFrom: number;
  /** Decided by an accuracy floor, which has no reward to compare. */
  floor: number;
  /** Scored only by a verifier that errs: an answer is released because it passed, so its verdict proves little. */
  verdictOnly: number;
  /** Exploration was not in force: nothing is known of any other choice. */
  unexplored: number;
  /** Exploration was in force, but could not have chosen what one of the two would. */
  unsupported: number;
  /** Left to judge by. */
  judged: number;
  /** Of those, on which the two choose differently. */
  different: number;
  /** Of those, on which the log did what the candidate would do. */
  matched: number;
}

export interface ShadowRecord {
  policy: string;
  /** Requests on which it decided. */
  rows: number;
  /** Requests on which it did not: it failed, took too long, or would have called nothing. */
  undecided: number;
  /** Share of `rows` on which it would have called what the live policy held best or explored; `undefined` without any. */
  agreement?: number;
}

export interface Promotion {
  promote: boolean;
  /** One sentence. */
  reason: string;
  /** About how many more logged requests would settle it; `undefined`: nobody knows, or none are needed. */
  moreRows?: number;
  rows: PromotionRows;
  /**
   * Reward per request: score less lambda times cost relative to the pool's dearest candidate. Absent, as the two
   * below, where the log holds too few outcomes of what either policy would do and the other would not.
   */
  current?: OffPolicyValue;
  candidate?: OffPolicyValue;
  /** The candidate's reward less the current policy's, doubly robust. */
  difference?: Estimated;
  /** Policies that ran in the shadow, where the log has some. */
  shadow: ShadowRecord[];
}

export interface PromotionOptions extends OffPolicyOptions {
  /** Prices of today, and candidates that a policy has never measured. */
  catalog?: readonly Candidate[];
}

/** @throws XrouterError as `forecastLog` */
export function judgePromotion(
  current: PolicyWeights,
  candidate: PolicyWeights,
  log: readonly BanditRow[],
  options: PromotionOptions = {},
): Promotion {
  // What one of them learned from would speak for it.
  const unseen = candidate.traffic || current.traffic ? log.filter(isHeldOut) : log;
  const free = unseen.filter(({ minSuccess }) => minSuccess === undefined);
  const scored = free.filter(
    (row) => !scoredByVerifierAlone(row) || (row.verifierAccuracy ?? 0) > EXACT_ACCURACY,
  );
  const explored = scored.filter(isExplored);
  const now = [...forecastLog(current, explored, options.catalog)];
  const next = [...forecastLog(candidate, explored, options.catalog)];
  const judged: number[] = [];
  let unsupported = 0;
  explored.forEach(({ candidates }, i) => {
    const both = [now[i]!.choice, next[i]!.choice];
    if (both.every((choice) => candidates[choice]!.propensity > 0)) judged.push(i);
    else if (both[0] !== both[1]) unsupported++;
  });
  const choices = judged.map((i) => loggedChoice(explored[i]!, now[i]!));
  const currentChoices = judged.map((i) => now[i]!.choice);
  const candidateChoices = judged.map((i) => next[i]!.choice);
  const different = judged.flatMap((_, k) => (currentChoices[k] === candidateChoices[k] ? [] : [k]));
  const rows: PromotionRows = {
    log: log.length,
    learnedFrom: log.length - unseen.length,
    floor: unseen.length - free.length,
    verdictOnly: free.length - scored.length,
    unexplored: scored.length - explored.length,
    unsupported,
    judged: judged.length,
    different: different.length,
    matched: different.filter((k) => choices[k]!.action === candidateChoices[k]).length,
  };
  const shadow = shadowRecords(log);
  const refuse = (reason: string, moreRows?: number): Promotion => ({
    promote: false,
    reason,
    ...(moreRows !== undefined && { moreRows }),
    rows,
    shadow,
  });

  if (explored.length === 0) return refuse(nothingToJudgeBy(log, unseen, free, scored));
  if (unsupported > MOST_UNSUPPORTED * (different.length + unsupported)) {
    return refuse(
      `on ${unsupported} of ${different.length + unsupported} requests the log could not have made the choice: support is missing`,
    );
  }
  if (different.length === 0) return refuse('the two policies choose the same on every request');

  // Of a handful of outcomes, or none, the figures would be the predictor's own and their intervals a pretence.
  if (rows.matched < LEAST_MATCHED) {
    const share = LEAST_MATCHED / Math.max(1, rows.matched) - 1;
    const reason = tooFew(rows.matched, 'what the candidate would do differently');
    return refuse(reason, Math.ceil(log.length * share));
  }
  const ownMatched = different.filter((k) => choices[k]!.action === currentChoices[k]).length;
  if (ownMatched < LEAST_MATCHED) return refuse(tooFew(ownMatched, 'what the current policy would do there'));

  const currentValue = evaluateOffPolicy(choices, currentChoices, options);
  const candidateValue = evaluateOffPolicy(choices, candidateChoices, options);
  const difference = differenceInterval(choices, currentChoices, candidateChoices, options);
  const figures = { current: currentValue, candidate: candidateValue, difference };
  for (const policyChoices of [candidateChoices, currentChoices]) {
    const odd = oddCount(choices, policyChoices, different);
    if (odd) return { ...refuse(odd), ...figures };
  }
  if (difference.low > 0) {
    return {
      promote: true,
      reason: 'the candidate earns more, beyond doubt at this confidence',
      rows,
      shadow,
      ...figures,
    };
  }
  if (difference.high < 0) return { ...refuse('the candidate earns less'), ...figures };
  if (difference.value <= 0) return { ...refuse('the candidate does not seem to earn more'), ...figures };
  // The interval shrinks with the square root of the rows.
  const times = ((difference.value - difference.low) / difference.value) ** 2 - 1;
  return {
    ...refuse('the candidate may earn more, but it may be chance', Math.ceil(log.length * times)),
    ...figures,
  };
}

/** Which of the steps that lead to the rows that judge left none; first what more of such requests would not mend. */
function nothingToJudgeBy(
  log: readonly BanditRow[],
  unseen: readonly BanditRow[],
  free: readonly BanditRow[],
  scored: readonly BanditRow[],
): string {
  if (!log.some(isExplored))
    return 'the log has no request on which exploration was in force, so nothing is known of other choices; turn it on';
  if (unseen.length === 0)
    return 'every request of the log may have been learned from; about half of the prompts never are, so log more of them';
  if (free.length === 0)
    return 'every request left to judge by was decided under an accuracy floor, which has no reward to compare';
  if (scored.length === 0)
    return 'every request left to judge by was scored by a verifier alone, which errs; give feedback on answers';
  return 'no request left to judge by had exploration in force, so nothing is known of other choices; log more with it';
}

function isExplored({ candidates, action }: BanditRow): boolean {
  return candidates[action]!.propensity < 1;
}

function tooFew(seen: number, what: string): string {
  return `the log shows only ${seen} ${seen === 1 ? 'outcome' : 'outcomes'} of ${what}; at least ${LEAST_MATCHED} are needed`;
}

/**
 * Why the probabilities of the log cannot be right for these choices. Scores that are given more often after
 * the answers of one candidate than after another's have this effect too.
 */
function oddCount(
  log: readonly LoggedChoice[],
  policyChoices: readonly number[],
  rows: readonly number[],
): string | undefined {
  let held = 0;
  let foreseen = 0;
  let variance = 0;
  for (const k of rows) {
    const propensity = log[k]!.propensity[policyChoices[k]!]!;
    foreseen += propensity;
    variance += propensity * (1 - propensity);
    if (log[k]!.action === policyChoices[k]) held++;
  }
  const off = Math.abs(held - foreseen);
  if (off <= MOST_MISSING * foreseen || off <= MOST_DEVIATIONS * Math.sqrt(variance)) return undefined;
  return `the log holds ${held} outcomes of certain choices where its probabilities foresee ${Math.round(foreseen)}: the answers of some models are scored more often than those of others, or the probabilities are wrong`;
}

function loggedChoice(row: BanditRow, { success, costUsd, referenceUsd }: RowForecast): LoggedChoice {
  const reward = (score: number, usd: number) =>
    score - (referenceUsd > 0 ? (row.lambda * usd) / referenceUsd : 0);
  return {
    action: row.action,
    reward: reward(row.score, row.costUsd),
    propensity: row.candidates.map(({ propensity }) => propensity),
    expected: success.map((probability, j) => reward(probability, costUsd[j]!)),
    range: [reward(0, row.costUsd), reward(1, row.costUsd)],
  };
}

function shadowRecords(log: readonly BanditRow[]): ShadowRecord[] {
  const records = new Map<string, { rows: number; same: number; undecided: number }>();
  for (const { shadow, candidates, action } of log) {
    if (!shadow) continue;
    const record = records.get(shadow.policy) ?? { rows: 0, same: 0, undecided: 0 };
    records.set(shadow.policy, record);
    if (shadow.model === undefined) {
      record.undecided++;
      continue;
    }
    record.rows++;
    // Where exploration chose something else, the live policy's own choice is the likeliest one.
    const own = candidates.reduce(
      (best, one) => (one.propensity > best.propensity ? one : best),
      candidates[action]!,
    );
    if (shadow.model === own.model) record.same++;
  }
  return [...records].map(([policy, { rows, same, undecided }]) => ({
    policy,
    rows,
    undecided,
    ...(rows > 0 && { agreement: same / rows }),
  }));
}
