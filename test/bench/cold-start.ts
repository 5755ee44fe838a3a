/**
 * Cold start of the installed command against the empty program, interleaved in one run.
 * Run: npm run build && node test/bench/cold-start.ts
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROUNDS = 25;
const bin = join(import.meta.dirname, '../../dist/bin/xrouter.js');
const cases = {
  'node -e 0': ['-e', '0'],
  'xrouter route --json': [bin, 'route', 'What is the capital of France?', '--json'],
};

const times = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]));
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, args] of Object.entries(cases)) {
    const started = performance.now();
    const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
    if (status !== 0) throw new Error(`${name} ended with ${status}; run \`npm run build\` first.`);
    // The first round fills the caches.
    if (round > 0) times.get(name)!.push(performance.now() - started);
  }
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const [empty, route] = [...times.values()].map(median) as [number, number];
for (const [name, values] of times)
  console.log(`${name.padEnd(22)} median ${median(values).toFixed(1)} ms of ${ROUNDS}`);
console.log(`ratio ${(route / empty).toFixed(2)} (goal: under 3)`);
