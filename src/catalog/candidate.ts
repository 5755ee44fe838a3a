/** The words of the catalog: a candidate is one model at one provider, with what is known of it. */
import type { Provenance } from '../money.ts';
import type { Provider } from '../provider/provider.ts';

export type Modality = 'text' | 'image' | 'audio' | 'file' | 'video';

/** Prices in USD per million tokens. A missing cache price means cached tokens cost the input price. */
export interface TokenPrices {
  inputUsdPerMTok: number;
  outputUsdPerMTok: number;
  cacheReadUsdPerMTok?: number;
  cacheWriteUsdPerMTok?: number;
  /** Where reasoning tokens have a price of their own; else they cost the output price. */
  reasoningUsdPerMTok?: number;
  /** Fixed price of a call, in USD. */
  requestUsd?: number;
}

/** Prices that hold once the input is longer than a bound; they then hold for the whole call. */
export interface PriceTier extends TokenPrices {
  aboveInputTokens: number;
}

/** One span of validity. All conditions given must hold. */
export interface PricePeriod {
  prices: TokenPrices;
  tiers?: PriceTier[];
  /** ISO dates, from inclusive, until exclusive. */
  from?: string;
  until?: string;
  /** Minutes of the UTC day, from inclusive, until exclusive; may wrap over midnight. */
  dailyFromMinute?: number;
  dailyUntilMinute?: number;
}

/** The first period whose conditions hold at the time of the call is the price. */
export interface PriceTable {
  periods: PricePeriod[];
  provenance: Provenance;
}

/** A published score in percent, with where it was published. */
export interface BenchmarkScore {
  score: number;
  source: string;
}

export interface Candidate {
  /** `provider/model`, unique in a catalog. */
  id: string;
  /** Id of the provider: its base URL, key and wire. */
  provider: string;
  /** The name on the wire. */
  model: string;
  displayName?: string;
  /** Other names users know it by. */
  aliases?: string[];
  contextTokens?: number;
  maxOutputTokens?: number;
  input: Modality[];
  output: Modality[];
  /** `undefined` means unknown: it is then not relied on. */
  toolCalling?: boolean;
  structuredOutput?: boolean;
  reasoning?: boolean;
  /** Keyed by the names of `benchmarks.ts`, for example `mmlu_pro`, `gpqa_diamond`. */
  benchmarks: Record<string, BenchmarkScore>;
  price?: PriceTable;
  /** ISO date of the model's release. */
  released?: string;
  /** Weights one may run oneself. */
  openWeights?: boolean;
  /** Set where the user brought the model as code, for example a LangChain chat model. */
  via?: Provider;
}
