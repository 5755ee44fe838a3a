/**
 * How long deciding takes: a 2,000-character prompt, 60 candidates, in process.
 * Run: node test/bench/route-latency.ts
 */
import { createRouter } from '../../src/index.ts';

const all = createRouter().catalog.candidates;
const pool = all.slice(0, 60).map(({ id }) => id);
const router = createRouter({ pool });
const sentence =
  'Refactor the parser so that a missing bracket is reported with its line, and prove it terminates. ';

const WARM_UP = 500;
const ROUNDS = 3_000;
const times: number[] = [];
for (let round = 0; round < WARM_UP + ROUNDS; round++) {
  // Another prompt each time, so that nothing can be remembered from the last.
  const content = `${round} ${sentence.repeat(25)}`.slice(0, 2_000);
  const started = performance.now();
  await router.decide({ messages: [{ role: 'user', content }] });
  if (round >= WARM_UP) times.push(performance.now() - started);
}
times.sort((a, b) => a - b);
const at = (share: number) => times[Math.floor(times.length * share)]!.toFixed(3);
console.log(
  `decide, 2,000 characters, ${pool.length} candidates: median ${at(0.5)} ms, p99 ${at(0.99)} ms of ${ROUNDS}`,
);
console.log('goal: median under 0.3 ms');
