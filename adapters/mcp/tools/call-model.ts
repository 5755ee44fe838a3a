/** `call_model`: one model, no choice. For rollouts of training, which have chosen already. */
import { createHash } from 'node:crypto';
import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { ChatMessage, RouteRequest, RouteResult } from '../../../src/index.ts';
import { XrouterError } from '../../../src/index.ts';
import { guarded } from '../errors.ts';
import type { DirectCalls, McpHost } from '../host.ts';
import { MOST_MESSAGES, MOST_NAME_CHARS, MOST_PROMPT_CHARS } from '../limits.ts';
import { costOutput, modelText, toolResult } from '../results.ts';

const text = z.string().max(MOST_PROMPT_CHARS);
export const inputSchema = z.strictObject({
  model: z.string().min(1).max(MOST_NAME_CHARS),
  prompt: text.optional(),
  messages: z
    .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: text }))
    .max(MOST_MESSAGES)
    .optional()
    .describe('Instead of prompt'),
  optimized_system_prompt: text.optional(),
  temperature: z.number().min(0).max(2).optional(),
  max_output_tokens: z.int().min(1).max(1_000_000).optional(),
  trajectory_id: z
    .string()
    .min(1)
    .max(MOST_NAME_CHARS)
    .optional()
    .describe('The same call again under the same id costs nothing'),
});
export type Input = z.infer<typeof inputSchema>;

export const outputSchema = z.looseObject({
  text: z.string(),
  model: z.string(),
  cost_usd: z.number().optional(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  cached_tokens: z.number().optional(),
  latency_ms: z.number(),
});

export function registerCallModel(server: McpServer, host: McpHost, { router, rollouts }: DirectCalls): void {
  server.registerTool(
    'call_model',
    {
      title: 'Call one model',
      description: 'Calls the named model once; returns its text, cost and tokens.',
      inputSchema,
      outputSchema,
      annotations: {
        readOnlyHint: false,
        destructiveHint: false,
        idempotentHint: false,
        openWorldHint: true,
      },
    },
    guarded(async (args: Input, ctx) => {
      const request = requestOf(args, host.router.catalog.get(args.model, host.router.parts.env).id);
      const { value, replayed } = await rollouts.call(
        keyOf(args),
        (signal) => router.route({ ...request, signal }),
        ctx.mcpReq.signal,
      );
      return resultOf(value, replayed);
    }),
  );
}

/** @throws XrouterError `invalid_request` where there is not exactly one of prompt and messages */
function requestOf(args: Input, model: string): RouteRequest {
  return {
    messages: withSystem(args.optimized_system_prompt, messagesOf(args)),
    pool: [model],
    temperature: args.temperature,
    maxOutputTokens: args.max_output_tokens,
  };
}

/** @throws XrouterError `invalid_request` where there is not exactly one of prompt and messages */
export function messagesOf({ prompt, messages }: Input): NonNullable<Input['messages']> {
  if ((prompt === undefined) === (messages === undefined)) {
    throw new XrouterError('invalid_request', 'Give either prompt or messages.');
  }
  return messages ?? [{ role: 'user', content: prompt! }];
}

/** One system message, the optimized text first: some providers take no second one. */
function withSystem(optimized: string | undefined, messages: ChatMessage[]): ChatMessage[] {
  if (optimized === undefined || optimized === '') return messages;
  const [first, ...rest] = messages;
  if (first?.role !== 'system') return [{ role: 'system', content: optimized }, ...messages];
  return [{ role: 'system', content: `${optimized}\n\n${first.content}` }, ...rest];
}

/** Names the call within its trajectory by all that is sent; `undefined` outside of one. */
function keyOf(args: Input): string | undefined {
  const { trajectory_id, model, prompt, messages, optimized_system_prompt, temperature, max_output_tokens } =
    args;
  if (trajectory_id === undefined) return undefined;
  const sent = [
    trajectory_id,
    model,
    prompt,
    messages,
    optimized_system_prompt,
    temperature,
    max_output_tokens,
  ];
  return createHash('sha256').update(JSON.stringify(sent)).digest('hex');
}

function resultOf(result: RouteResult, replayed: boolean) {
  const { model, servedModel, finishReason, usage, cost, episode } = result;
  const { usd, source, name, as_of, estimated } = costOutput(cost);
  const output = {
    text: result.text,
    model,
    served_model: servedModel,
    finish_reason: finishReason,
    cost_usd: usd,
    cost_source: usd === undefined ? undefined : { source, name, as_of, estimated },
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cached_tokens: usage.cacheReadTokens,
    latency_ms: episode.latencyMs,
    episode_id: episode.id,
    replayed,
  };
  return toolResult(output, modelText(result.text));
}
