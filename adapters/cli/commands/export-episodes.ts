/** `xrouter export episodes`: logged requests, in a form to learn from. */
import { Command } from 'commander';
import { XrouterError } from '../../../src/index.ts';
import { banditLine, banditLog, writeWhole } from '../../../src/learn/index.ts';
import { CONFIG, JSON_DOCUMENT } from '../flags.ts';
import { printJson, requireOtherThan, say } from '../output.ts';
import { ledgerPath, openKeptLedger } from './feedback.ts';

interface Flags {
  out: string;
  ledger?: string;
  config?: string;
  since?: string;
  json?: boolean;
}

export function episodesCommand(): Command {
  return new Command('episodes')
    .description('Writes logged requests whose outcome is known, as a bandit log for `train --log`.')
    .requiredOption('--out <file>', 'where the log is written, JSON lines')
    .option('--ledger <file>', 'where the episodes are kept; default: one file for all your programs')
    .option(...CONFIG)
    .option('--since <time>', 'ISO time; older ones are left out')
    .option(...JSON_DOCUMENT)
    .action(async ({ out, since, json, ...flags }: Flags) => {
      const path = await ledgerPath(flags);
      requireOtherThan(out, path);
      const ledger = await openKeptLedger(path);
      const kept = await ledger.episodeStore
        .episodes({ limit: Number.MAX_SAFE_INTEGER, ...(since !== undefined && { since: isoTime(since) }) })
        .finally(() => ledger.close());
      if (kept.length === 0) {
        const when = since === undefined ? '' : ` since ${since}`;
        throw new XrouterError('invalid_file', `${path} keeps no request${when}.`, {
          hint: 'Name the file that your program keeps its episodes in (--ledger).',
        });
      }
      const { rows, omitted } = banditLog(kept);
      for (const [reason, count] of omitted) say(`${count} left out: ${reason}`);
      if (rows.length === 0) {
        throw new XrouterError(
          'invalid_file',
          `${path}: none of ${kept.length} episodes can be learned from.`,
          {
            hint: 'Give feedback on answers, or use a verifier.',
          },
        );
      }
      await writeWhole(out, rows.map(banditLine));
      say(`${out}: ${rows.length} of ${kept.length} episodes`);
      if (json) {
        const explored = rows.filter(({ candidates, action }) => candidates[action]!.propensity < 1).length;
        printJson({
          log: out,
          episodes: kept.length,
          rows: rows.length,
          explored,
          omitted: Object.fromEntries(omitted),
        });
      }
    });
}

function isoTime(text: string): string {
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new XrouterError('invalid_request', `--since ${text} is no time.`, {
    hint: 'Write it like 2026-11-22 or 2026-11-22T08:00:00Z.',
  });
}
