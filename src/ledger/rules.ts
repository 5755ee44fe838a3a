/**
 * The rules of the account, the same for every implementation: when a reservation is refused, and what an
 * ended call counts against its budgets. Pure; amounts are integer nano-dollars.
 */
import { XrouterError } from '../errors.ts';
import { fromNanoUsd, toNanoUsd } from '../money.ts';
import { type BindingBudget, budgetHint, budgetName } from './budgets.ts';
import type { Balance, BudgetScope, LedgerEntry, ReservationRequest, Settlement } from './ledger.ts';

/** Entries that a reader is handed at once: a few milliseconds' work. */
export const PART = 500;

/** A scope's running totals. */
export interface Totals {
  spentNano: number;
  reservedNano: number;
  unknownCalls: number;
}

/** A refused reservation, in numbers; all in USD. */
export interface ExceededBudget extends BindingBudget {
  spentUsd: number;
  /** What the refused call might have cost. */
  askedUsd: number;
}

/** Code `budget_exceeded`: the call's worst case does not fit into a budget; nothing was spent. */
export class BudgetExceededError extends XrouterError {
  readonly budget: ExceededBudget;

  constructor(budget: ExceededBudget, model: string) {
    super(
      'budget_exceeded',
      `The ${budgetName(budget)} allows ${formatUsd(budget.limitUsd)} USD: ` +
        `${formatUsd(budget.spentUsd)} are spent, ${formatUsd(budget.reservedUsd)} are reserved by calls in flight, ` +
        `and this call of ${model} may cost up to ${formatUsd(budget.askedUsd)}.`,
      { hint: budgetHint(budget.kind, budget.spentUsd + budget.askedUsd <= budget.limitUsd) },
    );
    this.budget = budget;
  }
}

/** The worst case in nano-dollars, or `undefined` where it is unknown. Throws on what is no amount. */
export function amountNano(what: string, usd: number | undefined): number | undefined {
  if (usd === undefined) return undefined;
  // Larger amounts would leave the range in which a double holds every nano-dollar.
  if (!(usd >= 0 && usd <= 1e6)) {
    throw new XrouterError('invalid_request', `${what} must be between 0 and 1000000 USD, not ${usd}.`, {
      hint: 'Check the price of the model and the token counts it was computed from.',
    });
  }
  return toNanoUsd(usd);
}

/** The scopes with each budget once; of two bounds on one budget the lower holds. */
export function distinctScopes(scopes: readonly BudgetScope[]): BudgetScope[] {
  const distinct: BudgetScope[] = [];
  for (const scope of scopes) {
    // A bound that is not a number would let everything pass, since no comparison with it is true.
    if (scope.limitUsd !== undefined && !(scope.limitUsd >= 0)) {
      throw new XrouterError('invalid_config', `The ${budgetName(scope)} has the limit ${scope.limitUsd}.`, {
        hint: 'A limit is a number of USD, 0 or more; leave it out for no limit.',
      });
    }
    const same = distinct.find((other) => other.kind === scope.kind && other.key === scope.key);
    if (!same) distinct.push({ ...scope });
    else if (scope.limitUsd !== undefined) {
      same.limitUsd = Math.min(scope.limitUsd, same.limitUsd ?? scope.limitUsd);
    }
  }
  return distinct;
}

/**
 * Refuses a reservation that does not fit. A free call fits always, a budget that is used up included;
 * one of unknown price fits only where nothing is bounded.
 * @throws XrouterError `unknown_price`, BudgetExceededError
 */
export function assertFits(
  request: ReservationRequest,
  askedNano: number | undefined,
  scopes: readonly BudgetScope[],
  totalsOf: (scope: BudgetScope) => Totals,
): void {
  if (askedNano === 0) return;
  for (const scope of scopes) {
    if (scope.limitUsd === undefined) continue;
    if (askedNano === undefined) {
      throw new XrouterError(
        'unknown_price',
        `The price of ${request.model} is unknown, so the ${budgetName(scope)} of ${formatUsd(scope.limitUsd)} USD could not be kept.`,
        {
          hint: `Give the model's price in the configuration, choose a model with a known price, or remove this budget.`,
        },
      );
    }
    const totals = totalsOf(scope);
    if (totals.spentNano + totals.reservedNano + askedNano > toNanoUsd(scope.limitUsd)) {
      throw new BudgetExceededError(
        {
          kind: scope.kind,
          key: scope.key,
          limitUsd: scope.limitUsd,
          spentUsd: fromNanoUsd(totals.spentNano),
          reservedUsd: fromNanoUsd(totals.reservedNano),
          askedUsd: fromNanoUsd(askedNano),
        },
        request.model,
      );
    }
  }
}

/** What an entry adds to each of its budgets; the totals of a scope are the sum of this over its entries. */
export function contribution(
  state: LedgerEntry['state'],
  reservedNano: number | undefined,
  costNano: number | undefined,
): Totals {
  const worstCase = reservedNano ?? 0;
  switch (state) {
    case 'reserved':
      return { spentNano: 0, reservedNano: worstCase, unknownCalls: 0 };
    case 'released':
      return { spentNano: 0, reservedNano: 0, unknownCalls: 0 };
    case 'lost':
      return { spentNano: worstCase, reservedNano: 0, unknownCalls: 1 };
    case 'settled':
      return {
        spentNano: costNano ?? worstCase,
        reservedNano: 0,
        unknownCalls: costNano === undefined ? 1 : 0,
      };
  }
}

export function subtract(a: Totals, b: Totals): Totals {
  return {
    spentNano: a.spentNano - b.spentNano,
    reservedNano: a.reservedNano - b.reservedNano,
    unknownCalls: a.unknownCalls - b.unknownCalls,
  };
}

export function toBalance(totals: Totals): Balance {
  return {
    spentUsd: fromNanoUsd(totals.spentNano),
    reservedUsd: fromNanoUsd(totals.reservedNano),
    unknownCalls: totals.unknownCalls,
  };
}

/** The nano-dollars of a settlement, checked. */
export function settledNano(settlement: Settlement): number | undefined {
  return amountNano('The cost of a call', settlement.usd);
}

export function unknownReservation(id: string): XrouterError {
  return new XrouterError('internal', `This ledger holds no reservation ${id}.`, {
    hint: 'Settle with the ledger that reserved; if its file was replaced meanwhile, the call is in the old file.',
  });
}

/** At least cents, and down to the nano-dollar where it matters. */
function formatUsd(usd: number): string {
  return usd.toFixed(9).replace(/0{1,7}$/, '');
}
