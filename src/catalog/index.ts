/** The catalog's face. `config.ts` and `pool.ts` are imported by their own paths, since zod takes time to load. */
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
