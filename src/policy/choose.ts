/**
 * From estimates to a choice; shared by every policy that predicts success and cost.
 *
 * With a cost sensitivity: the largest utility, where the reference is what the pool's dearest candidate costs
 * for a typical request, so that lambda means the same in every pool. With an accuracy floor: the cheapest candidate
 * whose expected success reaches it; where none does, the one with the highest success.
 */
import type { Candidate } from '../catalog/candidate.ts';
import type { Decision, Estimate, PolicyState } from './policy.ts';

/** Tokens of a typical request, for the reference cost. */
export const TYPICAL_REQUEST = { inputTokens: 600, outputTokens: 600 };
/** Reasoning models write several times what they show; seen on the outcome tables and in vendors' reports. */
export const REASONING_FACTOR = 3;

export interface Choice {
  best: Estimate;
  /** Best first. */
  ranked: Estimate[];
  /** Only with an accuracy floor. */
  floorReached?: boolean;
}

/** `success - lambda * cost / reference`; with nothing to refer to, cost does not count. */
export function utilityOf(success: number, costUsd: number, lambda: number, referenceUsd: number): number {
  return success - (referenceUsd > 0 ? (lambda * costUsd) / referenceUsd : 0);
}

export type Expectation = Estimate & { success: number };

/** What a candidate costs for a typical request, in USD; `undefined` where its price is unknown. */
export function typicalCallUsd(
  state: Pick<PolicyState, 'priceUsd'>,
  candidate: Candidate,
): number | undefined {
  return state.priceUsd(candidate, TYPICAL_REQUEST.inputTokens, TYPICAL_REQUEST.outputTokens);
}

/** What the pool's dearest candidate costs for a typical request, in USD; `undefined` if all are unpriced or free. */
export function referenceUsd(state: Pick<PolicyState, 'candidates' | 'priceUsd'>): number | undefined {
  let dearest: number | undefined;
  for (const candidate of state.candidates) {
    const usd = typicalCallUsd(state, candidate);
    if (usd !== undefined && usd > (dearest ?? 0)) dearest = usd;
  }
  return dearest;
}

export function choose(
  expectations: readonly Expectation[],
  rule: { lambda: number; minSuccess?: number; referenceUsd: number | undefined },
): Choice {
  const reference = rule.referenceUsd ?? 1;
  // An unknown price counts like the dearest known one: it must not win by being unknown.
  let dearestUsd = rule.referenceUsd ?? 0;
  for (const { costUsd } of expectations) if ((costUsd ?? 0) > dearestUsd) dearestUsd = costUsd!;
  const costOf = (expectation: Expectation) => expectation.costUsd ?? dearestUsd;
  const ranked = expectations.map((expectation) => ({
    ...expectation,
    utility: utilityOf(expectation.success, costOf(expectation), rule.lambda, reference),
  }));
  const { minSuccess } = rule;
  if (minSuccess === undefined) {
    ranked.sort((a, b) => b.utility - a.utility || costOf(a) - costOf(b));
    return { best: ranked[0]!, ranked };
  }
  const reaches = (expectation: Expectation) => expectation.success >= minSuccess;
  ranked.sort(
    (a, b) =>
      Number(reaches(b)) - Number(reaches(a)) ||
      (reaches(a) ? costOf(a) - costOf(b) || b.success - a.success : b.success - a.success),
  );
  return { best: ranked[0]!, ranked, floorReached: reaches(ranked[0]!) };
}

/** A decision to call one candidate. */
export function callDecision(policy: string, choice: Choice, reason: string): Decision {
  return {
    action: { type: 'call', calls: [{ model: choice.best.model }] },
    policy,
    estimates: choice.ranked,
    propensity: 1,
    reason,
    floorReached: choice.floorReached,
  };
}

/**
 * What a policy that knows nothing of verifiers does after a verdict: stop if the answer passed, or if
 * nobody is left to ask. `undefined`: go on and choose among the candidates that were not asked yet.
 */
export function stopAfterVerdict(policy: string, state: PolicyState): Decision | undefined {
  const last = state.steps.at(-1)?.calls.at(-1);
  if (last?.status !== 'completed') return undefined;
  const stop = (reason: string): Decision => ({
    action: { type: 'stop', callId: last.callId },
    policy,
    estimates: [],
    propensity: 1,
    reason,
  });
  if (last.verdict === undefined || last.verdict.pass) return stop('the answer passed');
  if (state.callsLeft < 1) return stop('no call is left');
  const asked = askedModels(state);
  if (state.candidates.every((candidate) => asked.has(candidate.id)))
    return stop('every candidate was asked');
  return undefined;
}

/** Ids of the candidates that have answered already. */
export function askedModels(state: PolicyState): Set<string> {
  const asked = new Set<string>();
  for (const { calls } of state.steps) for (const call of calls) asked.add(call.model);
  return asked;
}
