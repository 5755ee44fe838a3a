/**
 * Shadow mode: the live policy decides; the candidate policy is asked the same question once the answer was
 * delivered, and what it would have done is recorded. It cannot slow, change or fail a request.
 */
import type { Policy, PolicyState, ShadowDecision } from './policy.ts';

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
      // The request's own signal has ended with the request.
      const signal = AbortSignal.timeout(MOST_MS);
      const decision = await inTime(candidate, { ...state, signal });
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

/** Rejects when the state's signal fires, also where the policy does not look at it. */
async function inTime(policy: Policy, state: PolicyState) {
  let onAbort = () => {};
  const late = new Promise<never>((_, reject) => {
    onAbort = () => reject(new Error(`no decision within ${MOST_MS} ms`));
    state.signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([policy.decide(state), late]);
  } finally {
    state.signal.removeEventListener('abort', onAbort);
  }
}
