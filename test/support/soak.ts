/** Many requests at once, again and again: what both the soak and its short form in the test suite do. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utcDay } from '../../src/index.ts';
import { labRouter, user } from './lab-router.ts';

export interface SoakReport {
  waves: { ms: number; heapMb: number; rssMb: number }[];
  answered: number;
  failed: string[];
  ledgerUsd: number;
  reservedUsd: number;
  labUsd: number;
}

/** `waves` times `concurrent` requests over the whole catalog, with budgets, on one ledger file. */
export async function soak(waves: number, concurrent: number): Promise<SoakReport> {
  const folder = mkdtempSync(join(tmpdir(), 'xrouter-soak-'));
  try {
    await using setup = await labRouter({
      ledger: join(folder, 'ledger.sqlite'),
      budgets: { dayUsd: 1_000_000, sessionUsd: 1_000 },
      maxOutputTokens: 1_000,
    });
    const { router, lab, episodes } = setup;
    const report: SoakReport = {
      waves: [],
      answered: 0,
      failed: [],
      ledgerUsd: 0,
      reservedUsd: 0,
      labUsd: 0,
    };
    for (let wave = 0; wave < waves; wave++) {
      const started = performance.now();
      const requests = Array.from({ length: concurrent }, (_, index) =>
        router.route({
          messages: user(`Wave ${wave}: what is ${index} * 17? ${'Think first. '.repeat(index % 7)}`),
          lambda: index % 5,
          session: `session ${index % 50}`,
          stream: index % 3 > 0,
        }),
      );
      for (const outcome of await Promise.allSettled(requests)) {
        if (outcome.status === 'fulfilled') report.answered++;
        else report.failed.push(String(outcome.reason));
      }
      episodes.length = 0;
      globalThis.gc?.();
      const { heapUsed, rss } = process.memoryUsage();
      report.waves.push({
        ms: performance.now() - started,
        heapMb: heapUsed / 2 ** 20,
        rssMb: rss / 2 ** 20,
      });
    }
    const { spentUsd, reservedUsd } = await router.ledger.balance({ kind: 'day', key: utcDay(Date.now()) });
    return { ...report, ledgerUsd: spentUsd, reservedUsd, labUsd: lab.usage().costUsd };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
