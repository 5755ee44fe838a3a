/** `get_result`: the answer of a call that was still running when its tool call had to return. */
import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { XrouterError } from '../../../src/index.ts';
import { waitFor } from '../calls.ts';
import { errorResult, guarded } from '../errors.ts';
import type { McpHost } from '../host.ts';
import { reportProgress } from '../progress.ts';
import { completedResult, routeOutput, runningResult, toolResult } from '../results.ts';

const inputSchema = z.strictObject({
  call_id: z.string().max(100),
  cancel: z.boolean().optional().describe('Stop it and its spending'),
});

export function registerGetResult(server: McpServer, host: McpHost): void {
  server.registerTool(
    'get_result',
    {
      title: 'Result of a running call',
      description: 'Waits for a call that returned status "running".',
      inputSchema,
      outputSchema: routeOutput,
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    },
    guarded(async ({ call_id, cancel }: z.infer<typeof inputSchema>, ctx) => {
      const call = host.calls.find(call_id);
      if (!call) {
        throw new XrouterError('invalid_request', `There is no call ${call_id}.`, {
          hint: 'The server keeps the last 200 results until it ends; call route_prompt again.',
        });
      }
      if (cancel && !call.outcome) {
        call.cancel();
        const outcome = await call.done;
        if (outcome.type === 'failed' && outcome.error.code === 'aborted') {
          const spent = outcome.episode && { cost: { usd: outcome.episode.cost.usd } };
          return toolResult({ status: 'cancelled', call_id, ...spent }, 'Cancelled.');
        }
      }
      const endProgress = reportProgress(call, ctx);
      const outcome = await waitFor(call, host.settings.waitMs, ctx.mcpReq.signal);
      endProgress();
      if (!outcome) return runningResult(call);
      if (outcome.type === 'completed') return completedResult(outcome.result);
      if (outcome.type === 'failed') return errorResult(outcome.error, outcome.episode);
      throw new XrouterError(
        'budget_exceeded',
        'The call came to a point where it needs approval, and ended.',
        {
          hint: 'Call route_prompt again with max_usd.',
        },
      );
    }),
  );
}
