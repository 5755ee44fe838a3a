/**
 * Shadow mode: the live policy decides; the candidate policy is asked the same question once the answer was
 * delivered, and what it would have done is recorded. It cannot slow, change or fail a request.
 */
import type { Decision, Policy, PolicyState, ShadowDecision } from './policy.ts';

/** A candidate that takes longer has failed. */
const MOST_MS = 10_000;
/** Decisions of the candidate under way at once; more are left out, so that a slow one piles nothing up. */
const MOST_AT_ONCE = 32;

/** @param onShadow told of each decision of the candidate with the state it decided on */
export function shadowPolicy(
  live: Policy,
  candidate: Policy,
  onShadow?: (decision: ShadowDecision, state: PolicyState) => void,
): Policy {
  let underWay = 0;
  const ask = async (state: PolicyState): Promise<ShadowDecision> => {
    const policy = candidate.name;
    if (underWay >= MOST_AT_ONCE) return { policy, estimates: [], error: `${underWay} are under way` };
    underWay++;
    try {
      const decision = await inTime(candidate, state);
      const { action, estimates } = decision;
      const model = action.type === 'call' ? action.calls[0].model : undefined;
      return { policy: decision.policy, ...(model !== undefined && { model }), estimates };
    } catch (error) {
      return { policy, estimates: [], error: error instanceof Error ? error.message : String(error) };
    } finally {
      underWay--;
    }
  };
  return {
    name: live.name,
    multiTurn: live.multiTurn,
    decide: (state) => live.decide(state),
    ...(live.keepsTurn && { keepsTurn: (state, choice) => live.keepsTurn!(state, choice) }),
    ...(live.check && { check: (signal: AbortSignal) => live.check!(signal) }),
    async shadow(state) {
      const decision = await ask(state);
      try {
        onShadow?.(decision, state);
      } catch {
        // What the listener does wrong is no part of the request.
      }
      return decision;
    },
  };
}

/** Rejects when the time is up, also where the policy does not look at the signal. */
async function inTime(policy: Policy, state: PolicyState): Promise<Decision> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no decision within ${MOST_MS} ms`);
      controller.abort(error);
      reject(error);
    }, MOST_MS);
  });
  try {
    // The request's own signal has ended with the request.
    return await Promise.race([policy.decide({ ...state, signal: controller.signal }), late]);
  } finally {
    clearTimeout(timer);
  }
}
