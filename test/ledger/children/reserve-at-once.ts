/** For each line with the name of a day: reserves concurrently against it, prints how many passed and why the rest did not. */
import { createInterface } from 'node:readline';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';

const [path, tries] = process.argv.slice(2);
const ledger = await openSqliteLedger({ path: path! });
process.stdout.write('ready\n');
for await (const day of createInterface({ input: process.stdin })) {
  const reserve = (count: number) =>
    ledger.reserve({
      episodeId: `process-${process.pid}`,
      callId: `call-${count}`,
      model: 'acme/small',
      amountUsd: 0.1,
      expiresInMs: 60_000,
      scopes: [{ kind: 'day', key: day, limitUsd: 0.3 }],
    });
  const outcomes = await Promise.allSettled(
    Array.from({ length: Number(tries) }, (_, count) => reserve(count)),
  );
  const refusals = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason.code] : [],
  );
  process.stdout.write(`${JSON.stringify({ passed: outcomes.length - refusals.length, refusals })}\n`);
}
await ledger.close();
