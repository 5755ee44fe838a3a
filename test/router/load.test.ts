import { expect, it } from 'vitest';
import { soak } from '../support/soak.ts';

it('1,000 requests at once: none lost, and the ledger is the lab’s count to the micro-dollar', async () => {
  const { answered, failed, ledgerUsd, reservedUsd, labUsd } = await soak(1, 1_000);
  expect(failed).toEqual([]);
  expect(answered).toBe(1_000);
  expect(reservedUsd).toBe(0);
  expect(labUsd).toBeGreaterThan(0);
  expect(Math.abs(ledgerUsd - labUsd)).toBeLessThan(1e-6);
});
