/**
 * The catalog's face. The schema in `config.ts` is imported by its own path, by what reads a configuration:
 * zod takes time to load.
 */
import type { Candidate } from './candidate.ts';

export { BENCHMARKS, type BenchmarkName } from './benchmarks.ts';
export type {
  BenchmarkScore,
  Candidate,
  Modality,
  PricePeriod,
  PriceTable,
  PriceTier,
  TokenPrices,
} from './candidate.ts';
export {
  Catalog,
  type CatalogOptions,
  createCatalog,
  type ModelFacts,
  type OwnModel,
  type ProviderFacts,
  type Usability,
} from './catalog.ts';
export type { CatalogConfig } from './config.ts';
export { nearestNames } from './nearest.ts';
export {
  type CostOptions,
  costOf,
  flatPrice,
  pricesAt,
  tokenPriceUsd,
  usageUsd,
  worstCaseUsd,
} from './price.ts';
export {
  COMPATIBLE_WIRE,
  type Endpoint,
  type Env,
  endpointOf,
  missingFor,
  PROVIDERS,
  type ProviderSpec,
  type WireQuirks,
} from './providers.ts';
export { completePrices, type RefreshOptions, refreshPrices } from './refresh.ts';

/**
 * Candidates of a pool file, in its order and with its ids as they stand. Loads zod on first use.
 * @throws XrouterError `invalid_file` that names the line or the field
 */
export async function poolFromFile(path: string): Promise<Candidate[]> {
  return (await import('./pool.ts')).poolFromFile(path);
}
export { litellmModels } from './litellm.ts';
