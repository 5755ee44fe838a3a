/** From configuration to scopes: which budgets one request counts against. */
import { XrouterError } from '../errors.ts';
import type { BudgetScope, Ledger } from './ledger.ts';

/** All amounts in USD. What is left out is counted, not bounded. */
export interface BudgetConfig {
  /** Bound of a request that brings none of its own. */
  requestUsd?: number;
  /** Bound of every session. */
  sessionUsd?: number;
  /** Bound of a UTC day. */
  dayUsd?: number;
  /** Bound of each named key, for example a team or a customer; a key has no period, it counts for good. */
  keys?: Record<string, number>;
  /** Bound of each key that `keys` does not name. Without it such a key is refused where `keys` is given. */
  otherKeysUsd?: number;
}

export interface BudgetedRequest {
  /** Names the request's own scope. */
  episodeId: string;
  /** The request's `limits.maxUsd`; takes the place of `requestUsd`. */
  maxUsd?: number;
  session?: string;
  budgetKey?: string;
}

/**
 * The scopes a request reserves against at `timeMs` (epoch). A call started before midnight UTC belongs to
 * the day it started in, also where it ends later.
 * @throws XrouterError `invalid_request` for a budget key that the configuration does not know
 */
export function budgetScopes(config: BudgetConfig, request: BudgetedRequest, timeMs: number): BudgetScope[] {
  const scopes: BudgetScope[] = [
    { kind: 'request', key: request.episodeId, limitUsd: request.maxUsd ?? config.requestUsd },
    { kind: 'day', key: utcDay(timeMs), limitUsd: config.dayUsd },
  ];
  if (request.session !== undefined) {
    scopes.push({ kind: 'session', key: request.session, limitUsd: config.sessionUsd });
  }
  if (request.budgetKey !== undefined) {
    scopes.push({ kind: 'key', key: request.budgetKey, limitUsd: keyLimitUsd(config, request.budgetKey) });
  }
  return scopes;
}

/** The budgets that stand whoever asks: that of the day of `timeMs` (epoch), and those of the keys by name. */
export function standingBudgets({ dayUsd, keys = {} }: BudgetConfig, timeMs: number): BudgetScope[] {
  return [
    { kind: 'day', key: utcDay(timeMs), limitUsd: dayUsd },
    ...Object.entries(keys).map(([key, limitUsd]) => ({ kind: 'key' as const, key, limitUsd })),
  ];
}

/** A budget that bounds a request, as it stood when it was read; what is reserved comes back in part. */
export interface BindingBudget extends BudgetScope {
  limitUsd: number;
  reservedUsd: number;
}

/** The budget that leaves least. */
export interface TightestBudget extends BindingBudget {
  leftUsd: number;
}

/** The scope with the least money left, the earlier of equals; `undefined` where none is bounded. */
export async function tightestBudget(
  ledger: Pick<Ledger, 'balance'>,
  scopes: readonly BudgetScope[],
): Promise<TightestBudget | undefined> {
  let tightest: TightestBudget | undefined;
  for (const scope of scopes) {
    const { limitUsd } = scope;
    if (limitUsd === undefined) continue;
    const { spentUsd, reservedUsd } = await ledger.balance(scope);
    const leftUsd = limitUsd - spentUsd - reservedUsd;
    if (!tightest || leftUsd < tightest.leftUsd) tightest = { ...scope, limitUsd, leftUsd, reservedUsd };
  }
  return tightest;
}

/** What people call a budget. */
export function budgetName({ kind, key }: Pick<BudgetScope, 'kind' | 'key'>): string {
  return kind === 'request' ? 'budget of this request' : `${kind} budget "${key}"`;
}

/** What to do about a call that a budget refused. @param fitsLater once the calls in flight have ended */
export function budgetHint(kind: BudgetScope['kind'], fitsLater: boolean): string {
  const wait = fitsLater ? 'try again when the calls in flight have ended, ' : '';
  return `${RAISE[kind]}, ${wait}or choose a cheaper model or a smaller output limit (free models stay allowed).`;
}

const RAISE: Record<BudgetScope['kind'], string> = {
  request: "Raise the request's limits.maxUsd or budgets.requestUsd",
  session: 'Raise budgets.sessionUsd, begin a new session',
  day: 'Raise budgets.dayUsd, wait until 00:00 UTC',
  key: 'Raise the budget of this key in budgets.keys',
};

/** The UTC day of a time, for example `2026-11-22`. */
export function utcDay(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

function keyLimitUsd(config: BudgetConfig, key: string): number | undefined {
  if (!config.keys) return config.otherKeysUsd;
  if (Object.hasOwn(config.keys, key)) return config.keys[key];
  if (config.otherKeysUsd !== undefined) return config.otherKeysUsd;
  // A mistyped key must not be a way around its budget.
  throw new XrouterError('invalid_request', `The budget key "${key}" is not in budgets.keys.`, {
    hint: `Use one of ${Object.keys(config.keys).join(', ')}, add it to budgets.keys, or set budgets.otherKeysUsd for keys not named.`,
  });
}
