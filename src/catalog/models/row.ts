/** The shape of a line in the model files: facts of the weights once, and who offers them. */
import type { BenchmarkName } from '../benchmarks.ts';
import type { Modality } from '../candidate.ts';

/** One provider's offer of a model. A string is short for `{ id }`. */
export interface Offer {
  /** `provider/name`, the candidate's id. */
  id: string;
  /** Name on the wire, where it is not the part of `id` after the provider. */
  model?: string;
  /** `provider:model` in the price data, where it is not the offer's own. */
  priceOf?: string;
  aliases?: string[];
  contextTokens?: number;
  maxOutputTokens?: number;
}

export interface ModelRow {
  name: string;
  /** Best-known offer first: a bare model name means the first one. */
  offers: (string | Offer)[];
  contextTokens: number;
  maxOutputTokens?: number;
  /** Beyond text. */
  input?: Modality[];
  toolCalling?: boolean;
  /** Answers to a JSON schema, where the provider's endpoint honours one. */
  structuredOutput?: boolean;
  reasoning: boolean;
  released?: string;
  openWeights?: boolean;
  /** Percent and source. */
  scores?: Partial<Record<BenchmarkName, readonly [score: number, source: string]>>;
}

/** Publisher of independent runs on one harness; the best setting of each model. */
export const ARTIFICIAL_ANALYSIS = 'Artificial Analysis, artificialanalysis.ai/models, 2026-07-28';

/** Together's prices reach the data through Hugging Face's router, which passes them on unchanged. */
export function together(model: string, listed: string, aliases?: string[]): Offer {
  return { id: `together/${model}`, priceOf: `huggingface_together:${listed}`, aliases };
}

/** Fireworks' wire names carry its account. */
export function fireworks(name: string): Offer {
  return { id: `fireworks/${name}`, model: `accounts/fireworks/models/${name}` };
}
