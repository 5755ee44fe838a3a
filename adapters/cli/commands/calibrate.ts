/** `xrouter calibrate`: new candidates for a policy from about 200 labelled rows. */
import { Command } from 'commander';
import { calibratePolicy, encodeWeights, readTable, writeWhole } from '../../../src/learn/index.ts';
import { JSON_DOCUMENT } from '../flags.ts';
import { printJson, requireOtherThan, say } from '../output.ts';
import { counted } from '../terminal.ts';
import {
  COSTS_STAY,
  openPolicy,
  type PolicyAndTable,
  withoutTokens,
  withPolicyAndTable,
} from '../trained-policy.ts';

interface Flags extends PolicyAndTable {
  out: string;
}

export function command(): Command {
  const table = 'outcome table of about 200 rows with the new candidates';
  return withPolicyAndTable(new Command('calibrate'), table)
    .description('Adds new candidates to a policy from few labelled rows, without retraining the rest.')
    .requiredOption('--out <file>', 'where the calibrated policy is written')
    .option('--catalog <file>', "pool file: today's prices of the new candidates")
    .option(...JSON_DOCUMENT)
    .action(async ({ out, json, ...flags }: Flags) => {
      requireOtherThan(out, flags.table, flags.catalog);
      const { weights: before, catalog, read } = await openPolicy(flags);
      const given = await readTable(flags.table);
      const rows = await read(given.path, given.rows);
      const weights = calibratePolicy(before, { ...given, rows }, catalog);
      await writeWhole(out, [encodeWeights(weights)]);
      const known = new Set(before.candidates.map(({ id }) => id));
      const added = weights.candidates.map(({ id }) => id).filter((id) => !known.has(id));
      const { length } = weights.candidates;
      const unused = withoutTokens(weights.candidates.filter(({ id }) => added.includes(id)));
      if (unused.length > 0)
        say(`Prices of another day will not change what ${unused.join(', ')} cost. ${COSTS_STAY}`);
      say(
        `${out}: ${counted(added.length, 'new candidate')} from ${counted(rows.length, 'row')}, ${length} in all`,
      );
      if (added.length === 0) {
        say(
          'Every model was known: the policy now listens to these rows too. Rows that it learned from before count twice.',
        );
      }
      if (json) printJson({ policy: out, rows: rows.length, added });
    });
}
