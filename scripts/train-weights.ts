/**
 * Trains the shipped policy, `src/policy/embedded/weights.bin`, byte for byte the same each time.
 * Run: npm run train:weights -- [FOLDER with the outcome tables; default ../shared/data]
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { encodeWeights, readTable, trainPolicy, writeWhole } from '../src/learn/index.ts';

const SEED = 1;
/** Fewer trees than `xrouter train` grows: five tables share one file that everybody loads. */
const TREES = 40;
const MOST_BYTES = 3_000_000;
const TABLES = ['bfcl', 'mmlu-pro', 'reasoning-gym-easy', 'reasoning-gym-hard', 'zeroeval'];
const OUT = join(import.meta.dirname, '../src/policy/embedded/weights.bin');

const folder = process.argv[2] ?? join(import.meta.dirname, '../../shared/data');
const paths = TABLES.map((name) => join(folder, `${name}.train.jsonl.gz`));
const missing = paths.filter((path) => !existsSync(path));
if (missing.length > 0) {
  console.error(`The tables are not there: ${missing.join(', ')}. Name their folder as the argument.`);
  process.exit(1);
}

const started = performance.now();
const tables = [];
for (const path of paths) tables.push(await readTable(path));
const weights = trainPolicy(tables, {
  seed: SEED,
  trees: TREES,
  name: 'embedded',
  progress: (line) => console.error(line),
});
const bytes = encodeWeights(weights);
if (bytes.length > MOST_BYTES)
  throw new Error(`The file would have ${bytes.length} bytes; at most ${MOST_BYTES}.`);
await writeWhole(OUT, [bytes]);
const sha256 = createHash('sha256').update(bytes).digest('hex');
console.log(
  `${bytes.length} bytes, sha256 ${sha256}, in ${Math.round((performance.now() - started) / 1000)} s`,
);
