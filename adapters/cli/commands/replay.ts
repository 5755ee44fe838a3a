/** `xrouter replay`: plays a table as the environment; the policy acts, sees verdicts, and stops. */

import { Command, InvalidArgumentError } from 'commander';
import { XrouterError } from '../../../src/index.ts';
import {
  forecast,
  PoolPredictor,
  Predictor,
  readTable,
  replay,
  replayModels,
  sequencePlanner,
  shippedPolicyPath,
  writeWhole,
} from '../../../src/learn/index.ts';
import { JSON_DOCUMENT, list, wholeFrom } from '../flags.ts';
import { printJson, requireOtherThan, say } from '../output.ts';
import { counted } from '../terminal.ts';
import { LAMBDAS, openPolicy, type PolicyAndTable, withPolicyAndTable } from '../trained-policy.ts';

interface Flags extends PolicyAndTable {
  lambda: number[];
  verifier?: number;
  maxCalls: number;
  seed: number;
  out: string;
  pool?: string[];
}

export function command(): Command {
  return withPolicyAndTable(new Command('replay'))
    .description(
      'Plays a table as the environment: call, see a verdict that may be wrong, stop or call another.',
    )
    .option(...LAMBDAS)
    .option('--verifier <v>', 'probability that a verdict is right (0.5..1); left out: one call', accuracy)
    .option('--max-calls <n>', 'most calls for a row', wholeFrom(1), 3)
    .option('--seed <n>', "of the verdicts' errors", wholeFrom(0), 1)
    .requiredOption('--out <file>', 'where the sequences are written, JSON lines')
    .option('--pool <a,b>', 'call these models only', list)
    .option(...JSON_DOCUMENT)
    .action(async (flags: Flags) => {
      requireOtherThan(flags.out, flags.table, flags.policy);
      const { weights, read } = await openPolicy(flags);
      const table = await readTable(flags.table);
      const predictor = new Predictor(weights);
      const models = replayModels(table, flags.pool);
      const known = models.filter((id) => predictor.index.has(id));
      if (known.length < models.length) {
        const unknown = models.filter((id) => !predictor.index.has(id)).join(', ');
        const policy = flags.policy === shippedPolicyPath() ? 'The shipped policy' : flags.policy;
        throw new XrouterError('unknown_model', `${policy} has never measured ${unknown}.`, {
          hint:
            known.length > 0
              ? `Name those it may call: --pool ${known.join(',')}; or calibrate the policy with the others.`
              : 'Train or calibrate a policy on the models of this table.',
        });
      }
      const pool = new PoolPredictor(predictor, models);
      const data = forecast(await read(flags.table, table.rows), pool);
      const { lambda, verifier, maxCalls, seed } = flags;
      let calls = 0;
      let written = 0;
      const lines = function* (): Generator<string> {
        for (const line of replay(data, sequencePlanner(weights), {
          lambdas: lambda,
          verifier,
          maxCalls,
          seed,
        })) {
          calls += line.calls.length;
          written++;
          yield `${JSON.stringify(line)}\n`;
        }
      };
      await writeWhole(flags.out, lines());
      const mean = calls / Math.max(1, written);
      say(
        `${flags.out}: ${counted(data.rows, 'row')} at ${counted(lambda.length, 'lambda')}, ${mean.toFixed(2)} calls on average`,
      );
      if (flags.json) {
        printJson({
          replay: flags.out,
          rows: data.rows,
          lambdas: lambda,
          verifier,
          maxCalls,
          seed,
          meanCalls: mean,
        });
      }
    });
}

function accuracy(text: string): number {
  const value = Number(text);
  if (!(value >= 0.5 && value <= 1)) {
    throw new InvalidArgumentError('It must be between 0.5 (a coin) and 1 (always right).');
  }
  return value;
}
