/** Builds a catalog from the bundled models and what the user says of them. */
import { XrouterError } from '../errors.ts';
import type { Provenance } from '../money.ts';
import type { Provider } from '../provider/provider.ts';
import { bundledCandidates, splitId } from './bundled.ts';
import type { BenchmarkScore, Candidate, Modality, PriceTable, TokenPrices } from './candidate.ts';
import { Catalog } from './lookup.ts';
import { nearestNames } from './nearest.ts';
import { flatPrice } from './price.ts';
import { COMPATIBLE_WIRE, PROVIDERS, type ProviderSpec, type WireQuirks } from './providers.ts';

export { Catalog, type Usability } from './lookup.ts';

/** What a user may say of a model, his own or a bundled one. Everything left out stays as it is. */
export interface ModelFacts {
  /** USD per million tokens; or another candidate's price as it stands, its provenance included. */
  price?: TokenPrices | PriceTable;
  contextTokens?: number;
  maxOutputTokens?: number;
  input?: Modality[];
  toolCalling?: boolean;
  structuredOutput?: boolean;
  reasoning?: boolean;
  /** Percent, by benchmark name. */
  benchmarks?: Record<string, number>;
  aliases?: string[];
}

export interface OwnModel extends ModelFacts {
  /** `provider/model`. Where it is a bundled model's id, that one is changed instead. */
  id: string;
  /** Name on the wire; default: what follows the provider in `id`. */
  model?: string;
  /** The model as code instead of a URL, for example a LangChain chat model. */
  via?: Provider;
}

/** A provider of the user's own, or changes to a known one. */
export interface ProviderFacts {
  name?: string;
  baseUrl?: string;
  /** Environment variable that holds the key. */
  keyVariable?: string;
  /** True where no key is needed. */
  keyless?: boolean;
  wire?: Partial<WireQuirks>;
}

export interface CatalogOptions {
  providers?: Record<string, ProviderFacts>;
  models?: OwnModel[];
  /** Only these: ids, names, aliases, or `provider/*`. */
  allow?: string[];
  /** None of these; wins over `allow`. */
  deny?: string[];
  /** False: only the user's own models. */
  bundled?: boolean;
  /** Named in the provenance of the user's prices, for example `xrouter.config.json`. */
  configName?: string;
}

/** The bundled catalog with the user's changes; no options: the bundled catalog. */
export function createCatalog(options: CatalogOptions = {}): Catalog {
  const providers = mergeProviders(options.providers ?? {});
  const provenance: Provenance = {
    source: 'user',
    name: options.configName ?? 'configuration',
    asOf: new Date().toISOString().slice(0, 10),
  };
  const bundled = options.bundled === false ? [] : bundledCandidates();
  const byId = new Map(bundled.map((candidate) => [candidate.id.toLowerCase(), candidate]));
  const own: Candidate[] = [];
  for (const facts of options.models ?? []) {
    const known = byId.get(facts.id.toLowerCase());
    const candidate = known ?? newCandidate(facts, providers, provenance);
    applyFacts(candidate, facts, provenance);
    if (!known) {
      own.push(candidate);
      byId.set(candidate.id.toLowerCase(), candidate);
    }
  }
  const catalog = new Catalog([...own, ...bundled], providers.values());
  if (!options.allow && !options.deny) return catalog;
  const allowed = options.allow && catalog.select(options.allow);
  const denied = catalog.select(options.deny ?? []);
  const kept = catalog.candidates.filter((candidate) => {
    return (!allowed || allowed.has(candidate)) && !denied.has(candidate);
  });
  return new Catalog(kept, providers.values());
}

function mergeProviders(facts: Record<string, ProviderFacts>): Map<string, ProviderSpec> {
  const merged = new Map(PROVIDERS.map((provider) => [provider.id, provider]));
  for (const [id, { wire, keyVariable, ...rest }] of Object.entries(facts)) {
    const known = merged.get(id);
    const variable = id.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
    if (!known && !rest.baseUrl) {
      throw new XrouterError('invalid_config', `Provider "${id}" has no baseUrl.`, {
        hint: `Give it one, for example "https://example.com/v1", or use a known id: ${nearestNames(id, merged.keys(), 3).join(', ')}.`,
      });
    }
    const base: ProviderSpec = known ?? {
      id,
      name: id,
      baseUrl: '',
      urlVariable: `${variable}_BASE_URL`,
      keyVariables: [`${variable}_API_KEY`],
      wire: COMPATIBLE_WIRE,
    };
    merged.set(id, {
      ...base,
      name: rest.name ?? base.name,
      baseUrl: rest.baseUrl ?? base.baseUrl,
      keyVariables: keyVariable ? [keyVariable] : base.keyVariables,
      keyless: rest.keyless ?? base.keyless,
      configured: true,
      wire: { ...base.wire, ...wire },
    });
  }
  return merged;
}

function newCandidate(
  facts: OwnModel,
  providers: Map<string, ProviderSpec>,
  provenance: Provenance,
): Candidate {
  const [provider, model] = splitId(facts.id);
  if (!provider || !model) {
    throw new XrouterError('invalid_config', `Model id "${facts.id}" is not "provider/model".`, {
      hint: 'Put the provider in front, for example "openai/gpt-5"; for a model given as code, any word.',
    });
  }
  const free: TokenPrices = { inputUsdPerMTok: 0, outputUsdPerMTok: 0 };
  const isLocal = !facts.via && providers.get(provider)?.local;
  return {
    id: facts.id,
    provider,
    model: facts.model ?? model,
    input: ['text'],
    output: ['text'],
    benchmarks: {},
    // One's own machine bills no tokens; a price in the configuration replaces this.
    price: isLocal ? flatPrice(free, { ...provenance, name: `${provider}: runs locally` }) : undefined,
    via: facts.via,
  };
}

function applyFacts(candidate: Candidate, facts: OwnModel, provenance: Provenance): void {
  const { contextTokens, maxOutputTokens, input, toolCalling, structuredOutput, reasoning } = facts;
  const given = { contextTokens, maxOutputTokens, input, toolCalling, structuredOutput, reasoning };
  for (const [key, value] of Object.entries(given)) {
    if (value !== undefined) Object.assign(candidate, { [key]: value });
  }
  if (facts.model) candidate.model = facts.model;
  if (facts.via) candidate.via = facts.via;
  if (facts.aliases) candidate.aliases = [...(candidate.aliases ?? []), ...facts.aliases];
  if (facts.price) {
    candidate.price = 'periods' in facts.price ? facts.price : flatPrice(facts.price, provenance);
  }
  if (facts.benchmarks) {
    const scores: Record<string, BenchmarkScore> = { ...candidate.benchmarks };
    for (const [name, score] of Object.entries(facts.benchmarks)) {
      scores[name] = { score, source: provenance.name };
    }
    candidate.benchmarks = scores;
  }
}
