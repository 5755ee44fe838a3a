/** `give_feedback`: how good an answer turned out to be, for training. */
import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { guarded } from '../errors.ts';
import type { McpHost } from '../host.ts';
import { toolResult } from '../results.ts';

/** A second word of the same client replaces its first. */
const SOURCE = 'mcp';

const inputSchema = z.strictObject({
  episode_id: z.string(),
  score: z.number(),
});

const outputSchema = z.looseObject({ episode_id: z.string(), score: z.number() });

export function registerGiveFeedback(server: McpServer, { router }: McpHost): void {
  server.registerTool(
    'give_feedback',
    {
      title: 'Feedback on an answer',
      description: 'How good an answer was, 0 to 1.',
      inputSchema,
      outputSchema,
      annotations: {
        readOnlyHint: false,
        destructiveHint: false,
        idempotentHint: true,
        openWorldHint: false,
      },
    },
    guarded(async ({ episode_id, score }: z.infer<typeof inputSchema>) => {
      await router.feedback(episode_id, score, SOURCE);
      return toolResult({ episode_id, score }, `Kept: ${score}.`);
    }),
  );
}
