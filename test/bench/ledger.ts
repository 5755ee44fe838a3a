/**
 * CPU of the account: one call is a reservation against four bounded scopes and its settlement, one after the
 * other, which is the dearest case. Run: node test/bench/ledger.ts [CALLS]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { createMemoryLedger } from '../../src/ledger/memory.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';

const calls = Number(process.argv[2] ?? 5000);
const rounds = 7;
const folder = mkdtempSync(join(tmpdir(), 'xrouter-bench-'));
const path = join(folder, 'ledger.sqlite');
const ledgers = { memory: createMemoryLedger(), sqlite: await openSqliteLedger({ path }) };

async function cpuMicrosPerCall(ledger: Ledger, round: number): Promise<number> {
  const before = process.cpuUsage();
  for (let count = 0; count < calls; count++) {
    const episodeId = `episode-${round}-${(count * 7919) % calls}`;
    const { id } = await ledger.reserve({
      episodeId,
      callId: 'call',
      model: 'acme/small',
      amountUsd: 0.02,
      expiresInMs: 60_000,
      scopes: [
        { kind: 'request', key: episodeId, limitUsd: 1 },
        { kind: 'day', key: '2026-11-22', limitUsd: 1e6 },
        { kind: 'session', key: `session-${count % 50}`, limitUsd: 1e6 },
        { kind: 'key', key: 'team', limitUsd: 1e6 },
      ],
    });
    await ledger.settle(id, {
      usd: 0.01,
      status: 'completed',
      usage: { inputTokens: 900, outputTokens: 120 },
    });
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

const results: Record<string, number[]> = { memory: [], sqlite: [] };
for (let round = 0; round < rounds; round++) {
  for (const [name, ledger] of Object.entries(ledgers)) {
    results[name]!.push(await cpuMicrosPerCall(ledger, round));
  }
}
for (const [name, micros] of Object.entries(results)) {
  const sorted = micros.sort((a, b) => a - b);
  console.log(
    `${name}: median ${sorted[rounds >> 1]!.toFixed(1)} us CPU a call, least ${sorted[0]!.toFixed(1)}`,
  );
}
for (const ledger of Object.values(ledgers)) await ledger.close();
const start = performance.now();
await (await openSqliteLedger({ path })).close();
console.log(`opening a file of ${rounds * calls} entries: ${(performance.now() - start).toFixed(1)} ms`);
rmSync(folder, { recursive: true });
