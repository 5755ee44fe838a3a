/** `give_feedback`: how good an answer turned out to be, for training. */
import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { guarded } from '../errors.ts';
import type { McpHost } from '../host.ts';
import { MOST_NAME_CHARS } from '../limits.ts';
import { toolResult } from '../results.ts';

const DEFAULT_SOURCE = 'mcp';

const inputSchema = z.strictObject({
  episode_id: z.string().min(1).max(MOST_NAME_CHARS),
  score: z.number().min(0).max(1),
  source: z.string().min(1).max(MOST_NAME_CHARS).optional(),
});

const outputSchema = z.looseObject({ episode_id: z.string(), score: z.number(), source: z.string() });

export function registerGiveFeedback(server: McpServer, { router }: McpHost): void {
  server.registerTool(
    'give_feedback',
    {
      title: 'Feedback on an answer',
      description: 'Records whether an answer was right (1) or useless (0), so that routing improves.',
      inputSchema,
      outputSchema,
      annotations: {
        readOnlyHint: false,
        destructiveHint: false,
        idempotentHint: true,
        openWorldHint: false,
      },
    },
    guarded(async ({ episode_id, score, source = DEFAULT_SOURCE }: z.infer<typeof inputSchema>) => {
      await router.feedback(episode_id, score, source);
      return toolResult({ episode_id, score, source }, `Kept: ${score} by ${source}.`);
    }),
  );
}
