/** `xrouter decide`: a policy's decisions for every row of a table and every lambda; outcomes are not looked at. */

import { Command } from 'commander';
import {
  decideTable,
  PoolPredictor,
  Predictor,
  readPrompts,
  type TableDecision,
  writeWhole,
} from '../../../src/learn/index.ts';
import { JSON_DOCUMENT, list, probability } from '../flags.ts';
import { printJson, requireOtherThan, say } from '../output.ts';
import { counted } from '../terminal.ts';
import { CATALOG, LAMBDAS, openPolicy, type PolicyAndTable, withPolicyAndTable } from '../trained-policy.ts';

interface Flags extends PolicyAndTable {
  lambda: number[];
  out: string;
  pool?: string[];
  minSuccess?: number;
}

export function command(): Command {
  const table = 'JSON lines with id and prompt or messages, optionally .gz';
  return withPolicyAndTable(new Command('decide'), table)
    .description('Decides for every row of a table and every lambda; never looks at outcomes.')
    .option(...LAMBDAS)
    .requiredOption('--out <file>', 'where the decisions are written, JSON lines')
    .option(
      '--pool <a,b>',
      'choose among these models; default: all of the catalog, without one all that the policy knows',
      list,
    )
    .option(...CATALOG)
    .option('--min-success <x>', 'accuracy floor instead of lambda (0..1)', probability)
    .option(...JSON_DOCUMENT)
    .action(async (flags: Flags) => {
      requireOtherThan(flags.out, flags.table, flags.policy, flags.catalog);
      const { weights, catalog, read } = await openPolicy(flags);
      const pool = new PoolPredictor(new Predictor(weights), flags.pool, catalog);
      const prompts = await read(flags.table, await readPrompts(flags.table));
      let missed = 0;
      let written = 0;
      const count = (decision: TableDecision): string => {
        written++;
        if (decision.floorReached === false) missed++;
        return `${JSON.stringify(decision)}\n`;
      };
      const decisions = decideTable(pool, prompts, flags.lambda, flags.minSuccess);
      await writeWhole(flags.out, Iterator.from(decisions).map(count));
      const of = `${counted(prompts.length, 'prompt')}, ${counted(pool.ids.length, 'candidate')}`;
      say(`${flags.out}: ${counted(written, 'decision')} for ${of}`);
      if (missed > 0) {
        const fall = missed === 1 ? 'does not reach' : 'do not reach';
        say(
          `${counted(missed, 'decision')} ${fall} the floor of ${flags.minSuccess}: there the strongest is named.`,
        );
      }
      if (flags.json) {
        printJson({ decisions: flags.out, rows: prompts.length, lambdas: flags.lambda, floorMissed: missed });
      }
    });
}
