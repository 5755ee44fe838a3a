/** `xrouter route`: decides and explains; calls no model, needs no key. */
import { Command } from 'commander';
import type { Explanation } from '../../../src/index.ts';
import { JSON_DOCUMENT } from '../flags.ts';
import { printJson, say } from '../output.ts';
import { openRouter, type RouterFlags, readPrompt, requestFlags, withRouterFlags } from '../setup.ts';
import { percent, table, usd } from '../table.ts';
import { columnsOf } from '../terminal.ts';

export function command(): Command {
  return withRouterFlags(new Command('route'))
    .description('Decides which model should answer, and says why. Calls no model, needs no key.')
    .argument('[prompt]', 'the prompt; "-" or nothing reads it from standard input')
    .option(...JSON_DOCUMENT)
    .action(async (prompt: string | undefined, flags: RouterFlags & { json?: boolean }) => {
      const content = await readPrompt(prompt);
      const { router, close } = await openRouter(flags);
      try {
        const explanation = await router.decide({
          messages: [{ role: 'user', content }],
          ...requestFlags(flags),
        });
        if (flags.json) printJson(asJson(explanation));
        else print(explanation);
      } finally {
        await close();
      }
    });
}

function chosen({ decision }: Explanation): string {
  return decision.action.type === 'call' ? decision.action.calls[0].model : decision.policy;
}

function asJson(explanation: Explanation) {
  const { decision, refusals, lambda, minSuccess, decisionMs } = explanation;
  return {
    model: chosen(explanation),
    lambda,
    ...(minSuccess !== undefined && { minSuccess, floorReached: decision.floorReached }),
    policy: decision.policy,
    reason: decision.reason,
    ...(decision.fallback && { fallback: decision.fallback }),
    candidates: [
      ...decision.estimates.map((estimate) => ({ ...estimate, admitted: true })),
      ...refusals.map(({ model, reason }) => ({ model, admitted: false, reason })),
    ],
    decisionMs: Math.round(decisionMs * 1000) / 1000,
  };
}

/** So many candidates say enough to a person; `--json` prints all. */
const SHOWN = 8;

function print(explanation: Explanation): void {
  const { decision, refusals, decisionMs } = explanation;
  process.stdout.write(`${chosen(explanation)}\n`);
  say(`${decision.reason ?? ''} (${decision.policy}, ${decisionMs.toFixed(2)} ms)`);
  if (decision.fallback) say(decision.fallback);
  if (decision.floorReached === false)
    say('No candidate is expected to reach the floor; this is the strongest.');
  const rows = decision.estimates
    .slice(0, SHOWN)
    .map(({ model, success, costUsd }) => [model, percent(success), usd(costUsd)]);
  say(table(['candidate', 'success', 'expected cost'], rows, columnsOf(process.stderr)));
  const more = decision.estimates.length - rows.length;
  if (more > 0) say(`and ${more} more; --json lists them`);
  if (refusals.length > 0) {
    say(`\nNot admitted: ${refusals.length}`);
    for (const { model, reason } of refusals.slice(0, SHOWN)) say(`  ${model}: ${reason}`);
  }
}
