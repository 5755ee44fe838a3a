/** Token counts, both ways. In both shapes the totals include cached and reasoning tokens. */
import type { UsageMetadata } from '@langchain/core/messages';
import type { Usage } from '../../../src/index.ts';

export function toUsageMetadata(usage: Usage): UsageMetadata {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } = usage;
  const metadata: UsageMetadata = {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
  if (cacheReadTokens !== undefined || cacheWriteTokens !== undefined) {
    metadata.input_token_details = {
      ...(cacheReadTokens !== undefined && { cache_read: cacheReadTokens }),
      ...(cacheWriteTokens !== undefined && { cache_creation: cacheWriteTokens }),
    };
  }
  if (reasoningTokens !== undefined) metadata.output_token_details = { reasoning: reasoningTokens };
  return metadata;
}

/** `undefined` where nothing was reported; a model that was called has used more than no tokens. */
export function fromUsageMetadata(metadata: UsageMetadata | undefined): Usage | undefined {
  if (!metadata || metadata.input_tokens + metadata.output_tokens === 0) return undefined;
  const { input_token_details: input, output_token_details: output } = metadata;
  const usage: Usage = { inputTokens: metadata.input_tokens, outputTokens: metadata.output_tokens };
  if (input?.cache_read !== undefined) usage.cacheReadTokens = input.cache_read;
  if (input?.cache_creation !== undefined) usage.cacheWriteTokens = input.cache_creation;
  if (output?.reasoning !== undefined) usage.reasoningTokens = output.reasoning;
  return usage;
}

/** The older shape, which callbacks find in `llmOutput`. */
export function toTokenUsage({ input_tokens, output_tokens, total_tokens }: UsageMetadata) {
  return { promptTokens: input_tokens, completionTokens: output_tokens, totalTokens: total_tokens };
}
