/** The budget of exploration, kept in the ledger: it outlives the process, and all processes share it. */
import { randomUUID } from 'node:crypto';
import { XrouterError } from '../errors.ts';
import type { ExplorationBudget } from '../policy/exploring.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';

/** A key no user can have by accident. */
export const EXPLORATION_SCOPE = { kind: 'key', key: 'xrouter:exploration' } as const;
/** It is settled at once, so this only bounds what a crash in between leaves open. */
const EXPIRES_IN_MS = 60_000;

/** Each charge is an entry of its own, `callId` "exploration": a share of the call's cost, not beside it. */
export function explorationBudget(ledger: Ledger, limitUsd: number): ExplorationBudget {
  return {
    async leftUsd() {
      const { spentUsd, reservedUsd } = await ledger.balance(EXPLORATION_SCOPE);
      return Math.max(0, limitUsd - spentUsd - reservedUsd);
    },
    async charge(usd, model) {
      const episodeId = `exploration-${randomUUID()}`;
      try {
        const { id } = await ledger.reserve({
          episodeId,
          callId: 'exploration',
          model,
          amountUsd: usd,
          scopes: [{ ...EXPLORATION_SCOPE, limitUsd }],
          expiresInMs: EXPIRES_IN_MS,
        });
        await ledger.settle(id, { usd, status: 'completed' });
        return true;
      } catch (error) {
        if (error instanceof XrouterError && error.code === 'budget_exceeded') return false;
        throw error;
      }
    },
  };
}

/** Whether the entry is such a charge: what it says is spent already stands in the entry of the call. */
export function isExploration({ scopes }: Pick<LedgerEntry, 'scopes'>): boolean {
  return (
    scopes.every(({ kind, key }) => kind === 'key' && key === EXPLORATION_SCOPE.key) && scopes.length > 0
  );
}
