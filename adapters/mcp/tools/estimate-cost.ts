/** `estimate_cost`: what a request would cost, likely and at worst, at each model. Calls nobody. */
import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Candidate, Router } from '../../../src/index.ts';
import {
  estimateInput,
  formatUsd,
  tokenPriceUsd,
  viewPrompt,
  worstCaseUsd,
  XrouterError,
} from '../../../src/index.ts';
import { guarded } from '../errors.ts';
import type { McpHost } from '../host.ts';
import { MOST_MODELS, MOST_NAME_CHARS, MOST_PROMPT_CHARS } from '../limits.ts';
import { costOutput, toolResult } from '../results.ts';

/** Where nobody says how long the answer will be. */
const TYPICAL_OUTPUT_TOKENS = 500;
const DEFAULT_LIMIT = 10;

const tokens = z.int().min(0).max(100_000_000);
const inputSchema = z.strictObject({
  prompt: z.string().min(1).max(MOST_PROMPT_CHARS).optional(),
  input_tokens: tokens.optional().describe('Instead of prompt'),
  output_tokens: tokens.optional().describe(`Expected; default ${TYPICAL_OUTPUT_TOKENS}`),
  max_output_tokens: tokens.optional().describe('For the worst case'),
  models: z.array(z.string().min(1).max(MOST_NAME_CHARS)).min(1).max(MOST_MODELS).optional(),
  limit: z.int().min(1).max(100).optional(),
});
type Input = z.infer<typeof inputSchema>;

const outputSchema = z.looseObject({
  estimates: z.array(
    z.looseObject({
      model: z.string(),
      likely_usd: z.number().optional(),
      worst_usd: z.number().optional(),
      source: z.string().optional(),
      as_of: z.string().optional(),
      unknown: z.string().optional(),
    }),
  ),
  total: z.number(),
});

export function registerEstimateCost(server: McpServer, { router }: McpHost): void {
  server.registerTool(
    'estimate_cost',
    {
      title: 'Cost before the call',
      description: 'Likely and worst cost of a prompt at each model, cheapest first.',
      inputSchema,
      outputSchema,
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    guarded(async (args: Input) => {
      const input = inputTokens(args);
      const outputTokens = args.output_tokens ?? TYPICAL_OUTPUT_TOKENS;
      const all = candidatesOf(router, args.models)
        .map((candidate) => estimate(candidate, input, outputTokens, args.max_output_tokens))
        .sort((a, b) => (a.likely_usd ?? Number.MAX_VALUE) - (b.likely_usd ?? Number.MAX_VALUE));
      const estimates = all.slice(0, args.limit ?? DEFAULT_LIMIT);
      const assumed = { input_tokens: input.likely, output_tokens: outputTokens };
      const lines = estimates.map((one) =>
        one.likely_usd === undefined
          ? `${one.model}: unknown, ${one.unknown}`
          : `${one.model}: likely ${formatUsd(one.likely_usd)}, at worst ${one.worst_usd === undefined ? 'unknown' : formatUsd(one.worst_usd)} (${one.source} ${one.as_of})`,
      );
      const head = `${estimates.length} of ${all.length} models, for about ${input.likely} tokens in and ${outputTokens} out`;
      return toolResult({ estimates, total: all.length, assumed }, `${head}\n${lines.join('\n')}`);
    }),
  );
}

/** Tokens of the input as they are likely, and as many as there can be. */
function inputTokens({ prompt, input_tokens }: Input): { likely: number; most: number } {
  if ((prompt === undefined) === (input_tokens === undefined)) {
    throw new XrouterError('invalid_request', 'Give either prompt or input_tokens.');
  }
  if (prompt === undefined) return { likely: input_tokens!, most: input_tokens! };
  const request = { messages: [{ role: 'user' as const, content: prompt }] };
  const { likelyTokens, highTokens } = estimateInput(request, viewPrompt(request));
  return { likely: likelyTokens, most: highTokens };
}

/** The models named; else those that can be called; where none can, all. */
function candidatesOf(router: Router, names: string[] | undefined): readonly Candidate[] {
  const { catalog, parts } = router;
  const pool = names ?? parts.defaults.pool;
  if (pool) return [...new Set(pool.map((name) => catalog.get(name, parts.env)))];
  const usable = catalog.candidates.filter((candidate) => parts.unusable(candidate) === undefined);
  return usable.length > 0 ? usable : catalog.candidates;
}

function estimate(
  candidate: Candidate,
  input: { likely: number; most: number },
  outputTokens: number,
  maxOutputTokens: number | undefined,
) {
  const most = candidate.maxOutputTokens ?? candidate.contextTokens;
  const bound = Math.min(maxOutputTokens ?? Number.MAX_VALUE, most ?? Number.MAX_VALUE);
  const likely_usd = tokenPriceUsd(candidate, input.likely, Math.min(outputTokens, bound));
  const worst_usd = bound === Number.MAX_VALUE ? undefined : worstCaseUsd(candidate, input.most, bound);
  const { source, name, as_of } = costOutput({ usd: likely_usd, provenance: candidate.price?.provenance });
  const unknown =
    likely_usd === undefined
      ? 'it has no known price'
      : worst_usd === undefined
        ? 'its longest output is not known; give max_output_tokens'
        : undefined;
  return { model: candidate.id, likely_usd, worst_usd, source, name, as_of, unknown };
}
