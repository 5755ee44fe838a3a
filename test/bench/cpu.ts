/** What the benchmarks of CPU time measure by. */

/** Calls under way at once. */
const CONCURRENCY = 8;

/** @returns CPU time of this process for one call, in ms */
export async function cpuMsOf(calls: number, call: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  let left = calls;
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (left-- > 0) await call();
    }),
  );
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / calls;
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
