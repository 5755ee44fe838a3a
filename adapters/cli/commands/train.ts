/** `xrouter train`: an embedded policy from outcome tables, or a better one from a log of one's own traffic. */
import { Command } from 'commander';
import {
  embedTables,
  encodeWeights,
  improvePolicy,
  loadPolicyWeights,
  type OutcomeTable,
  readBanditLog,
  readTable,
  requireWritable,
  shippedPolicyPath,
  trainPolicy,
  withoutRepeats,
  writeWhole,
} from '../../../src/learn/index.ts';
import { embeddingsFrom } from '../embeddings.ts';
import { CONFIG, JSON_DOCUMENT, repeated, wholeFrom } from '../flags.ts';
import { printJson, requireOtherThan, say, UsageError } from '../output.ts';
import { catalogOf } from '../setup.ts';
import { counted } from '../terminal.ts';
import { COSTS_STAY, withoutTokens } from '../trained-policy.ts';

interface Flags {
  table?: string[];
  log?: string[];
  embeddings?: string;
  policy?: string;
  catalog?: string;
  config?: string;
  out: string;
  seed: number;
  name: string;
  divideByStd?: boolean;
  json?: boolean;
}

export function command(): Command {
  return new Command('train')
    .description('Trains an embedded policy on outcome tables, or improves one from logged requests.')
    .option('--table <file>', 'outcome table, JSON lines, optionally .gz; may be repeated', repeated)
    .option(
      '--embeddings <file>',
      'read prompts by embeddings of your own: a module whose default export is an Embeddings of LangChain',
    )
    .option('--log <file>', 'bandit log instead, see `export episodes`; may be repeated', repeated)
    .option('--policy <file>', 'with --log: the policy that is improved; default: the shipped one')
    .requiredOption('--out <file>', 'where the policy is written')
    .option('--seed <n>', 'the same seed and tables give the same file', wholeFrom(0), 1)
    .option('--name <name>', 'name of the policy, shown with its decisions', 'embedded')
    .option(
      '--divide-by-std',
      "advantages of DAPO divided by the group's standard deviation, as in its paper; usually worse",
    )
    .option(...JSON_DOCUMENT)
    .option('--catalog <file>', 'with --log: pool file with prices and benchmarks; default: your catalog')
    .option(...CONFIG)
    .action(async (flags: Flags) => {
      requireOtherThan(flags.out, ...(flags.table ?? []), ...(flags.log ?? []), flags.catalog, flags.policy);
      if (flags.log) await improve(flags.log, flags);
      else if (flags.table) await train(flags.table, flags);
      else throw new UsageError('Give --table or --log.');
    });
}

async function train(paths: readonly string[], flags: Flags): Promise<void> {
  const { out, seed, name, divideByStd = false, json } = flags;
  if (flags.policy !== undefined)
    throw new UsageError('--policy goes with --log: tables train a policy anew, a log improves one.');
  if (flags.catalog !== undefined)
    throw new UsageError('--catalog goes with --log: a policy takes the prices of the day when it decides.');
  await requireWritable(out);
  const embeddings = flags.embeddings === undefined ? undefined : await embeddingsFrom(flags.embeddings);
  const given: OutcomeTable[] = [];
  for (const path of paths) given.push(await readTable(path));
  let { tables, repeated } = withoutRepeats(given);
  if (repeated > 0) say(`${counted(repeated, 'row')} that several tables hold count once`);
  if (embeddings) tables = await embedTables(tables, embeddings, { progress: say });
  const weights = trainPolicy(tables, { seed, name, dapo: { normalise: divideByStd }, progress: say });
  const bytes = encodeWeights(weights);
  await writeWhole(out, [bytes]);
  const fixed = withoutTokens(weights.candidates);
  if (fixed.length > 0)
    say(`Prices of another day will not change what ${fixed.join(', ')} cost. ${COSTS_STAY}`);
  say(`${out}: ${counted(weights.candidates.length, 'candidate')}, ${(bytes.length / 1e6).toFixed(2)} MB`);
  if (json) {
    const candidates = weights.candidates.map(({ id }) => id);
    printJson({ policy: out, name, seed, rows: weights.rows, candidates, bytes: bytes.length });
  }
}

async function improve(paths: readonly string[], flags: Flags): Promise<void> {
  const { table, divideByStd, embeddings, policy = shippedPolicyPath(), out, seed, json } = flags;
  if (table) throw new UsageError('Give either --table or --log: tables train, a log improves.');
  if (divideByStd)
    throw new UsageError('--divide-by-std goes with --table: a log is not learned from by DAPO.');
  if (embeddings) throw new UsageError('--embeddings goes with --table: a log keeps no texts to embed.');
  const base = await loadPolicyWeights(policy);
  const log = await readBanditLog(...paths);
  const { weights, ...learned } = improvePolicy(base, log, { seed, catalog: await catalogOf(flags) });
  await writeWhole(out, [encodeWeights(weights)]);
  const change = (learned.meanChange * 100).toFixed(1);
  say(
    `${out}: learned from ${learned.rows} of ${log.length} requests, about half are kept back to judge by; expected success changed by ${change} points on average`,
  );
  if (learned.meanChange === 0)
    say(
      `Nothing was learned that holds on requests left out: ${out} decides as before. Log more requests with their scores, and train again.`,
    );
  if (json) {
    const shrinkage = Number.isFinite(learned.shrinkage) ? learned.shrinkage : null;
    printJson({ policy: out, seed, log: log.length, ...learned, shrinkage });
  }
}
