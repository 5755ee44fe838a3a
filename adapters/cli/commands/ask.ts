/** `xrouter ask`: decides, calls, prints the answer and what it cost. */

import { Command } from 'commander';
import type { RouteRequest, RouteResult, Router } from '../../../src/index.ts';
import { atLeastZero } from '../flags.ts';
import { printJson, say } from '../output.ts';
import { openCallingRouter, type RouterFlags, readPrompt, requestFlags, withCallFlags } from '../setup.ts';
import { usd } from '../table.ts';
import { answerFor } from '../terminal.ts';

interface AskFlags extends RouterFlags {
  maxUsd?: number;
  system?: string;
  session?: string;
  budgetKey?: string;
  stream?: boolean;
  json?: boolean;
}

export function command(): Command {
  return withCallFlags(new Command('ask'))
    .description('Decides, calls, prints the answer and what it cost.')
    .argument('[prompt]', 'the prompt; "-" or nothing reads it from standard input')
    .option('--max-usd <x>', 'most this request may cost; refused where that cannot be promised', atLeastZero)
    .option('--system <text>', 'system prompt')
    .option('--session <id>', 'conversation that the cost counts against')
    .option('--budget-key <name>', 'budget that the cost counts against')
    .option('--stream', 'print the answer as it comes')
    .option('--json', 'print the result as one JSON document')
    .action(async (prompt: string | undefined, flags: AskFlags) => {
      const request = requestOf(await readPrompt(prompt), flags);
      const { router, close } = await openCallingRouter(flags);
      const controller = new AbortController();
      const interrupt = () => controller.abort();
      process.once('SIGINT', interrupt);
      try {
        const result = await answer(router, { ...request, signal: controller.signal }, flags);
        if (flags.json) printJson(result);
        else report(result);
      } finally {
        process.off('SIGINT', interrupt);
        await close();
      }
    });
}

function requestOf(content: string, flags: AskFlags): RouteRequest {
  return {
    messages: [
      ...(flags.system === undefined ? [] : [{ role: 'system' as const, content: flags.system }]),
      { role: 'user' as const, content },
    ],
    ...requestFlags(flags),
    session: flags.session,
    budgetKey: flags.budgetKey,
    limits: { maxUsd: flags.maxUsd },
  };
}

function write(text: string): void {
  process.stdout.write(answerFor(process.stdout, text));
}

async function answer(router: Router, request: RouteRequest, flags: AskFlags): Promise<RouteResult> {
  if (!flags.stream || flags.json) {
    const result = await router.route(request);
    if (!flags.json) write(`${result.text}\n`);
    return result;
  }
  for await (const event of router.stream(request)) {
    if (event.type === 'delta') write(event.delta.content ?? '');
    if (event.type === 'call_end' && event.call.error)
      say(`${event.call.model}: ${event.call.error.message}`);
    if (event.type !== 'end') continue;
    process.stdout.write('\n');
    if (event.status === 'completed') return event.result;
    throw event.error;
  }
  throw new Error('The event stream ended without an end event.');
}

function report({ model, servedModel, usage, cost, decision, episode }: RouteResult): void {
  const served = servedModel && !model.endsWith(servedModel) ? ` (served as ${servedModel})` : '';
  const cached = usage.cacheReadTokens ? `, ${usage.cacheReadTokens} of them cached` : '';
  const source = cost.provenance ? `, price: ${cost.provenance.name} of ${cost.provenance.asOf}` : '';
  const estimated = cost.estimated ? ', usage estimated' : '';
  say(`\n${model}${served}: ${decision.reason ?? decision.policy}`);
  say(
    `${usd(cost.usd)} for ${usage.inputTokens} tokens in${cached}, ${usage.outputTokens} out${source}${estimated}`,
  );
  if (decision.fallback) say(decision.fallback);
  for (const { calls } of episode.steps) {
    for (const call of calls) {
      if (call.error) say(`before it, ${call.model} failed: ${call.error.message}`);
    }
  }
}
