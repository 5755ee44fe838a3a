/**
 * Ten waves of 1,000 concurrent requests against the lab: none lost, the ledger equal to the lab's count,
 * memory steady. Run: node --expose-gc test/bench/soak.ts
 */
import { soak } from '../support/soak.ts';

const { waves, answered, failed, ledgerUsd, reservedUsd, labUsd } = await soak(10, 1_000);
for (const [index, { ms, heapMb, rssMb }] of waves.entries()) {
  console.log(
    `wave ${index + 1}: ${(ms / 1_000).toFixed(2)} s, heap ${heapMb.toFixed(0)} MB, RSS ${rssMb.toFixed(0)} MB`,
  );
}
console.log(`answered ${answered}, failed ${failed.length} ${failed[0] ?? ''}`);
console.log(`ledger $${ledgerUsd.toFixed(9)}, lab $${labUsd.toFixed(9)}, still reserved $${reservedUsd}`);
