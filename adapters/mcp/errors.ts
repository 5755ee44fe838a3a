/** The one place that shapes errors: a tool result that says what went wrong and what to do. */
import type { CallToolResult, InputRequiredResult, ServerContext } from '@modelcontextprotocol/server';
import type { Episode } from '../../src/index.ts';
import { formatUsd, toXrouterError } from '../../src/index.ts';

type ToolResult = CallToolResult | InputRequiredResult;

/**
 * @param episode what happened until the error, where a request had begun: what it cost is said. Default: the
 * one that the router attached to the error
 */
export function errorResult(thrown: unknown, episode = episodeOf(thrown)): CallToolResult {
  const { code, message, hint } = toXrouterError(thrown);
  const lines = [`${code}: ${message}`];
  if (hint) lines.push(hint);
  if (episode && (episode.knownUsd > 0 || !episode.costComplete)) {
    const more = episode.costComplete ? '' : ' and more of unknown price';
    lines.push(`Spent before that: ${formatUsd(episode.knownUsd)}${more} (episode ${episode.id}).`);
  }
  // For programs, which should not have to read the text: clients check structuredContent against the schema of
  // a success, so an error cannot stand there.
  const cost_usd = episode?.costComplete ? episode.knownUsd : undefined;
  const facts = {
    code,
    ...(episode && { episode_id: episode.id, ...(cost_usd !== undefined && { cost_usd }) }),
  };
  return {
    isError: true,
    content: [{ type: 'text', text: lines.join('\n') }],
    _meta: { 'xrouter/error': facts },
  };
}

function episodeOf(thrown: unknown): Episode | undefined {
  return thrown instanceof Error && 'episode' in thrown ? (thrown.episode as Episode) : undefined;
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
