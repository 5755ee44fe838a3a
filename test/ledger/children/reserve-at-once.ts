/** Says it is ready, waits for a line, then reserves concurrently; prints how many passed and why the rest did not. */
import { once } from 'node:events';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';

const [path, tries] = process.argv.slice(2);
const ledger = await openSqliteLedger({ path: path! });
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const reserve = (count: number) =>
  ledger.reserve({
    episodeId: `process-${process.pid}`,
    callId: `call-${count}`,
    model: 'acme/small',
    amountUsd: 0.1,
    expiresInMs: 60_000,
    scopes: [{ kind: 'day', key: '2026-11-22', limitUsd: 0.3 }],
  });
const outcomes = await Promise.allSettled(
  Array.from({ length: Number(tries) }, (_, count) => reserve(count)),
);
const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []));
process.stdout.write(`${JSON.stringify({ passed: outcomes.length - refusals.length, refusals })}\n`);
await ledger.close();
process.stdin.destroy();
