/** Prices beyond the flattened ones: of models the catalog lacks, and of data newer than the package. */
import type { Provider as GenaiProvider } from '@pydantic/genai-prices';
import { XrouterError } from '../errors.ts';
import type { Provenance } from '../money.ts';
import { splitId } from './bundled.ts';
import type { Candidate, PriceTable } from './candidate.ts';
import type { Catalog } from './catalog.ts';
import { GENAI_PRICES, loadGenaiPrices, lookUpPeriods, priceName } from './genai-prices.ts';
import bundled from './prices.generated.json' with { type: 'json' };

/** The data genai-prices answers from; it holds it for the whole process, so this does too. */
let inForce: Provenance = { source: 'bundled', name: bundled.name, asOf: bundled.asOf };

/**
 * Looks up the candidates that have no price yet in the installed price data: no network, but it loads
 * the data (about 66 ms), so only where there are such candidates. What is not found stays unknown.
 */
export async function completePrices(catalog: Catalog): Promise<Catalog> {
  const unpriced = catalog.candidates.filter(({ price }) => price === undefined);
  if (unpriced.length === 0) return catalog;
  const tables = await lookUp(unpriced);
  return tables.size > 0 ? catalog.withPrices(tables) : catalog;
}

export interface RefreshOptions {
  /** Where the data is fetched from; default: the address genai-prices publishes it at. */
  url?: string;
  /** Time until it is given up; default 10 s. */
  timeoutMs?: number;
}

/**
 * Fetches current price data and gives the catalog with it. The user's own prices stay, and so does the
 * bundled price of a model the new data does not know. Never called by itself.
 * @throws XrouterError `connection_failed`; the catalog in hand stays good
 */
export async function refreshPrices(catalog: Catalog, options: RefreshOptions = {}): Promise<Catalog> {
  const genai = await loadGenaiPrices();
  const address = options.url ?? genai.REMOTE_DATA_JSON_URL;
  try {
    const data = await fetchJson(address, options.timeoutMs ?? 10_000);
    // Given as a value rather than a promise: it then checks the shape here and throws, instead of logging.
    genai.updatePrices(({ setProviderData }) => setProviderData(data));
  } catch (error) {
    throw new XrouterError('connection_failed', `Prices could not be refreshed from ${address}.`, {
      hint: 'The prices in hand stay in force; check the address or try again later.',
      cause: error,
    });
  }
  const asOf = new Date().toISOString().slice(0, 10);
  inForce = { source: 'refreshed', name: `${GENAI_PRICES} ${address}`, asOf };
  return catalog.withPrices(await lookUp(catalog.candidates));
}

async function fetchJson(url: string, timeoutMs: number): Promise<GenaiProvider[]> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return (await response.json()) as GenaiProvider[];
}

async function lookUp(candidates: readonly Candidate[]): Promise<Map<string, PriceTable>> {
  const genai = await loadGenaiPrices();
  const tables = new Map<string, PriceTable>();
  for (const candidate of candidates) {
    const periods = lookUpPeriods(genai, priceNameOf(candidate));
    if (periods) tables.set(candidate.id, { periods, provenance: inForce });
  }
  return tables;
}

function priceNameOf(candidate: Candidate): string {
  return priceName(candidate.provider, candidate.model || splitId(candidate.id)[1]);
}
