/** The policies one compares with: always this one, always the cheapest, always the strongest. */
import { XrouterError } from '../errors.ts';
import { abilityOf } from './ability.ts';
import type { Expectation } from './choose.ts';
import { askedModels, callDecision, stopAfterVerdict, TYPICAL_REQUEST } from './choose.ts';
import type { Policy, PolicyState } from './policy.ts';

/** A policy that ranks candidates by a number, larger first, whatever the prompt. */
function byRank(
  name: string,
  reason: string,
  rank: (state: PolicyState) => (index: number) => number,
): Policy {
  return {
    name,
    decide(state) {
      const stop = stopAfterVerdict(name, state);
      if (stop) return stop;
      const asked = askedModels(state);
      const rankOf = rank(state);
      const ranked: Expectation[] = state.candidates
        .map((candidate, index) => ({
          model: candidate.id,
          success: Number.NaN,
          costUsd: state.priceUsd(candidate, TYPICAL_REQUEST.inputTokens, TYPICAL_REQUEST.outputTokens),
          utility: asked.has(candidate.id) ? Number.NEGATIVE_INFINITY : rankOf(index),
        }))
        .sort((a, b) => b.utility - a.utility);
      const estimates = ranked.map(({ model, costUsd, utility }) => ({ model, costUsd, utility }));
      return callDecision(name, { best: estimates[0]!, ranked: estimates }, reason);
    },
  };
}

/**
 * Always this candidate; the others, in this order, only where it cannot be called. Nobody else.
 * @throws XrouterError `no_candidate` where none of them is admitted
 */
export function fixedPolicy(...models: [string, ...string[]]): Policy {
  const name = 'fixed';
  return {
    name,
    decide(state) {
      const stop = stopAfterVerdict(name, state);
      if (stop) return stop;
      const asked = askedModels(state);
      const model = models.find((id) => !asked.has(id) && state.candidates.some((one) => one.id === id));
      if (model === undefined) {
        throw new XrouterError(
          'no_candidate',
          `None of the fixed models (${models.join(', ')}) can be called.`,
          {
            hint: 'Name another model, or choose a policy that may use the whole pool.',
          },
        );
      }
      const estimates = [{ model }];
      return callDecision(name, { best: estimates[0]!, ranked: estimates }, `always ${model}`);
    },
  };
}

/** Always the candidate with the lowest price for a typical request; unknown prices come last. */
export function cheapestPolicy(): Policy {
  return byRank('cheapest', 'the lowest price', (state) => (index) => {
    const { inputTokens, outputTokens } = TYPICAL_REQUEST;
    return -(state.priceUsd(state.candidates[index]!, inputTokens, outputTokens) ?? Number.MAX_VALUE);
  });
}

/** Always the candidate with the best published benchmarks. */
export function strongestPolicy(): Policy {
  return byRank('strongest', 'the best published benchmarks', (state) => {
    const { inputTokens, outputTokens } = TYPICAL_REQUEST;
    return (index) => {
      const candidate = state.candidates[index]!;
      return abilityOf(candidate, 'general', state.priceUsd(candidate, inputTokens, outputTokens));
    };
  });
}
