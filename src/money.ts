/**
 * Words for tokens and money. All amounts are USD as numbers in memory; the ledger stores integer
 * nano-dollars (1e-9 USD), so that sums are exact. An amount that is not known is `undefined`, never 0.
 */

/**
 * Tokens of one call. `inputTokens` includes cached ones and `outputTokens` includes reasoning ones,
 * so the two are the totals and the rest are shares of them.
 */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens?: number;
  cacheWriteTokens?: number;
  reasoningTokens?: number;
}

/** Where a price comes from; the order of truth is provider, user, refreshed, bundled. */
export type PriceSource = 'provider' | 'user' | 'refreshed' | 'bundled';

export interface Provenance {
  source: PriceSource;
  /** Name of the data, for example `@pydantic/genai-prices 0.1.8` or `xrouter.config.json`. */
  name: string;
  /** ISO date the price was current at. */
  asOf: string;
}

export interface Cost {
  /** `undefined`: unknown. */
  usd: number | undefined;
  /** Present whenever `usd` is. */
  provenance?: Provenance;
  /** True where the usage was estimated because the provider reported none. */
  estimated?: boolean;
}

export const NANO_USD = 1e9;

/** USD to integer nano-dollars, rounded to the nearest. */
export function toNanoUsd(usd: number): number {
  return Math.round(usd * NANO_USD);
}

export function fromNanoUsd(nanoUsd: number): number {
  return nanoUsd / NANO_USD;
}

/** The sum, or `undefined` as soon as one amount is unknown. */
export function sumUsd(amounts: Iterable<number | undefined>): number | undefined {
  let nanoUsd = 0;
  for (const usd of amounts) {
    if (usd === undefined) return undefined;
    nanoUsd += toNanoUsd(usd);
  }
  return fromNanoUsd(nanoUsd);
}

export function addUsage(a: Usage, b: Usage): Usage {
  const share = (key: 'cacheReadTokens' | 'cacheWriteTokens' | 'reasoningTokens') =>
    a[key] === undefined && b[key] === undefined ? undefined : (a[key] ?? 0) + (b[key] ?? 0);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: share('cacheReadTokens'),
    cacheWriteTokens: share('cacheWriteTokens'),
    reasoningTokens: share('reasoningTokens'),
  };
}
