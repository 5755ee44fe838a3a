/** `route_prompt`: decide, call, answer. */
import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { RouteRequest } from '../../../src/index.ts';
import { XrouterError } from '../../../src/index.ts';
import { approvedUsd, askApproval, BOUNDED_OUTPUT_TOKENS, worstOfDecision } from '../approval.ts';
import { waitFor } from '../calls.ts';
import { errorResult, guarded } from '../errors.ts';
import type { McpHost } from '../host.ts';
import { MOST_MODELS, MOST_NAME_CHARS, MOST_PROMPT_CHARS } from '../limits.ts';
import { reportProgress } from '../progress.ts';
import { chosenModel, completedResult, decidedResult, routeOutput, runningResult } from '../results.ts';

const inputSchema = z.strictObject({
  prompt: z.string().min(1).max(MOST_PROMPT_CHARS),
  system: z.string().max(MOST_PROMPT_CHARS).optional(),
  pool: z
    .array(z.string().min(1).max(MOST_NAME_CHARS))
    .min(1)
    .max(MOST_MODELS)
    .optional()
    .describe('Only these models'),
  lambda: z.number().min(0).optional().describe('0 ignores cost, larger prefers cheaper'),
  min_success: z.number().min(0).max(1).optional().describe('Cheapest model expected to reach this'),
  max_usd: z.number().min(0).optional().describe('Hard limit on cost'),
  max_output_tokens: z.int().min(1).max(1_000_000).optional(),
  session: z.string().max(MOST_NAME_CHARS).optional().describe('Conversation to count cost against'),
  dry_run: z.boolean().optional().describe('Only decide'),
});
type Input = z.infer<typeof inputSchema>;

export function registerRoutePrompt(server: McpServer, host: McpHost): void {
  server.registerTool(
    'route_prompt',
    {
      title: 'Answer by the best model for the price',
      description:
        'Sends a prompt to the cheapest model likely to answer it well; returns the answer, model and cost.',
      inputSchema,
      outputSchema: routeOutput,
      annotations: {
        readOnlyHint: false,
        destructiveHint: false,
        idempotentHint: false,
        openWorldHint: true,
      },
    },
    guarded(async (args: Input, ctx) => {
      const request = requestOf(args, host);
      if (args.dry_run) return decidedResult(await host.router.decide(request));

      const { approveAboveUsd } = host.settings;
      const approved = approvedUsd(args, ctx);
      if (approved !== undefined) {
        request.limits = { maxUsd: Math.min(approved, args.max_usd ?? Number.POSITIVE_INFINITY) };
      }
      const call = host.calls.start({
        events: (signal) => host.router.stream({ ...request, signal }),
        gate: (decision) =>
          approved !== undefined ||
          approveAboveUsd === undefined ||
          (worstOfDecision(host.router, request, decision) ?? Number.POSITIVE_INFINITY) <= approveAboveUsd,
      });
      const endProgress = reportProgress(call, ctx);
      const outcome = await waitFor(call, host.settings.waitMs, ctx.mcpReq.signal);
      endProgress();
      if (outcome?.type === 'completed') return completedResult(outcome.result);
      if (outcome?.type === 'failed') return errorResult(outcome.error, outcome.episode);
      if (outcome?.type === 'halted') {
        const usd = worstOfDecision(host.router, request, outcome.decision);
        const model = chosenModel(outcome.decision);
        if (usd === undefined) throw unknownPrice(model);
        return askApproval(server, ctx, { args, model, usd });
      }
      if (ctx.mcpReq.signal.aborted) {
        call.cancel();
        return errorResult(new XrouterError('aborted', 'The call was cancelled.'));
      }
      host.calls.keep(call);
      return runningResult(call);
    }),
  );
}

function requestOf(args: Input, { router, settings }: McpHost): RouteRequest {
  const system = args.system === undefined ? [] : [{ role: 'system' as const, content: args.system }];
  // What is to be approved needs a bound; without one it would be the model's largest output.
  const bound =
    settings.approveAboveUsd === undefined
      ? undefined
      : (router.parts.defaults.maxOutputTokens ?? BOUNDED_OUTPUT_TOKENS);
  return {
    messages: [...system, { role: 'user', content: args.prompt }],
    pool: args.pool,
    lambda: args.lambda,
    minSuccess: args.min_success,
    maxOutputTokens: args.max_output_tokens ?? bound,
    session: args.session,
    limits: args.max_usd === undefined ? undefined : { maxUsd: args.max_usd },
  };
}

function unknownPrice(model: string): XrouterError {
  return new XrouterError(
    'unknown_price',
    `The price of ${model} is unknown, so its cost cannot be approved.`,
    {
      hint: 'Give it a price in the configuration, or name other models in pool.',
    },
  );
}
