/** What the ledger's tests share. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { BudgetScope, ReservationRequest } from '../../src/ledger/ledger.ts';

export const DAY: BudgetScope = { kind: 'day', key: '2026-11-22' };

let calls = 0;

/** A reservation of `amountUsd` against `scopes`; everything else is made up. */
export function call(
  amountUsd: number | undefined,
  scopes: BudgetScope[],
  rest: Partial<ReservationRequest> = {},
): ReservationRequest {
  const callId = `call-${++calls}`;
  return {
    episodeId: 'episode-1',
    callId,
    model: 'acme/small',
    amountUsd,
    scopes,
    expiresInMs: 60_000,
    ...rest,
  };
}

export function limited(limitUsd: number, scope: BudgetScope = DAY): BudgetScope {
  return { ...scope, limitUsd };
}

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'xrouter-ledger-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Random numbers 0..1 that a seed repeats (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The seed of this run: XROUTER_SEED, or the time; printed, so that a failure can be repeated. */
export function seedOfRun(what: string): number {
  const seed = Number(process.env.XROUTER_SEED ?? Date.now() % 1_000_000);
  console.log(`${what}: XROUTER_SEED=${seed}`);
  return seed;
}
