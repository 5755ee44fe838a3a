/**
 * Quality of sequences with a verifier, on splits of the outcome tables that the training never sees.
 *
 *   node test/bench/sequence-quality.ts --data DIR [--tables a,b] [--seeds 1,2] [--no-dapo]
 *
 * Gains in points over the mixing line of single models; ± is the standard error over rows (bootstrap),
 * averaged over the splits. Everything of one split comes from the same rows and the same verdicts.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { study } from '../../src/learn/study.ts';
import { readTable } from '../../src/learn/table.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    tables: { type: 'string', default: 'reasoning-gym-hard,zeroeval,bfcl' },
    seeds: { type: 'string', default: '1,2' },
    verifiers: { type: 'string', default: '0.7,0.8,0.9,1' },
    'no-dapo': { type: 'boolean', default: false },
  },
});
if (!values.data) throw new Error('Say where the outcome tables are: --data DIR');
/** Gain asked for at a verifier right 90 % of the time. */
const GOAL: Record<string, number> = { 'reasoning-gym-hard': 12, zeroeval: 11, bfcl: 4.5 };
const mean = (xs: number[]) => xs.reduce((sum, x) => sum + x, 0) / xs.length;

for (const name of values.tables.split(',')) {
  const file = readdirSync(values.data).find((entry) => entry.startsWith(name));
  if (!file) throw new Error(`${values.data} has no table ${name}`);
  const table = await readTable(join(values.data, file));
  const found = new Map<string, { gain: number[]; error: number[] }>();
  for (const seed of values.seeds.split(',').map(Number)) {
    const { lines } = study(table, {
      seed,
      verifiers: values.verifiers.split(',').map(Number),
      draws: 60,
      ...(values['no-dapo'] ? {} : { dapo: {} }),
      progress: (line) => console.error(`${name}, split ${seed}: ${line}`),
    });
    for (const { router, verifier, gain, interval } of lines) {
      const label = `${verifier === undefined ? 'one call' : `v = ${verifier}`}  ${router}`;
      const entry = found.get(label) ?? { gain: [], error: [] };
      entry.gain.push(gain);
      entry.error.push(interval.error);
      found.set(label, entry);
    }
  }
  console.log(`\n${name}${name in GOAL ? ` (goal at v = 0.9: +${GOAL[name]})` : ''}`);
  for (const [label, { gain, error }] of found) {
    const each = gain.map((x) => x.toFixed(1)).join(' ');
    console.log(
      `  ${label.padEnd(52)} ${mean(gain).toFixed(2).padStart(6)} ± ${mean(error).toFixed(2)}   ${each}`,
    );
  }
}
