/** `xrouter train`: an embedded policy from outcome tables. */
import { Command, InvalidArgumentError } from 'commander';
import { encodeWeights, readTable, trainPolicy, writeWhole } from '../../../src/learn/index.ts';
import { printJson, say } from '../output.ts';

interface Flags {
  table: string[];
  out: string;
  seed: number;
  name: string;
  json?: boolean;
}

export function command(): Command {
  return new Command('train')
    .description('Trains an embedded policy on one or more outcome tables.')
    .requiredOption('--table <file>', 'outcome table, JSON lines, optionally .gz; may be repeated', collect)
    .requiredOption('--out <file>', 'where the policy is written')
    .option('--seed <n>', 'the same seed and tables give the same file', integer, 1)
    .option('--name <name>', 'name of the policy, shown with its decisions', 'embedded')
    .option('--json', 'print one JSON document')
    .action(async ({ table: paths, out, seed, name, json }: Flags) => {
      const tables = [];
      for (const path of paths) tables.push(await readTable(path));
      const weights = trainPolicy(tables, { seed, name, progress: say });
      const bytes = encodeWeights(weights);
      await writeWhole(out, [bytes]);
      say(`${out}: ${weights.candidates.length} candidates, ${(bytes.length / 1e6).toFixed(2)} MB`);
      if (json) {
        printJson({
          policy: out,
          name,
          seed,
          rows: weights.rows,
          candidates: weights.candidates.map(({ id }) => id),
          bytes: bytes.length,
        });
      }
    });
}

function collect(path: string, before: string[] = []): string[] {
  return [...before, path];
}

function integer(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError('It must be a whole number, 0 or larger.');
  }
  return value;
}
