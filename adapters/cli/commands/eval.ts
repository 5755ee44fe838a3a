/** `xrouter eval`: a policy against the routers it has to beat, as a summary, JSON and a page. */
import { Command, InvalidArgumentError } from 'commander';
import { evaluate, loadPolicyWeights, readTable, reportHtml, writeWhole } from '../../../src/learn/index.ts';
import { printJson, say } from '../output.ts';

interface Flags {
  policy: string;
  table: string;
  out?: string;
  verifier: number[];
  seed: number;
  transfer: boolean;
  study?: boolean;
  json?: boolean;
}

export function command(): Command {
  return new Command('eval')
    .description('Compares a policy with the best single model, simple routers and the oracle.')
    .requiredOption('--policy <file>', 'the policy')
    .requiredOption('--table <file>', 'outcome table, JSON lines, optionally .gz')
    .option('--out <file>', 'also write the report as one HTML page')
    .option('--verifier <a,b>', 'accuracies of the verifier (0.5..1)', accuracies, [0.7, 0.8, 0.9, 1])
    .option('--seed <n>', "of the verdicts' errors, the bootstrap and the folds", whole, 1)
    .option('--no-transfer', 'do not train again to measure tasks never seen (faster)')
    .option('--study', 'also train with and without reinforcement on a split (minutes)')
    .option('--json', 'print one JSON document')
    .action(async (flags: Flags) => {
      const weights = await loadPolicyWeights(flags.policy);
      const table = await readTable(flags.table);
      const evaluation = evaluate(weights, table, {
        seed: flags.seed,
        verifiers: flags.verifier,
        transfer: flags.transfer,
        ...(flags.study ? { study: { dapo: {}, verifiers: flags.verifier } } : {}),
        progress: say,
      });
      if (flags.out !== undefined) {
        await writeWhole(flags.out, [reportHtml(evaluation)]);
        say(`${flags.out}: the report`);
      }
      const { best, routers, transfer, study, flips } = evaluation;
      say(`\n${evaluation.rows} rows; best single ${best.model}: ${(best.accuracy * 100).toFixed(1)} %`);
      say(`${'gain over the mixing line, points'.padEnd(52)}   gain   95 % interval   cost to match`);
      for (const { router, verifier, gain, interval, costMatch } of routers) {
        const label = `${router}${verifier === undefined ? '' : `, verifier ${verifier}`}`;
        const match = costMatch === undefined ? 'never' : `${(costMatch * 100).toFixed(0)} %`;
        const between = `${interval.low.toFixed(1)} .. ${interval.high.toFixed(1)}`;
        say(`  ${label.padEnd(50)} ${gain.toFixed(2).padStart(6)}   ${between.padEnd(13)}   ${match}`);
      }
      if (transfer) {
        say(
          `trained without these rows ${transfer.otherRows.toFixed(2)}, without these tasks ${transfer.otherTasks.toFixed(2)}`,
        );
      }
      for (const { router, verifier, gain, interval } of study?.lines ?? []) {
        const label = `${router}${verifier === undefined ? '' : `, verifier ${verifier}`}`;
        say(`  study: ${label.padEnd(56)} ${gain.toFixed(2).padStart(6)} ± ${interval.error.toFixed(2)}`);
      }
      const changed = Object.entries(flips).map(([kind, rate]) => `${kind} ${(rate * 100).toFixed(1)} %`);
      say(`decisions changed by harmless changes: ${changed.join(', ')}`);
      if (flags.json) printJson(evaluation);
    });
}

function accuracies(text: string): number[] {
  const values = text.split(',').map(Number);
  if (values.some((value) => !(value >= 0.5 && value <= 1))) {
    throw new InvalidArgumentError('It must be numbers between 0.5 (a coin) and 1 (always right).');
  }
  return [...new Set(values)];
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError('It must be a whole number, 0 or larger.');
  }
  return value;
}
