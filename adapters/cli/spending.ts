/** The account of a command that measures: what it books, and which budget stopped it. */
import type { Episode, Ledger, Router } from '../../src/index.ts';
import { lazyLedger, openLedger, XrouterError } from '../../src/index.ts';
import { usd } from './table.ts';

/**
 * The account alone. A ledger also keeps the newest episodes to learn from; thousands of measurements would
 * push out what the user's own traffic has left there.
 * @param ledger its file, opened when it is first needed, or a ledger of one's own
 */
export function accountOnly(ledger: string | Ledger): Ledger {
  return lazyLedger(async () => (typeof ledger === 'string' ? openLedger({ path: ledger }) : ledger));
}

/** The error of a request that a budget refused, in the words of someone who gave `--max-usd`. */
export function refusedBy(error: XrouterError, { refusals }: Episode, { parts }: Router): XrouterError {
  const refusal = refusals.find(({ budget }) => budget);
  if (!refusal?.budget) return error;
  const { kind, limitUsd, reservedUsd } = refusal.budget;
  if (kind === 'request') {
    const name = parts.defaults.limits?.maxUsd === undefined ? 'budgets.requestUsd' : 'limits.maxUsd';
    // However much else is spent, this call never fits: no reason to stop the others.
    return new XrouterError('no_candidate', `${name} of the configuration refuses it: ${refusal.reason}.`);
  }
  const held = reservedUsd > 0 ? `; ${usd(reservedUsd)} of it is held for calls under way or killed` : '';
  const { bound, remedy } = kind === 'key' ? CAP : DAY;
  return new XrouterError(
    'budget_exceeded',
    `another call might exceed ${bound} of ${usd(limitUsd)}${held}.`,
    { hint: remedy },
  );
}

const CAP = {
  bound: 'the spending cap',
  remedy: 'Run the same command with a higher --max-usd to go on.',
};
const DAY = {
  bound: 'budgets.dayUsd of the configuration',
  remedy: 'Raise it there or wait until 00:00 UTC, and run the same command to go on.',
};
