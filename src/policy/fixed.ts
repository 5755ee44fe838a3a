/** The policies one compares with: always this one, always the cheapest, always the strongest. */
import type { Candidate } from '../catalog/candidate.ts';
import { XrouterError } from '../errors.ts';
import { abilityOf } from './ability.ts';
import { askedModels, callDecision, stopAfterVerdict, typicalCallUsd } from './choose.ts';
import type { Policy } from './policy.ts';

/** A policy that ranks candidates by a number, larger first, whatever the prompt. */
function byRank(
  name: string,
  reason: string,
  rank: (candidate: Candidate, typicalUsd: number | undefined) => number,
): Policy {
  return {
    name,
    decide(state) {
      const stop = stopAfterVerdict(name, state);
      if (stop) return stop;
      const asked = askedModels(state);
      const ranked = state.candidates
        .map((candidate) => {
          const costUsd = typicalCallUsd(state, candidate);
          const utility = asked.has(candidate.id) ? Number.NEGATIVE_INFINITY : rank(candidate, costUsd);
          return { model: candidate.id, costUsd, utility };
        })
        .sort((a, b) => b.utility - a.utility);
      return callDecision(name, { best: ranked[0]!, ranked }, reason);
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
      const best = { model };
      return callDecision(name, { best, ranked: [best] }, `always ${model}`);
    },
  };
}

/** Always the candidate with the lowest price for a typical request; unknown prices come last. */
export function cheapestPolicy(): Policy {
  return byRank('cheapest', 'the lowest price', (_, usd) => -(usd ?? Number.MAX_VALUE));
}

/** Always the candidate with the best published benchmarks. */
export function strongestPolicy(): Policy {
  return byRank('strongest', 'the best published benchmarks', (candidate, usd) =>
    abilityOf(candidate, 'general', usd),
  );
}
