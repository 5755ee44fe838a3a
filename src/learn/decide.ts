/** Decisions for whole tables: what `xrouter decide` writes and the frontier is computed from. */
import { chooseByFloor, chooseByLambda } from '../policy/embedded/choose.ts';
import type { PoolPredictor } from '../policy/embedded/pool.ts';
import type { TablePrompt } from './table.ts';

export interface TableDecision {
  id: string;
  lambda: number;
  model: string;
  /** What the policy expected of that model. */
  success: number;
  /** In USD; absent where nobody knows what the model costs today. */
  cost?: number;
  /** Only with an accuracy floor. */
  floorReached?: boolean;
}

/**
 * One decision for every prompt and lambda, prompt by prompt.
 * @param minSuccess an accuracy floor, which decides instead of lambda
 */
export function* decideTable(
  pool: PoolPredictor,
  prompts: Iterable<TablePrompt>,
  lambdas: readonly number[],
  minSuccess?: number,
): Generator<TableDecision> {
  const members = pool.ids.map((_, position) => position);
  for (const { id, view } of prompts) {
    const expected = pool.predict(view);
    const options = { success: expected.success, costUsd: pool.rankingCosts(expected.costUsd) };
    const floor = minSuccess === undefined ? undefined : chooseByFloor(members, options, minSuccess);
    for (const lambda of lambdas) {
      const chosen = floor?.chosen ?? chooseByLambda(members, options, lambda, pool.referenceUsd);
      yield {
        id,
        lambda,
        model: pool.ids[chosen]!,
        success: round(expected.success[chosen]!),
        ...(pool.priced(chosen) && { cost: round(expected.costUsd[chosen]!) }),
        ...(floor && { floorReached: floor.reached }),
      };
    }
  }
}

/** Six digits say more than is known, and make files the same on every platform. */
function round(value: number): number {
  return Number(value.toPrecision(6));
}
