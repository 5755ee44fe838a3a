/**
 * What a policy is worth on tables it was not trained on, by the metric of src/learn/frontier.ts, in points:
 *
 *   zero-shot   trained on the other tables, the pool described by list prices and published scores alone
 *               (published-pool.ts); `renamed`: under ids that training never saw, `own ids`: some of the models
 *               were measured on other tables
 *   newcomer    trained on this table, as if one model, each in turn, had not been measured: it enters by its price
 *               and published scores
 *   told task   a router that knows each row's true task, and the candidates' means on it from 200 rows: what so
 *               few rows can say
 *   calibrate   after `calibrate` with 200 rows: `foreign`: trained on the other tables (`true means`: and told each
 *               candidate's mean over all rows); `half`: trained on this table without half of its models; `two`:
 *               without the two that the full policy calls most
 *
 *   node test/bench/transfer-quality.ts [--seeds 6] [--siblings] [--data ../shared/data] [--pools DIR] [--cache DIR] [TABLE ...]
 *
 * All models of a table take part in zero-shot; those of which no published score was found enter by their price.
 * Scores on the very problems of a table stay out, for they are its answer: MMLU-Pro's for mmlu-pro, MATH's for
 * zeroeval. Zero-shot is judged on all rows, calibration on 30 % by a hash of the id. Shares are of the gain of a
 * policy trained on all others of the table; a seed draws the 200 rows, and +- is the spread over seeds. DIR may
 * hold a pool file TABLE.json with other scores.
 * With --siblings the easy and the hard reasoning gym, whose tasks are the same, count as two tables, each unseen by
 * itself; else a policy that is to see neither is trained on neither.
 * About four minutes for all five tables; policies are kept in the cache, and a second run takes half a minute.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parsePool } from '../../src/catalog/pool.ts';
import { calibratePolicy } from '../../src/learn/calibrate.ts';
import { type OutcomeTable, readTable, type TableRow } from '../../src/learn/table.ts';
import { fitPredictor } from '../../src/learn/train.ts';
import { chooseByLambda } from '../../src/policy/embedded/choose.ts';
import { PoolPredictor } from '../../src/policy/embedded/pool.ts';
import { Predictor } from '../../src/policy/embedded/predictor.ts';
import { decodeWeights, encodeWeights, type PolicyWeights } from '../../src/policy/embedded/weights.ts';
import { type Judged, judge, LAMBDAS, mean, pooled, shareOf } from './judge.ts';
import { type PoolModel, publishedPool } from './published-pool.ts';
import { toldTask } from './told-task.ts';

const TABLES = ['zeroeval', 'bfcl', 'reasoning-gym-hard', 'reasoning-gym-easy', 'mmlu-pro'];
const FEW = 200;
const TEST_SHARE = 0.3;
/** Rows that a candidate's mean counts for beside its mean on a task: the best of 2 to 200 over all tables. */
const TOLD_PULL = 20;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '6' },
    data: { type: 'string', default: '../shared/data' },
    pools: { type: 'string' },
    siblings: { type: 'boolean', default: false },
    cache: { type: 'string', default: join(tmpdir(), 'xrouter-transfer') },
  },
});
const seeds = Math.min(50, Number(values.seeds));
mkdirSync(values.cache, { recursive: true });
const tables = new Map<string, OutcomeTable>();
for (const name of TABLES) {
  const path = join(values.data, `${name}.train.jsonl.gz`);
  if (existsSync(path)) tables.set(name, await readTable(path));
  else process.stderr.write(`${path} is not there\n`);
}
/** Tables whose prompts are of the same tasks count as one: the easy and the hard reasoning gym. */
const family = (name: string): string => (values.siblings ? name : name.replace(/-(easy|hard)$/, ''));
const totals = new Map<string, { gain: number; full: number; shares: number[] }>();

