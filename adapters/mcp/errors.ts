/** The one place that shapes errors: a tool result that says what went wrong and what to do. */
import type { CallToolResult, InputRequiredResult, ServerContext } from '@modelcontextprotocol/server';
import type { Episode } from '../../src/index.ts';
import { formatUsd, toXrouterError } from '../../src/index.ts';

type ToolResult = CallToolResult | InputRequiredResult;

/** @param episode what happened until the error, where a request had begun: what it cost is said */
export function errorResult(thrown: unknown, episode?: Episode): CallToolResult {
  const { code, message, hint } = toXrouterError(thrown);
  const lines = [`${code}: ${message}`];
  if (hint) lines.push(hint);
  if (episode && (episode.knownUsd > 0 || !episode.costComplete)) {
    const more = episode.costComplete ? '' : ' and more of unknown price';
    lines.push(`Spent before that: ${formatUsd(episode.knownUsd)}${more} (episode ${episode.id}).`);
  }
  return { isError: true, content: [{ type: 'text', text: lines.join('\n') }] };
}

/** A handler whose errors become results: a client shows those to the model, which can then do better. */
export function guarded<Args>(
  handler: (args: Args, ctx: ServerContext) => Promise<ToolResult>,
): (args: Args, ctx: ServerContext) => Promise<ToolResult> {
  return async (args, ctx) => {
    try {
      return await handler(args, ctx);
    } catch (error) {
      return errorResult(error);
    }
  };
}
