/** What every candidate of a pool can do: LangChain asks a model for that before it relies on it. */
import type { ModelProfile } from '@langchain/core/language_models/profile';
import type { Candidate } from '../../src/index.ts';

/**
 * The smallest of the numbers, and only what all can do. What is unknown of one candidate is left out, since
 * any of them may be chosen.
 */
export function commonProfile(candidates: readonly Candidate[]): ModelProfile {
  const [first, ...others] = candidates.map(profileOf);
  if (!first) return {};
  const common: Record<string, unknown> = {};
  for (const key of Object.keys(first) as (keyof ModelProfile)[]) {
    const values = [first, ...others].map((profile) => profile[key]);
    if (values.includes(false)) common[key] = false;
    else if (values.includes(undefined)) continue;
    else if (typeof values[0] === 'number') common[key] = Math.min(...(values as number[]));
    else common[key] = true;
  }
  return common as ModelProfile;
}

function profileOf(candidate: Candidate): ModelProfile {
  const { input, output } = candidate;
  return {
    maxInputTokens: candidate.contextTokens,
    maxOutputTokens: candidate.maxOutputTokens,
    imageInputs: input.includes('image'),
    imageUrlInputs: input.includes('image'),
    audioInputs: input.includes('audio'),
    pdfInputs: input.includes('file'),
    videoInputs: input.includes('video'),
    imageOutputs: output.includes('image'),
    audioOutputs: output.includes('audio'),
    videoOutputs: output.includes('video'),
    toolCalling: candidate.toolCalling,
    toolChoice: candidate.toolCalling,
    structuredOutput: candidate.structuredOutput,
    reasoningOutput: candidate.reasoning,
  };
}
