/** `list_models`: the catalog, one page at a time. */
import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Candidate, Router } from '../../../src/index.ts';
import { nearestNames, pricesAt, XrouterError } from '../../../src/index.ts';
import { guarded } from '../errors.ts';
import type { McpHost } from '../host.ts';
import { MOST_NAME_CHARS } from '../limits.ts';
import { toolResult } from '../results.ts';

const capabilities = ['tools', 'structured_output', 'reasoning', 'image', 'audio', 'file'] as const;
type Capability = (typeof capabilities)[number];

const DEFAULT_PAGE = 20;

const inputSchema = z.strictObject({
  usable: z.boolean().optional().describe('Only those with a key'),
  provider: z.string().max(MOST_NAME_CHARS).optional(),
  capability: z.enum(capabilities).optional(),
  limit: z.int().min(1).max(100).optional(),
  cursor: z.string().max(MOST_NAME_CHARS).optional(),
});
type Input = z.infer<typeof inputSchema>;

const outputSchema = z.looseObject({
  models: z.array(
    z.looseObject({
      id: z.string(),
      usable: z.boolean(),
      price: z.looseObject({ input_usd_per_mtok: z.number(), output_usd_per_mtok: z.number() }).optional(),
    }),
  ),
  total: z.number(),
  next_cursor: z.string().optional(),
});

export function registerListModels(server: McpServer, { router }: McpHost): void {
  server.registerTool(
    'list_models',
    {
      title: 'Models and prices',
      description: 'Lists models with price, its source and date, context and capabilities.',
      inputSchema,
      outputSchema,
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    guarded(async (args: Input) => {
      const found = matching(router, args);
      const start = startOf(found, args.cursor);
      const page = found.slice(start, start + (args.limit ?? DEFAULT_PAGE));
      const next_cursor = start + page.length < found.length ? page.at(-1)?.id : undefined;
      const models = page.map((candidate) => describe(router, candidate));
      const lines = models.map(({ id, price, context_tokens, usable, missing }) => {
        const cost = price
          ? `$${price.input_usd_per_mtok} in, $${price.output_usd_per_mtok} out per million tokens (${price.source} ${price.as_of})`
          : 'price unknown';
        return `${id}: ${cost}, context ${context_tokens ?? 'unknown'}${usable ? '' : `. ${missing}`}`;
      });
      const more = next_cursor ? `\nMore with cursor ${next_cursor}` : '';
      const text = `${page.length} of ${found.length} models\n${lines.join('\n')}${more}`;
      return toolResult({ models, total: found.length, next_cursor }, text);
    }),
  );
}

function matching(router: Router, { usable, provider, capability }: Input): Candidate[] {
  const { catalog, parts } = router;
  if (provider !== undefined && !catalog.candidates.some((one) => one.provider === provider)) {
    const known = [...new Set(catalog.candidates.map((one) => one.provider))];
    const near = nearestNames(provider, known, 3);
    throw new XrouterError('invalid_request', `There is no provider ${JSON.stringify(provider)}.`, {
      hint: `Use one of ${(near.length > 0 ? near : known).join(', ')}.`,
    });
  }
  return catalog.candidates.filter(
    (one) =>
      (provider === undefined || one.provider === provider) &&
      (!usable || parts.unusable(one) === undefined) &&
      (capability === undefined || capabilitiesOf(one).includes(capability)),
  );
}

function startOf(found: readonly Candidate[], cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const last = found.findIndex(({ id }) => id === cursor);
  if (last >= 0) return last + 1;
  throw new XrouterError('invalid_request', `The cursor ${JSON.stringify(cursor)} is not of this list.`, {
    hint: 'Leave it out to start anew.',
  });
}

function capabilitiesOf(candidate: Candidate): Capability[] {
  const { input, toolCalling, structuredOutput, reasoning } = candidate;
  return capabilities.filter((capability) => {
    if (capability === 'tools') return toolCalling;
    if (capability === 'structured_output') return structuredOutput;
    if (capability === 'reasoning') return reasoning;
    return input.includes(capability);
  });
}

function describe(router: Router, candidate: Candidate) {
  const { id, displayName, contextTokens, maxOutputTokens, price, released } = candidate;
  const missing = router.parts.unusable(candidate);
  const now = price && pricesAt(price, Date.now(), 0);
  return {
    id,
    name: displayName,
    usable: missing === undefined,
    missing,
    price: price &&
      now && {
        input_usd_per_mtok: now.inputUsdPerMTok,
        output_usd_per_mtok: now.outputUsdPerMTok,
        cached_input_usd_per_mtok: now.cacheReadUsdPerMTok,
        source: price.provenance.source,
        name: price.provenance.name,
        as_of: price.provenance.asOf,
      },
    context_tokens: contextTokens,
    max_output_tokens: maxOutputTokens,
    capabilities: capabilitiesOf(candidate),
    released,
  };
}
