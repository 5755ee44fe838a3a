/** Results of the router in OpenAI's words, and beside them what only the router knows. */
import {
  answeringCall,
  type CallRecord,
  type Episode,
  type RouteResult,
  type Usage,
} from '../../src/index.ts';

/** What stands as `usage`: the tokens of the answering call, since agents measure their context by it. */
export function usageOf({ episode, usage }: RouteResult): Record<string, unknown> {
  const { inputTokens, outputTokens, cacheReadTokens, reasoningTokens }: Usage =
    answeringCall(episode)?.usage ?? usage;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(cacheReadTokens !== undefined && { prompt_tokens_details: { cached_tokens: cacheReadTokens } }),
    ...(reasoningTokens !== undefined && {
      completion_tokens_details: { reasoning_tokens: reasoningTokens },
    }),
  };
}

/** What stands as `xrouter`: the decision and what it cost, all calls together; `null` is unknown. */
export function routingOf(episode: Episode): Record<string, unknown> {
  const { cost } = episode;
  return {
    episode_id: episode.id,
    cost_usd: cost.usd ?? null,
    cost_complete: episode.costComplete,
    ...(cost.estimated && { cost_estimated: true }),
    price_source: cost.provenance?.source ?? null,
    price_as_of: cost.provenance?.asOf ?? null,
    lambda: episode.lambda,
    ...(episode.minSuccess !== undefined && { min_success: episode.minSuccess }),
    ...(episode.route !== undefined && { route: episode.route }),
    reason: episode.steps.at(-1)?.decision.reason ?? null,
    calls: episode.steps.flatMap(({ calls }) => calls.map(callShape)),
  };
}

function callShape(call: CallRecord): Record<string, unknown> {
  const { usage, servedModel, verdict, error } = call;
  return {
    model: call.model,
    ...(servedModel !== undefined && { served_model: servedModel }),
    status: call.status,
    cost_usd: call.cost.usd ?? null,
    input_tokens: usage?.inputTokens ?? null,
    output_tokens: usage?.outputTokens ?? null,
    latency_ms: call.latencyMs,
    attempts: call.attempts,
    ...(verdict && { passed: verdict.pass }),
    ...(error && { error: error.code }),
  };
}

/** A whole chat completion, as JSON text. @param reasoning what the model thought aloud, '' where it did not */
export function completionText(result: RouteResult, created: number, reasoning: string): string {
  const { content = null, refusal = null, tool_calls } = result.message;
  return JSON.stringify({
    id: result.id,
    object: 'chat.completion',
    created,
    model: result.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content,
          refusal,
          ...(reasoning !== '' && { reasoning_content: reasoning }),
          ...(tool_calls && { tool_calls }),
        },
        logprobs: null,
        finish_reason: result.finishReason,
      },
    ],
    usage: usageOf(result),
    xrouter: routingOf(result.episode),
  });
}
