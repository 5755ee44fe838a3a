/**
 * The only door to @pydantic/genai-prices at run time. It is loaded on first use, since importing it costs
 * about 66 ms: the catalog's own models carry prices flattened beforehand (`npm run catalog:prices`).
 */
import type * as GenaiPrices from '@pydantic/genai-prices';
import type { PricePeriod } from './candidate.ts';
import { flattenPrices } from './flatten.ts';

export const GENAI_PRICES = '@pydantic/genai-prices';

export function loadGenaiPrices(): Promise<typeof GenaiPrices> {
  return import('@pydantic/genai-prices');
}

/**
 * Where a candidate's price stands in the data: `provider:model`.
 * The providers' ids there differ from ours in a few cases.
 */
const PROVIDER_IDS: Record<string, string> = { xai: 'x-ai', moonshot: 'moonshotai' };

export function priceName(provider: string, model: string): string {
  return `${PROVIDER_IDS[provider] ?? provider}:${model}`;
}

/** Price periods of `provider:model`, or `undefined` where the data has none. */
export function lookUpPeriods(genai: typeof GenaiPrices, name: string): PricePeriod[] | undefined {
  const colon = name.indexOf(':');
  const providerId = name.slice(0, colon);
  // An unknown provider would fall through to matching by the model's name alone, at someone else's price.
  if (genai.findProvider({ providerId })?.id !== providerId) return undefined;
  const result = genai.calcPrice({}, name.slice(colon + 1), { providerId });
  return result ? flattenPrices(result.model) : undefined;
}