for (const name of positionals.length > 0 ? positionals : TABLES) {
  const table = tables.get(name);
  if (!table) continue;
  const test = table.rows.filter(({ id }) => shareOf(`transfer:${id}`) < TEST_SHARE);
  const train = table.rows.filter(({ id }) => shareOf(`transfer:${id}`) >= TEST_SHARE);
  const others = [...tables].filter(([other]) => family(other) !== family(name)).map(([, other]) => other);
  const foreign = trained(`without-${family(name)}`, others);
  const whole = trained(`full-${name}`, [{ ...table, rows: train }]);
  const full = judge(pooled(new Predictor(whole), table.models), test);
  print(name, 'trained on all', full, full.gain);

  const pool = poolFile(name, table);
  for (const renamed of [true, false]) {
    const nameOf = (id: string): string => (renamed ? `unseen/${id}` : id);
    const models = pool.models.map((model) => ({ ...model, id: nameOf(model.id) }));
    const catalog = parsePool(JSON.stringify({ models }), 'pool');
    const judged = judge(pooled(new Predictor(foreign), undefined, catalog), table.rows, nameOf);
    print(name, `zero-shot, ${models.length} models, ${renamed ? 'renamed' : 'own ids'}`, judged);
  }
  const catalog = parsePool(JSON.stringify(pool), 'pool');
  const newcomers = pool.models.filter(({ benchmarks }) => Object.keys(benchmarks).length > 0);
  const besides = newcomers.map(({ id }) =>
    judge(pooled(new Predictor(withoutCandidate(whole, id)), table.models, catalog), test),
  );
  const newcomer = meanOf(besides);
  print(name, `newcomer, each of ${newcomers.length}`, newcomer, full.gain);
  count('newcomer', newcomer.gain, full.gain);

  const halves = [0, 1].map((half) => table.models.filter((id) => shareOf(id) < 0.5 === (half === 0)));
  const two = mostCalled(new PoolPredictor(new Predictor(whole), table.models), train.slice(0, 500), 2);
  const known = (label: string, models: string[]): PolicyWeights =>
    trained(`${label}-${name}`, [{ ...table, models, rows: onlyModels(train, models) }]);
  const cases: [string, PolicyWeights][] = [
    ['foreign', foreign],
    ['half', known('half-0', halves[0]!)],
    ['half', known('half-1', halves[1]!)],
    [
      'two',
      known(
        'without-two',
        table.models.filter((id) => !two.includes(id)),
      ),
    ],
  ];
  const fewRows = Array.from({ length: seeds }, (_, seed) =>
    train.toSorted((a, b) => shareOf(`${seed}:${a.id}`) - shareOf(`${seed}:${b.id}`)).slice(0, FEW),
  );
  const told = (rows: readonly TableRow[]): Judged => {
    const expect = toldTask(rows, table.models, TOLD_PULL);
    return judge({ ids: table.models, referenceUsd: dearestUsd(rows, table.models), expect }, test);
  };
  const calibrated = (weights: PolicyWeights, rows: TableRow[]): PolicyWeights =>
    calibratePolicy(weights, { ...table, rows });
  const judged = (weights: PolicyWeights): Judged =>
    judge(pooled(new Predictor(weights), table.models), test);
  for (const [label, drawn] of [
    ['told task', fewRows.map(told)] as const,
    [
      'calibrate, foreign, true means',
      fewRows.map((rows) => judged(withMeansOf(train, table.models, calibrated(foreign, rows)))),
    ] as const,
    ...cases.map(
      ([label, weights]) =>
        [`calibrate, ${label}`, fewRows.map((rows) => judged(calibrated(weights, rows)))] as const,
    ),
  ]) {
    const few = meanOf(drawn);
    print(name, label, few, full.gain);
    count(label, few.gain, full.gain);
  }
}
for (const [label, { gain, full, shares }] of totals) {
  const median = shares.toSorted((a, b) => a - b)[Math.floor(shares.length / 2)]!;
  process.stdout.write(
    `${label}: ${gain.toFixed(1)} of ${full.toFixed(1)} points, ${percent(gain / full)}; median table ${percent(median)}\n`,
  );
}

