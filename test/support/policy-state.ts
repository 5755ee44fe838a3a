/** Policy states for tests: a small pool with hand-written prices and scores. */
import type { Candidate } from '../../src/catalog/candidate.ts';
import type { CallRecord } from '../../src/episode.ts';
import type { Decision, PolicyState } from '../../src/policy/policy.ts';
import { viewPrompt } from '../../src/policy/prompt-view.ts';
import type { RouteRequest } from '../../src/request.ts';
import type { Verdict } from '../../src/verifier/verifier.ts';

export function candidate(
  id: string,
  inputUsdPerMTok: number,
  outputUsdPerMTok: number,
  mmluPro?: number,
): Candidate {
  return {
    id,
    provider: 'test',
    model: id,
    input: ['text'],
    output: ['text'],
    benchmarks: mmluPro === undefined ? {} : { mmlu_pro: { score: mmluPro, source: 'made up for a test' } },
    price: {
      periods: [{ prices: { inputUsdPerMTok, outputUsdPerMTok } }],
      provenance: { source: 'user', name: 'test', asOf: '2026-01-01' },
    },
  };
}

export const SMALL = candidate('small', 0.05, 0.4, 50);
export const MIDDLE = candidate('middle', 0.5, 2, 75);
export const LARGE = candidate('large', 5, 25, 88);

export function policyState(
  prompt: string,
  changes: Partial<PolicyState> & { request?: RouteRequest } = {},
): PolicyState {
  const request: RouteRequest = changes.request ?? { messages: [{ role: 'user', content: prompt }] };
  const candidates = changes.candidates ?? [SMALL, MIDDLE, LARGE];
  return {
    request,
    prompt: viewPrompt(request),
    candidates,
    pool: candidates,
    lambda: 0.3,
    steps: [],
    spentUsd: 0,
    callsLeft: 3,
    inputTokens: Math.ceil(prompt.length / 4),
    priceUsd: ({ price }, inputTokens, outputTokens) => {
      const prices = price?.periods[0]?.prices;
      return prices && (inputTokens * prices.inputUsdPerMTok + outputTokens * prices.outputUsdPerMTok) / 1e6;
    },
    signal: new AbortController().signal,
    ...changes,
  };
}

/** The state after one more call of the decision's first model. */
export function afterCall(
  state: PolicyState,
  decision: Decision,
  outcome: { status?: CallRecord['status']; verdict?: Verdict },
): PolicyState {
  if (decision.action.type !== 'call')
    throw new Error(`The policy did not call but ${decision.action.type}.`);
  const { model } = decision.action.calls[0];
  const call: CallRecord = {
    callId: `call-${state.steps.length}`,
    model,
    provider: 'test',
    status: outcome.status ?? 'completed',
    message: { role: 'assistant', content: 'an answer' },
    finishReason: 'stop',
    cost: { usd: 0.001 },
    attempts: 1,
    startedAtMs: 0,
    latencyMs: 1,
    verdict: outcome.verdict,
  };
  const failed = call.status !== 'completed';
  return {
    ...state,
    candidates: failed ? state.candidates.filter(({ id }) => id !== model) : state.candidates,
    steps: [...state.steps, { decision, calls: [call] }],
    callsLeft: state.callsLeft - 1,
  };
}
