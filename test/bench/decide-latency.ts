/**
 * How long the shipped policy takes for one decision: a 2,000-character prompt, 20 candidates, in process,
 * without the router around it. Run: node test/bench/decide-latency.ts
 */
import { createCatalog, shippedPolicy, viewPrompt } from '../../src/index.ts';
import { policyState } from '../support/policy-state.ts';

const candidates = createCatalog().candidates.slice(0, 20);
const policy = shippedPolicy();
const sentence =
  'Refactor the parser so that a missing bracket is reported with its line, and prove it terminates. ';
const WARM_UP = 2_000;
const ROUNDS = 5_000;
const times: number[] = [];
for (let round = 0; round < WARM_UP + ROUNDS; round++) {
  // Another prompt each time, so that nothing can be remembered from the last.
  const content = `${round} ${sentence.repeat(25)}`.slice(0, 2_000);
  const state = policyState(content, { candidates });
  const started = performance.now();
  await policy.decide({ ...state, prompt: viewPrompt(state.request) });
  if (round >= WARM_UP) times.push(performance.now() - started);
}
times.sort((a, b) => a - b);
const at = (share: number) => times[Math.floor(times.length * share)]!.toFixed(3);
console.log(
  `decide, 2,000 characters, ${candidates.length} candidates: median ${at(0.5)} ms, p99 ${at(0.99)} ms of ${ROUNDS}`,
);
console.log('goal: median under 0.1 ms');
