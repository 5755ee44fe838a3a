/** `xrouter models`: the catalog. */
import { Command } from 'commander';
import type { Candidate, Router } from '../../../src/index.ts';
import { pricesAt } from '../../../src/index.ts';
import { CONFIG, JSON_DOCUMENT } from '../flags.ts';
import { printJson, say } from '../output.ts';
import { openRouter, type RouterFlags } from '../setup.ts';
import { table } from '../table.ts';
import { columnsOf, counted } from '../terminal.ts';

interface ModelsFlags extends RouterFlags {
  provider?: string;
  usable?: boolean;
  json?: boolean;
}

export function command(): Command {
  return new Command('models')
    .description(
      'Lists the catalog: prices with their source, context, capabilities, and whether a key is set.',
    )
    .option('--provider <id>', 'only this provider')
    .option('--usable', 'only models whose key is set')
    .option(...CONFIG)
    .option(...JSON_DOCUMENT)
    .action(async (flags: ModelsFlags) => {
      const { router, close } = await openRouter(flags);
      try {
        const { catalog, unusable } = router.parts;
        const candidates = catalog.candidates.filter(
          (one) =>
            (flags.provider === undefined || one.provider === flags.provider) &&
            (!flags.usable || unusable(one) === undefined),
        );
        if (flags.json) printJson({ models: candidates.map((one) => asJson(router, one)) });
        else print(router, candidates);
      } finally {
        await close();
      }
    });
}

function asJson(router: Router, candidate: Candidate) {
  const { id, provider, model, displayName, contextTokens, maxOutputTokens, input, output, price } =
    candidate;
  const { toolCalling, structuredOutput, reasoning, benchmarks, released, openWeights } = candidate;
  const missing = router.parts.unusable(candidate);
  return {
    id,
    provider,
    model,
    displayName,
    price: price && {
      ...pricesAt(price, Date.now(), 0),
      source: price.provenance.source,
      name: price.provenance.name,
      asOf: price.provenance.asOf,
      periods: price.periods,
    },
    contextTokens,
    maxOutputTokens,
    input,
    output,
    toolCalling,
    structuredOutput,
    reasoning,
    benchmarks,
    released,
    openWeights,
    keyConfigured: missing === undefined,
    missing,
  };
}

function print(router: Router, candidates: readonly Candidate[]): void {
  const rows = candidates.map((candidate) => {
    const { price, contextTokens } = candidate;
    const now = price && pricesAt(price, Date.now(), 0);
    const abilities = [
      ...candidate.input.filter((modality) => modality !== 'text'),
      ...(candidate.toolCalling ? ['tools'] : []),
      ...(candidate.structuredOutput ? ['schema'] : []),
      ...(candidate.reasoning ? ['reasoning'] : []),
    ];
    return [
      candidate.id,
      now ? `${now.inputUsdPerMTok}` : 'unknown',
      now ? `${now.outputUsdPerMTok}` : 'unknown',
      price?.provenance.asOf ?? '',
      contextTokens === undefined ? '' : `${Math.round(contextTokens / 1000)}k`,
      router.parts.unusable(candidate) === undefined ? 'yes' : 'no',
      abilities.join(' '),
    ];
  });
  process.stdout.write(
    `${table(['model', '$/M in', '$/M out', 'price of', 'context', 'key', 'takes and does'], rows, columnsOf(process.stdout))}\n`,
  );
  const sources = new Set(candidates.map(({ price }) => price?.provenance.name ?? 'no price known'));
  say(`${counted(candidates.length, 'model')}. Prices: ${[...sources].join(', ')}.`);
  const missing = new Set(candidates.flatMap((candidate) => router.parts.unusable(candidate) ?? []));
  if (missing.size > 0) say([...missing].map((what) => `  ${what}`).join('\n'));
}
