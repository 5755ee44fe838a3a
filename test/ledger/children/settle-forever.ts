/** Settles calls of a known cost, several at a time, and prints each id once it is settled, until killed. */
import { writeSync } from 'node:fs';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';

const ledger = await openSqliteLedger({ path: process.argv[2]! });
async function settleForever(worker: number): Promise<never> {
  for (let count = 1; ; count++) {
    const { id } = await ledger.reserve({
      episodeId: `worker-${worker}`,
      callId: `call-${count}`,
      model: 'acme/small',
      amountUsd: 0.002,
      expiresInMs: 3_600_000,
      scopes: [
        { kind: 'day', key: '2026-11-22', limitUsd: 1e5 },
        { kind: 'session', key: `s${worker}` },
      ],
    });
    const usd = (count % 1000) / 1e6;
    await ledger.settle(id, { usd, status: 'completed' });
    // Synchronous, so that a line that was printed was settled before.
    writeSync(1, `${id} ${usd}\n`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
await Promise.all([settleForever(1), settleForever(2)]);
