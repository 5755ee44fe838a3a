/** `xrouter promote`: a candidate policy takes the current one's place if logged requests prove it better. */
import { Command, InvalidArgumentError } from 'commander';
import {
  type Estimated,
  encodeWeights,
  judgePromotion,
  loadPolicyWeights,
  type Promotion,
  readBanditLog,
  shippedPolicyPath,
  writeWhole,
} from '../../../src/learn/index.ts';
import { CONFIG, JSON_DOCUMENT, wholeFrom } from '../flags.ts';
import { printJson, requireOtherThan, say, UsageError } from '../output.ts';
import { catalogOf } from '../setup.ts';

interface Flags {
  candidate: string;
  current?: string;
  log: string;
  out?: string;
  confidence: number;
  seed: number;
  catalog?: string;
  config?: string;
  json?: boolean;
}

export function command(): Command {
  return new Command('promote')
    .description('Replaces a policy by a candidate if logged requests prove the candidate better.')
    .requiredOption('--candidate <file>', 'the policy that may be promoted')
    .option('--current <file>', 'the policy in use; default: the shipped one, which stays: give --out')
    .requiredOption('--log <file>', 'bandit log, see `export episodes`; optionally .gz')
    .option('--out <file>', 'where the promoted policy is written; default: over the current one')
    .option('--confidence <p>', 'of the interval that must lie above zero', confidence, 0.95)
    .option('--seed <n>', 'of the interval', wholeFrom(0), 1)
    .option('--catalog <file>', 'pool file with prices and benchmarks; default: your catalog')
    .option(...CONFIG)
    .option(...JSON_DOCUMENT)
    .action(async (flags: Flags) => {
      const out = flags.out ?? flags.current;
      if (out === undefined) throw new UsageError('Give --current, or --out beside the shipped policy.');
      requireOtherThan(out, flags.log, flags.catalog);
      const current = await loadPolicyWeights(flags.current ?? shippedPolicyPath());
      const candidate = await loadPolicyWeights(flags.candidate);
      const log = await readBanditLog(flags.log);
      const catalog = await catalogOf(flags);
      const promotion = judgePromotion(current, candidate, log, { ...flags, catalog });
      if (promotion.promote) await writeWhole(out, [encodeWeights(candidate)]);
      report(promotion);
      if (flags.json)
        printJson({ ...promotion, confidence: flags.confidence, ...(promotion.promote && { out }) });
      if (!promotion.promote) throw refusal(promotion);
      say(`Promoted: ${promotion.reason}. ${out}`);
    });
}

function report({ rows, current, candidate, difference, shadow }: Promotion): void {
  say(
    `${rows.judged} of ${rows.log} requests judge: ${rows.learnedFrom} may have been learned from, ${rows.unexplored} without exploration, ${rows.floor} under a floor, ${rows.verdictOnly} scored by a verifier alone, ${rows.unsupported} without support`,
  );
  say(`the two differ on ${rows.different}; on ${rows.matched} of these the log did as the candidate would`);
  if (current && candidate && difference) {
    say(`reward of the current policy    ${interval(current.doublyRobust)}`);
    say(`reward of the candidate         ${interval(candidate.doublyRobust)}`);
    say(`the candidate's less current's  ${interval(difference)}`);
    say(`the weighted requests are worth ${Math.round(candidate.effectiveRows)} even ones`);
  }
  for (const { policy, rows: seen, agreement, undecided } of shadow) {
    if (agreement !== undefined) {
      say(`in the shadow, ${policy} agreed with the live policy on ${percent(agreement)} of ${seen}`);
    }
    if (undecided > 0)
      say(`in the shadow, ${policy} named no model on ${undecided}: it failed or took too long`);
  }
}

function refusal({ reason, moreRows }: Promotion): Error {
  const more = moreRows === undefined ? '' : ` About ${moreRows} more logged requests would settle it.`;
  return new Error(`Not promoted: ${reason}. Nothing was written, the current policy stays.${more}`);
}

function interval({ value, low, high }: Estimated): string {
  return `${value.toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)})`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function confidence(text: string): number {
  const value = Number(text);
  if (!(value >= 0.5 && value < 1)) throw new InvalidArgumentError('It must be from 0.5 to below 1.');
  return value;
}
