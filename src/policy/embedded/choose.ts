/**
 * The rule by which expected success and cost become a choice, over many prompts at once and so without an object
 * for each candidate. The reference is the mean cost of the pool's dearest candidate.
 *
 * For one prompt a larger lambda never chooses a dearer candidate: of two candidates the cheaper gains on
 * the dearer at the rate of their difference in cost. Over prompts it walks along the best attainable
 * frontier of success and cost, since at every lambda it maximises their weighted sum (Lagrange).
 */
import { utilityOf } from '../choose.ts';

export interface Options {
  success: ArrayLike<number>;
  costUsd: ArrayLike<number>;
}

/** Position in `pool` of the best utility; the cheaper of equals. `pool` holds positions in the options. */
export function chooseByLambda(
  pool: ArrayLike<number>,
  options: Options,
  lambda: number,
  referenceUsd: number,
): number {
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  let cheapest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < pool.length; i++) {
    const cost = options.costUsd[pool[i]!]!;
    const utility = utilityOf(options.success[pool[i]!]!, cost, lambda, referenceUsd);
    if (utility > most || (utility === most && cost < cheapest)) {
      best = i;
      most = utility;
      cheapest = cost;
    }
  }
  return best;
}

/** Position in `pool` of the cheapest candidate that reaches the floor; else of the strongest. */
export function chooseByFloor(
  pool: ArrayLike<number>,
  options: Options,
  minSuccess: number,
): { chosen: number; reached: boolean } {
  let cheapest = -1;
  let strongest = 0;
  for (let i = 0; i < pool.length; i++) {
    const at = pool[i]!;
    if (options.success[at]! > options.success[pool[strongest]!]!) strongest = i;
    if (options.success[at]! < minSuccess) continue;
    if (cheapest < 0 || options.costUsd[at]! < options.costUsd[pool[cheapest]!]!) cheapest = i;
  }
  return cheapest < 0 ? { chosen: strongest, reached: false } : { chosen: cheapest, reached: true };
}
