/** What a call costs: the hot path of every decision, so no allocation beyond the result and no imports of data. */
import type { Cost, Usage } from '../money.ts';
import type { Candidate, PricePeriod, PriceTable, TokenPrices } from './candidate.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const MTOK = 1e6;

const boundMs = new Map<string, number>();

function dateMs(isoDate: string): number {
  let ms = boundMs.get(isoDate);
  if (ms === undefined) {
    ms = Date.parse(isoDate);
    boundMs.set(isoDate, ms);
  }
  return ms;
}

function holds(period: PricePeriod, atMs: number): boolean {
  if (period.from !== undefined && atMs < dateMs(period.from)) return false;
  if (period.until !== undefined && atMs >= dateMs(period.until)) return false;
  const { dailyFromMinute: from, dailyUntilMinute: until } = period;
  if (from === undefined && until === undefined) return true;
  const minute = (((atMs % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS;
  const start = from ?? 0;
  const end = until ?? DAY_MS / MINUTE_MS;
  return end < start ? minute >= start || minute < end : minute >= start && minute < end;
}

function periodAt(table: PriceTable, at: Date | number): PricePeriod | undefined {
  const atMs = typeof at === 'number' ? at : at.getTime();
  for (const period of table.periods) if (holds(period, atMs)) return period;
  return undefined;
}

/**
 * The prices in force at a time for a call of that length: the first period that holds, and in it the tier
 * with the highest bound that the input exceeds. `undefined` where no period holds.
 */
export function pricesAt(table: PriceTable, at: Date | number, inputTokens: number): TokenPrices | undefined {
  const period = periodAt(table, at);
  if (!period) return undefined;
  let prices: TokenPrices = period.prices;
  let bound = -1;
  for (const tier of period.tiers ?? []) {
    if (inputTokens > tier.aboveInputTokens && tier.aboveInputTokens > bound) {
      prices = tier;
      bound = tier.aboveInputTokens;
    }
  }
  return prices;
}

/** Cost in USD of a call without caching; `undefined` where the price is unknown. `at` defaults to now. */
export function tokenPriceUsd(
  candidate: Candidate,
  inputTokens: number,
  outputTokens: number,
  at: Date | number = Date.now(),
): number | undefined {
  const prices = candidate.price && pricesAt(candidate.price, at, inputTokens);
  if (!prices) return undefined;
  return (
    (inputTokens * prices.inputUsdPerMTok + outputTokens * prices.outputUsdPerMTok) / MTOK +
    (prices.requestUsd ?? 0)
  );
}

/** Cost in USD of real usage at given prices. Shares larger than their total are cut to it. */
export function usageUsd(prices: TokenPrices, usage: Usage): number {
  const { inputTokens, outputTokens } = usage;
  const cacheRead = Math.min(usage.cacheReadTokens ?? 0, inputTokens);
  const cacheWrite = Math.min(usage.cacheWriteTokens ?? 0, inputTokens - cacheRead);
  const reasoning = Math.min(usage.reasoningTokens ?? 0, outputTokens);
  return (
    ((inputTokens - cacheRead - cacheWrite) * prices.inputUsdPerMTok +
      cacheRead * (prices.cacheReadUsdPerMTok ?? prices.inputUsdPerMTok) +
      cacheWrite * (prices.cacheWriteUsdPerMTok ?? prices.inputUsdPerMTok) +
      (outputTokens - reasoning) * prices.outputUsdPerMTok +
      reasoning * (prices.reasoningUsdPerMTok ?? prices.outputUsdPerMTok)) /
      MTOK +
    (prices.requestUsd ?? 0)
  );
}

export interface CostOptions {
  /** Time of the call, as price periods and time-of-day prices need it; default: now. */
  at?: Date | number;
  /** What the provider itself says the call cost; believed before any price table. */
  reportedUsd?: number;
  /** Who reported it; default: the candidate's provider. */
  reportedBy?: string;
}

/**
 * What a call cost, with where that comes from. Order of truth: reported by the provider, then the
 * candidate's table, which holds the user's price, refreshed data or bundled data, the first that exists.
 * `usd` is `undefined` where nobody knows; a free model costs 0.
 */
export function costOf(candidate: Candidate, usage: Usage, options: CostOptions = {}): Cost {
  const at = options.at ?? Date.now();
  if (options.reportedUsd !== undefined) {
    return {
      usd: options.reportedUsd,
      provenance: {
        source: 'provider',
        name: options.reportedBy ?? candidate.provider,
        asOf: new Date(at).toISOString().slice(0, 10),
      },
    };
  }
  const prices = candidate.price && pricesAt(candidate.price, at, usage.inputTokens);
  if (!candidate.price || !prices) return { usd: undefined };
  return { usd: usageUsd(prices, usage), provenance: candidate.price.provenance };
}

function dearestUsd(prices: TokenPrices, inputTokens: number, outputTokens: number): number {
  const { inputUsdPerMTok: input, outputUsdPerMTok: output } = prices;
  const perInput = Math.max(input, prices.cacheWriteUsdPerMTok ?? input, prices.cacheReadUsdPerMTok ?? input);
  const perOutput = Math.max(output, prices.reasoningUsdPerMTok ?? output);
  return (inputTokens * perInput + outputTokens * perOutput) / MTOK + (prices.requestUsd ?? 0);
}

/**
 * The most a call can cost in USD, for a reservation: every input token at the dearer of its plain and its
 * cache-write price, every output token up to the limit, at the dearest tier an input of at most
 * `inputTokens` can reach. `undefined` where the price is unknown. Settle with the same `at`.
 */
export function worstCaseUsd(
  candidate: Candidate,
  inputTokens: number,
  maxOutputTokens: number,
  at: Date | number = Date.now(),
): number | undefined {
  const period = candidate.price && periodAt(candidate.price, at);
  if (!period) return undefined;
  let worst = dearestUsd(period.prices, inputTokens, maxOutputTokens);
  for (const tier of period.tiers ?? []) {
    if (inputTokens > tier.aboveInputTokens) {
      worst = Math.max(worst, dearestUsd(tier, inputTokens, maxOutputTokens));
    }
  }
  return worst;
}

/** A table with one price that always holds. */
export function flatPrice(prices: TokenPrices, provenance: PriceTable['provenance']): PriceTable {
  return { periods: [{ prices }], provenance };
}
