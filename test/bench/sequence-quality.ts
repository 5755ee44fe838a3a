/**
 * Quality of sequences with a verifier, on splits of the outcome tables that the training never sees.
 *
 *   node test/bench/sequence-quality.ts --data DIR [--tables a,b] [--seeds 1,2] [--no-dapo]
 *
 * Gains in points over the mixing line of single models; ± is the standard error over rows (bootstrap),
 * averaged over the splits. Everything in a line comes from the same rows and the same verdicts.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { embedPrompts, handMadeRule, type Logged } from '../../src/learn/baselines.ts';
import { hashUniform } from '../../src/learn/environment.ts';
import { bootstrap, frontierScore, type Operation } from '../../src/learn/frontier.ts';
import { forecast, operations, outcomesOf, replayModels } from '../../src/learn/replay.ts';
import { readTable } from '../../src/learn/table.ts';
import { fitPredictor } from '../../src/learn/train.ts';
import { trainSequence } from '../../src/learn/train-sequence.ts';
import { PoolPredictor } from '../../src/policy/embedded/pool.ts';
import { Predictor } from '../../src/policy/embedded/predictor.ts';
import { SequencePlanner } from '../../src/policy/embedded/sequence.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    tables: { type: 'string', default: 'reasoning-gym-hard,zeroeval,bfcl' },
    seeds: { type: 'string', default: '1,2' },
    'no-dapo': { type: 'boolean', default: false },
  },
});
if (!values.data) throw new Error('Say where the outcome tables are: --data DIR');
const files = readdirSync(values.data);
const LAMBDAS = [0, ...Array.from({ length: 16 }, (_, k) => 10 ** ((k - 5) / 3))];
const ACCURACIES = [0.7, 0.8, 0.9, 1];
/** Gain asked for at a verifier right 90 % of the time. */
const GOAL: Record<string, number> = { 'reasoning-gym-hard': 12, zeroeval: 11, bfcl: 4.5 };

for (const name of values.tables.split(',')) {
  const file = files.find((entry) => entry.startsWith(name));
  if (!file) throw new Error(`${values.data} has no table ${name}`);
  const table = await readTable(join(values.data, file));
  const gains = new Map<string, { gain: number[]; error: number[] }>();
  for (const seed of values.seeds.split(',').map(Number)) {
    const aside = (id: string) => hashUniform(`split ${seed} ${id}`) < 0.3;
    const train = { ...table, rows: table.rows.filter((row) => !aside(row.id)) };
    const test = { ...table, rows: table.rows.filter((row) => aside(row.id)) };
    const started = performance.now();
    const { weights, heldOut } = fitPredictor([train], { seed });
    const plugIn = trainSequence(heldOut, { seed, dapo: false });
    const learned = values['no-dapo'] ? plugIn : trainSequence(heldOut, { seed });
    const seconds = (performance.now() - started) / 1000;
    const models = replayModels(table);
    const data = forecast(test.rows, new PoolPredictor(new Predictor(weights), models));
    const logged: Logged = {
      vectors: embedPrompts(weights.embedding, train.rows),
      models: models.length,
      score: Float64Array.from(train.rows.flatMap((row) => models.map((id) => row.outcomes.get(id)!.score))),
    };
    const prompts = embedPrompts(weights.embedding, test.rows);
    const routers: [string, Operation[]][] = [];
    const play = (label: string, sequence: typeof plugIn, verifier: number | undefined) => {
      const options = { lambdas: LAMBDAS, verifier, maxCalls: 3, seed };
      routers.push([label, operations(data, new SequencePlanner(sequence), options)]);
    };
    play('one-shot predictor', plugIn, undefined);
    for (const verifier of ACCURACIES) {
      const options = { lambdas: LAMBDAS, verifier, maxCalls: 3, seed };
      routers.push([`hand-made rule   v=${verifier}`, handMadeRule(data, logged, prompts, options)]);
      play(`lookahead        v=${verifier}`, plugIn, verifier);
      if (!values['no-dapo']) play(`lookahead + DAPO v=${verifier}`, learned, verifier);
    }
    const outcomes = outcomesOf(data);
    const errors = bootstrap(
      outcomes,
      routers.map(([, router]) => router),
      { draws: 60, seed },
    );
    for (const [at, [label, router]] of routers.entries()) {
      const entry = gains.get(label) ?? { gain: [], error: [] };
      entry.gain.push(frontierScore(outcomes, router).gain);
      entry.error.push(errors[at]!.error);
      gains.set(label, entry);
    }
    console.error(`${name}, split ${seed}: trained in ${seconds.toFixed(0)} s`);
  }
  const mean = (xs: number[]) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
  console.log(`\n${name}${name in GOAL ? ` (goal at v=0.9: +${GOAL[name]})` : ''}`);
  for (const [label, { gain, error }] of gains) {
    const each = gain.map((x) => x.toFixed(1)).join(' ');
    console.log(
      `  ${label.padEnd(24)} ${mean(gain).toFixed(2).padStart(6)} ± ${mean(error).toFixed(2)}   ${each}`,
    );
  }
}
