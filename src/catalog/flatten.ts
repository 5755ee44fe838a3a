/**
 * From the data of @pydantic/genai-prices to price tables. Its rules, which the tables must keep:
 * conditional prices are tried from the last to the first, and the first one holds where none does; a tier
 * holds for the whole call once the input is longer than its start; a price key without a value of its own
 * is charged as its parent (cached input as input, reasoning as output).
 */
import type { ConditionalPrice, ModelInfo, ModelPrice } from '@pydantic/genai-prices';
import type { PricePeriod, PriceTier, TokenPrices } from './candidate.ts';

/** Chat prices only: audio, image, search and one-hour cache writes are not part of a `Usage`. */
const FIELDS = {
  input_mtok: 'inputUsdPerMTok',
  output_mtok: 'outputUsdPerMTok',
  cache_read_mtok: 'cacheReadUsdPerMTok',
  cache_write_mtok: 'cacheWriteUsdPerMTok',
  output_reasoning_mtok: 'reasoningUsdPerMTok',
} as const;

const FREE: TokenPrices = { inputUsdPerMTok: 0, outputUsdPerMTok: 0 };

/**
 * Periods of one model's prices, or `undefined` where input or output has none. Data without any price
 * means "unknown", except for names that end in `:free`.
 */
export function flattenPrices(model: ModelInfo): PricePeriod[] | undefined {
  const conditional: ConditionalPrice[] = Array.isArray(model.prices)
    ? model.prices
    : [{ prices: model.prices }];
  if (model.id.endsWith(':free') && conditional.every(({ prices }) => Object.keys(prices).length === 0)) {
    return [{ prices: FREE }];
  }
  const periods: PricePeriod[] = [];
  for (const [index, { constraint, prices }] of [...conditional.entries()].reverse()) {
    const period = flattenPrice(prices);
    if (!period) return undefined;
    const isFallback = index === 0;
    if (constraint?.type === 'start_date' && !isFallback) period.from = constraint.start_date;
    if (constraint?.type === 'time_of_date' && !isFallback) {
      period.dailyFromMinute = utcMinute(constraint.start_time, model.id);
      period.dailyUntilMinute = utcMinute(constraint.end_time, model.id);
    }
    periods.push(period);
  }
  return periods;
}

function flattenPrice(price: ModelPrice): PricePeriod | undefined {
  const starts = new Set<number>();
  for (const key of Object.keys(FIELDS)) {
    const value = price[key];
    if (typeof value === 'object') for (const tier of value.tiers) starts.add(tier.start);
  }
  const prices = pricesAbove(price, -1);
  if (!prices) return undefined;
  const tiers: PriceTier[] = [];
  for (const start of [...starts].sort((a, b) => a - b)) {
    const tier = pricesAbove(price, start);
    if (tier) tiers.push({ aboveInputTokens: start, ...tier });
  }
  return tiers.length > 0 ? { prices, tiers } : { prices };
}

/** Prices of an input just above `start` tokens; -1: of the shortest. */
function pricesAbove(price: ModelPrice, start: number): TokenPrices | undefined {
  const found: Partial<TokenPrices> = {};
  for (const [key, field] of Object.entries(FIELDS)) {
    const value = price[key];
    if (typeof value === 'number') found[field] = value;
    else if (value) {
      found[field] = value.base;
      for (const tier of value.tiers) if (tier.start <= start) found[field] = tier.price;
    }
  }
  if (typeof price.requests_kcount === 'number') found.requestUsd = price.requests_kcount / 1000;
  const { inputUsdPerMTok, outputUsdPerMTok } = found;
  if (inputUsdPerMTok === undefined || outputUsdPerMTok === undefined) return undefined;
  return { ...found, inputUsdPerMTok, outputUsdPerMTok };
}

function utcMinute(time: string, model: string): number {
  const match = /^(\d{2}):(\d{2}):00Z$/.exec(time);
  if (!match) throw new Error(`Price of ${model}: "${time}" is not a whole UTC minute; extend flatten.ts.`);
  return Number(match[1]) * 60 + Number(match[2]);
}