function count(label: string, gain: number, full: number): void {
  const total = totals.get(label) ?? { gain: 0, full: 0, shares: [] };
  total.gain += gain;
  total.full += full;
  totals.set(label, { ...total, shares: [...total.shares, gain / full] });
}

/** The last expert, which few rows taught, with the candidates' mean success from many rows. */
function withMeansOf(
  rows: readonly TableRow[],
  models: readonly string[],
  weights: PolicyWeights,
): PolicyWeights {
  const success = Float32Array.from(models, (id) =>
    mean(rows.map(({ outcomes }) => outcomes.get(id)!.score)),
  );
  return { ...weights, experts: weights.experts.with(-1, { ...weights.experts.at(-1)!, success }) };
}

function dearestUsd(rows: readonly TableRow[], models: readonly string[]): number {
  return Math.max(...models.map((id) => mean(rows.map(({ outcomes }) => outcomes.get(id)!.costUsd))));
}

/** The policy as if it had never measured one of its candidates. */
function withoutCandidate(weights: PolicyWeights, id: string): PolicyWeights {
  const gone = weights.candidates.findIndex((candidate) => candidate.id === id);
  const candidates = weights.candidates.map((one, at) => (at === gone ? { ...one, id: `gone/${id}` } : one));
  const experts = weights.experts.map((expert) => {
    const kept = expert.relevance.map((share, j) => (expert.candidates[j] === gone ? 0 : share));
    const sum = kept.reduce((total, share) => total + share, 0);
    return { ...expert, relevance: kept.map((share) => share / sum) };
  });
  return { ...weights, candidates, experts };
}

function meanOf(judged: readonly Judged[]): Judged {
  const gain = mean(judged.map((one) => one.gain));
  const spread = Math.sqrt(mean(judged.map((one) => (one.gain - gain) ** 2)));
  return { gain, spread, worst: mean(judged.map(({ worst }) => worst)) };
}

function trained(key: string, from: readonly OutcomeTable[]): PolicyWeights {
  const path = join(values.cache, `${key}.bin`);
  if (existsSync(path)) return decodeWeights(readFileSync(path), path);
  const { weights } = fitPredictor(from, { seed: 1 });
  writeFileSync(path, encodeWeights(weights));
  return weights;
}

function onlyModels(rows: readonly TableRow[], models: readonly string[]): TableRow[] {
  return rows.map((row) => ({
    ...row,
    outcomes: new Map([...row.outcomes].filter(([id]) => models.includes(id))),
  }));
}

function mostCalled(pool: PoolPredictor, rows: readonly TableRow[], count: number): string[] {
  const calls = new Float64Array(pool.ids.length);
  const members = pool.ids.map((_, position) => position);
  for (const { view } of rows) {
    const expected = pool.predict(view);
    for (const lambda of LAMBDAS) calls[chooseByLambda(members, expected, lambda, pool.referenceUsd)]!++;
  }
  return members
    .sort((a, b) => calls[b]! - calls[a]!)
    .slice(0, count)
    .map((j) => pool.ids[j]!);
}

function poolFile(name: string, table: OutcomeTable): { models: PoolModel[] } {
  const given = values.pools && join(values.pools, `${name}.json`);
  if (given && existsSync(given)) return JSON.parse(readFileSync(given, 'utf8')) as { models: PoolModel[] };
  return publishedPool(name, table);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

function print(name: string, what: string, { gain, spread, worst }: Judged, full?: number): void {
  const cells = [
    name.padEnd(20),
    what.padEnd(32),
    `gain ${gain.toFixed(2)}`.padEnd(11),
    (spread > 0 ? `+- ${spread.toFixed(2)}` : '').padEnd(8),
    (full === undefined ? '' : percent(gain / full)).padEnd(7),
    `worst budget ${worst.toFixed(2)}`,
  ];
  process.stdout.write(`${cells.join(' ')}\n`);
}
