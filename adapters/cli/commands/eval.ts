/** `xrouter eval`: a policy on an outcome table, against everything simpler. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import {
  evaluatePolicy,
  evaluationPage,
  type Provenance,
  readTable,
  requireWritable,
  writeWhole,
} from '../../../src/learn/index.ts';
import { evaluationSummary } from '../evaluation-summary.ts';
import { JSON_DOCUMENT, wholeFrom } from '../flags.ts';
import { printJson, requireOtherThan, say, version } from '../output.ts';
import { columnsOf, shown } from '../terminal.ts';
import { CATALOG, openPolicy, type PolicyAndTable, withPolicyAndTable } from '../trained-policy.ts';

interface Flags extends PolicyAndTable {
  out?: string;
  seed: number;
  quick?: boolean;
  trainTable?: string;
}

export function command(): Command {
  return withPolicyAndTable(new Command('eval'))
    .description(
      'Measures a policy on an outcome table that it was not trained on: frontier, intervals, calibration.',
    )
    .option('--out <file>', 'where the report is written, one HTML page')
    .option('--seed <n>', 'the same seed gives the same figures', wholeFrom(0), 1)
    .option(
      '--quick',
      'leave out what is trained anew: policies for tasks never seen, forms of reinforcement',
    )
    .option(
      '--train-table <file>',
      'what the policy was trained on, for the simple routers to learn from too',
    )
    .option(...CATALOG)
    .option(...JSON_DOCUMENT)
    .action(async (flags: Flags) => {
      if (flags.out !== undefined) {
        requireOtherThan(flags.out, flags.table, flags.policy, flags.trainTable, flags.catalog);
        await requireWritable(flags.out);
      }
      const { weights, catalog, read } = await openPolicy(flags);
      const given = await readTable(flags.table);
      const table = { ...given, rows: await read(given.path, given.rows) };
      const training = flags.trainTable === undefined ? undefined : await readTable(flags.trainTable);
      const { seed, quick } = flags;
      const report = evaluatePolicy(weights, table, { seed, quick, catalog, training, progress: say });
      const provenance = await provenanceOf(flags);
      // First what cannot fail: a full disk must not cost the figures of minutes.
      if (flags.json) printJson({ ...report, provenance });
      else process.stdout.write(shown(evaluationSummary(report, columnsOf(process.stdout))));
      if (flags.out !== undefined) {
        await writeWhole(flags.out, [evaluationPage(report, provenance)]);
        say(`${flags.out}: the report`);
      }
    });
}

/** What the figures were made from, so that they can be made again. */
async function provenanceOf(flags: Flags): Promise<Provenance> {
  const { policy, table, embeddings, seed, quick, catalog, trainTable } = flags;
  const command: (string | number)[] = [
    'xrouter',
    'eval',
    '--policy',
    policy,
    '--table',
    table,
    '--seed',
    seed,
  ];
  if (embeddings !== undefined) command.push('--embeddings', embeddings);
  if (trainTable !== undefined) command.push('--train-table', trainTable);
  if (catalog !== undefined) command.push('--catalog', catalog);
  if (quick) command.push('--quick');
  return {
    command: command.map(quoted).join(' '),
    version: version(),
    policySha256: await sha256(policy),
    tableSha256: await sha256(table),
  };
}

/** As a shell takes it for one word. */
function quoted(word: string | number): string {
  const text = String(word);
  return /^[\w@%+=:,./\\-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
