import { expect, test } from 'vitest';
import { createMemoryLedger } from '../../src/ledger/memory.ts';
import { call, DAY, limited } from './fixtures.ts';
import { ledgerSuite } from './ledger.suite.ts';

ledgerSuite('memory ledger', async () => createMemoryLedger());

test('a long-lived process keeps a bounded number of entries and complete totals', async () => {
  const ledger = createMemoryLedger({ maxEntries: 10 });
  const inFlight = await ledger.reserve(call(0.5, [DAY]));
  for (let count = 0; count < 100; count++) {
    const request = { kind: 'request', key: `r${count}` } as const;
    const { id } = await ledger.reserve(call(0.02, [limited(100), request], { episodeId: request.key }));
    await ledger.settle(id, { usd: 0.01, status: 'completed' });
  }
  const entries = await ledger.entries({ limit: 1000 });
  expect(entries).toHaveLength(10);
  expect(entries.at(-1)).toMatchObject({ id: inFlight.id, state: 'reserved' });
  expect(await ledger.balance(DAY)).toEqual({ spentUsd: 1, reservedUsd: 0.5, unknownCalls: 0 });
  expect((await ledger.balance({ kind: 'request', key: 'r0' })).spentUsd).toBe(0);
  expect((await ledger.balance({ kind: 'request', key: 'r99' })).spentUsd).toBe(0.01);
  await ledger.settle('2', { usd: 5, status: 'completed' });
  expect((await ledger.balance(DAY)).spentUsd).toBe(1);
});
