/**
 * Exploration: now and then another candidate than the best one is called, so that the log shows what would
 * have come of it. Without it a log holds only what the policy believed already, and nothing can be learned
 * about the rest.
 *
 *   the best candidate     with probability 1 - epsilon + epsilon / n
 *   each of the other n-1  with probability epsilon / n
 *
 * over the n candidates that may be tried. These probabilities are exact and stand in the decision's
 * estimates; `propensity` is that of the candidate that was chosen.
 */
import { XrouterError } from '../errors.ts';
import type { Decision, Estimate, Policy, PolicyState } from './policy.ts';

/** What exploration may still cost. */
export interface ExplorationBudget {
  /** In USD. */
  leftUsd(): Promise<number>;
  /** Spends; false, and nothing is spent, where it does not fit any more. */
  charge(usd: number, model: string): Promise<boolean>;
}

export interface ExplorationOptions {
  /** Share of the requests on which the choice is drawn evenly, 0..1. */
  epsilon: number;
  /** What exploration may cost in all, in USD: the sum of expected costs of calls beyond those of the best choices. */
  budgetUsd: number;
  /** Where the budget is kept; default: in this object, gone with the process. */
  budget?: ExplorationBudget;
  /** The same seed draws the same; default: another one each time. */
  seed?: number;
}

/**
 * The policy, with exploration. Nothing is tried on escalation steps, under an accuracy floor that it is not
 * expected to reach, at an unknown cost, or beyond the budget; where the budget cannot be read, nothing at all.
 * An agent's turn goes on with the candidate that was tried for as long as the budget pays for each of its calls.
 * @throws XrouterError `invalid_config`
 */
export function exploringPolicy(policy: Policy, options: ExplorationOptions): Policy {
  const { epsilon, budgetUsd, budget = budgetInMemory(budgetUsd), seed } = options;
  if (!(epsilon >= 0 && epsilon <= 1 && budgetUsd >= 0)) {
    throw new XrouterError(
      'invalid_config',
      `Exploration of ${epsilon} for ${budgetUsd} USD is not possible.`,
      {
        hint: 'Give a share from 0 to 1 and a budget of 0 USD or more.',
      },
    );
  }
  const random = seed === undefined ? Math.random : drawsOf(seed);

  return {
    name: policy.name,
    multiTurn: policy.multiTurn,
    ...(policy.check && { check: (signal: AbortSignal) => policy.check!(signal) }),
    ...(policy.shadow && { shadow: (state: PolicyState) => policy.shadow!(state) }),
    async decide(state) {
      const best = await policy.decide(state);
      if (epsilon === 0 || state.steps.length > 0) return best;
      const tryable = await tryableCandidates(best, state, budget).catch(() => []);
      if (tryable.length < 2) return best;

      const other = epsilon / tryable.length;
      const propensity = (model: string) => (model === tryable[0]!.model ? 1 - epsilon + other : other);
      const drawn = random() < epsilon ? tryable[Math.floor(random() * tryable.length)]! : tryable[0]!;
      if (drawn.extraUsd > 0) {
        // Another process took the last of the budget since it was read: this request is not part of the experiment.
        const paid = await budget.charge(drawn.extraUsd, drawn.model).catch(() => false);
        if (!paid) return best;
      }
      return explored(best, tryable, drawn.model, propensity);
    },
    async keepsTurn(state, { model, inPlaceOf }) {
      if (inPlaceOf === undefined) return true;
      try {
        // The conversation has grown since the model was chosen, and with it what a call costs.
        const extraUsd = extraOf((await policy.decide(state)).estimates, model, inPlaceOf);
        return extraUsd === 0 || (extraUsd !== undefined && (await budget.charge(extraUsd, model)));
      } catch {
        return false;
      }
    },
  };
}

interface Tryable {
  model: string;
  /** Expected cost beyond that of the best choice, in USD. */
  extraUsd: number;
}

/** The best choice first; alone where there is nothing to draw. */
async function tryableCandidates(
  { action, estimates }: Decision,
  { candidates, minSuccess }: PolicyState,
  budget: ExplorationBudget,
): Promise<Tryable[]> {
  if (action.type !== 'call' || action.calls.length > 1) return [];
  const { model } = action.calls[0];
  const callable = new Set(candidates.map(({ id }) => id));
  const reaches = ({ success }: Estimate) => minSuccess === undefined || (success ?? 0) >= minSuccess;
  const leftUsd = await budget.leftUsd();
  const others = estimates.flatMap((estimate) => {
    const extraUsd = extraOf(estimates, estimate.model, model);
    if (estimate.model === model || extraUsd === undefined) return [];
    const allowed = callable.has(estimate.model) && reaches(estimate) && extraUsd <= leftUsd;
    return allowed ? [{ model: estimate.model, extraUsd }] : [];
  });
  // A spent budget ends exploration altogether: candidates that cost less are tried within it or not at all.
  return leftUsd > 0 ? [{ model, extraUsd: 0 }, ...others] : [];
}

/** What a call of one candidate is expected to cost beyond that of another; `undefined` where either is unknown. */
function extraOf(estimates: readonly Estimate[], model: string, best: string): number | undefined {
  const [usd, bestUsd] = [model, best].map((id) => estimates.find((one) => one.model === id)?.costUsd);
  return usd === undefined || bestUsd === undefined ? undefined : Math.max(0, usd - bestUsd);
}

function explored(
  best: Decision,
  tryable: readonly Tryable[],
  model: string,
  propensity: (model: string) => number,
): Decision {
  const usual = tryable[0]!.model;
  const inPlay = new Set(tryable.map((one) => one.model));
  const decision: Decision = {
    ...best,
    estimates: best.estimates.map((estimate) => ({
      ...estimate,
      propensity: inPlay.has(estimate.model) ? propensity(estimate.model) : 0,
    })),
    propensity: propensity(model),
  };
  if (model === usual) return decision;
  return {
    ...decision,
    action: { type: 'call', calls: [{ model }] },
    inPlaceOf: usual,
    reason: `tried in place of ${usual}, to learn from it`,
  };
}

/** A budget of this process. */
export function budgetInMemory(limitUsd: number): ExplorationBudget {
  let leftUsd = limitUsd;
  return {
    leftUsd: async () => leftUsd,
    async charge(usd) {
      if (usd > leftUsd) return false;
      leftUsd -= usd;
      return true;
    },
  };
}

/** Uniform numbers in [0, 1): a counter through the 32-bit finaliser of MurmurHash3 (Appleby, public domain). */
function drawsOf(seed: number): () => number {
  let counter = seed | 0;
  return () => {
    counter = (counter + 0x9e3779b9) | 0;
    let bits = counter;
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
  };
}
