/**
 * Quality of sequences with a verifier, on splits of the outcome tables that the training never sees.
 *
 *   node test/bench/sequence-quality.ts --data DIR [--tables a,b] [--seeds 1,2] [--verifiers 0.7,0.9] [--no-dapo]
 *
 * Gains in points over the mixing line of single models; ± is half the 95 % interval of rows drawn anew over 1.96,
 * averaged over the splits. Everything of one split comes from the same rows and the same verdicts, 70 % to train.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hashUniform } from '../../src/learn/environment.ts';
import { outcomeMatrix, takeOutcomes } from '../../src/learn/evaluation/bench.ts';
import { reinforcement } from '../../src/learn/evaluation/reinforcement.ts';
import type { RouterFigures } from '../../src/learn/evaluation/report.ts';
import { resample } from '../../src/learn/evaluation/resample.ts';
import { simpleRouters } from '../../src/learn/evaluation/simple-routers.ts';
import { replayModels } from '../../src/learn/replay.ts';
import { readTable } from '../../src/learn/table.ts';
import { MOST_CALLS } from '../../src/policy/embedded/sequence.ts';

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
const TEST_SHARE = 0.3;
const mean = (xs: number[]) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
const accuracies = values.verifiers.split(',').map(Number);

for (const name of values.tables.split(',')) {
  const file = readdirSync(values.data).find((entry) => entry.startsWith(name));
  if (!file) throw new Error(`${values.data} has no table ${name}`);
  const table = await readTable(join(values.data, file));
  const { rows } = table;
  const outcomes = outcomeMatrix(rows, replayModels(table));
  const found = new Map<string, { gain: number[]; error: number[] }>();
  const note = (verifier: number | undefined, { name: router, gain }: RouterFigures) => {
    const label = `${verifier === undefined ? 'one call' : `v = ${verifier}`}  ${router}`;
    const entry = found.get(label) ?? { gain: [], error: [] };
    entry.gain.push(gain.value);
    entry.error.push((gain.high - gain.low) / 2 / 1.96);
    found.set(label, entry);
  };
  for (const seed of values.seeds.split(',').map(Number)) {
    const every = Int32Array.from(rows.keys());
    const aside = (row: number) => hashUniform(`study ${seed} ${rows[row]!.id}`) < TEST_SHARE;
    const fold = { train: every.filter((row) => !aside(row)), test: every.filter(aside) };
    const draws = { seed, draws: 100 };
    const measured = reinforcement({ rows, outcomes }, fold, {
      ...draws,
      accuracies,
      ...(values['no-dapo'] ? { dapo: false } : {}),
      progress: (line) => console.error(`${name}, split ${seed}: ${line}`),
    });
    if ('leftOut' in measured) throw new Error(measured.leftOut);
    for (const { verifier, routers } of measured.settings) for (const one of routers) note(verifier, one);
    const part = (of: Int32Array) => ({
      rows: Array.from(of, (row) => rows[row]!),
      outcomes: takeOutcomes(outcomes, of),
    });
    const test = part(fold.test);
    const { rule } = simpleRouters(test.rows, test.outcomes, [], seed, { training: part(fold.train) });
    for (const verifier of accuracies) {
      const byHand = { id: 'rule', name: 'rule made by hand', operations: rule(verifier, MOST_CALLS, seed) };
      note(verifier, resample(test.outcomes, [byHand], draws).figures[0]!);
    }
  }
  console.log(`\n${name}${name in GOAL ? ` (goal at v = 0.9: +${GOAL[name]})` : ''}`);
  for (const [label, { gain, error }] of found) {
    const each = gain.map((x) => x.toFixed(1)).join(' ');
    console.log(
      `  ${label.padEnd(40)} ${mean(gain).toFixed(2).padStart(6)} ± ${mean(error).toFixed(2)}   ${each}`,
    );
  }
}
