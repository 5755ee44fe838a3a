/** The catalog: every candidate a user may route to, found by id, bare name or alias. */
import { XrouterError } from '../errors.ts';
import { splitId } from './bundled.ts';
import type { Candidate, PriceTable } from './candidate.ts';
import { nearestNames } from './nearest.ts';
import { type Env, missingFor, type ProviderSpec } from './providers.ts';

export interface Usability {
  usable: Candidate[];
  /** What each other candidate lacks, one sentence that says which variable to set. */
  unusable: { candidate: Candidate; missing: string }[];
}

export class Catalog {
  /** The user's own models first, then the bundled ones; bare names are resolved in this order. */
  readonly candidates: readonly Candidate[];
  readonly #providers: Map<string, ProviderSpec>;
  #names: Map<string, Candidate[]> | undefined;
  readonly #servedAs = new Map<string, Map<string, Candidate>>();

  constructor(candidates: readonly Candidate[], providers: Iterable<ProviderSpec>) {
    this.candidates = candidates;
    this.#providers = new Map([...providers].map((provider) => [provider.id, provider]));
  }

  /** Made when a name is first looked up: who routes over the whole catalog looks up none. */
  get #byName(): Map<string, Candidate[]> {
    if (this.#names) return this.#names;
    const names = new Map<string, Candidate[]>();
    const add = (name: string, candidate: Candidate) => {
      const key = name.toLowerCase();
      const found = names.get(key);
      if (!found) names.set(key, [candidate]);
      else if (!found.includes(candidate)) found.push(candidate);
    };
    // Ids first, so that an exact id can never be taken by another's name.
    for (const candidate of this.candidates) add(candidate.id, candidate);
    for (const candidate of this.candidates) {
      const { model, aliases = [] } = candidate;
      for (const name of [model, model.split('/').at(-1) ?? model, ...aliases]) add(name, candidate);
    }
    this.#names = names;
    return names;
  }

  /**
   * All candidates an id, a bare model name or an alias may mean, case-insensitive, the preferred first: an
   * exact id, then the catalog's order, which is the user's own models, then the offers as the model files
   * list them, a model's maker before those who serve its weights.
   */
  findAll(name: string): readonly Candidate[] {
    return this.#byName.get(name.trim().toLowerCase()) ?? [];
  }

  /**
   * The candidate a name means. With `env`, the first of them that is usable there, so that
   * `gpt-oss-120b` means the provider whose key is set; where none is, the first.
   */
  find(name: string, env?: Env): Candidate | undefined {
    const found = this.findAll(name);
    // An id is exact: it never means another provider's offer.
    if (!env || found[0]?.id.toLowerCase() === name.trim().toLowerCase()) return found[0];
    return found.find((candidate) => this.missing(candidate, env) === undefined) ?? found[0];
  }

  /**
   * As `find`.
   * @throws XrouterError `unknown_model` that names the nearest candidates
   */
  get(name: string, env?: Env): Candidate {
    const candidate = this.find(name, env);
    if (candidate) return candidate;
    const nearest = this.nearest(name);
    throw new XrouterError('unknown_model', `No model "${name}" in the catalog.`, {
      hint: `${nearest.length > 0 ? `Did you mean ${nearest.join(', ')}? ` : ''}"xrouter models" lists all; own models go under "models" in the configuration.`,
    });
  }

  /**
   * Every candidate that a list of ids, names, aliases and `provider/*` means; a name means all of its offers.
   * @throws XrouterError `unknown_model`: a list in which a name matches nothing would allow or deny by accident
   */
  select(names: readonly string[]): Set<Candidate> {
    const selected = new Set<Candidate>();
    for (const name of names) {
      const found = name.endsWith('/*')
        ? this.candidates.filter(({ provider }) => provider === name.slice(0, -2).toLowerCase())
        : this.findAll(name);
      if (found.length === 0) this.get(name);
      for (const candidate of found) selected.add(candidate);
    }
    return selected;
  }

  /** Ids whose id, name or alias is spelled most like `name`, best first. */
  nearest(name: string, count = 3): string[] {
    const names = nearestNames(name, this.#byName.keys(), count * 4);
    const ids = names.flatMap((near) => this.findAll(near)[0]?.id ?? []);
    return [...new Set(ids)].slice(0, count);
  }

  provider(id: string): ProviderSpec | undefined {
    return this.#providers.get(id);
  }

  get providers(): ProviderSpec[] {
    return [...this.#providers.values()];
  }

  /** What a candidate still needs before it can be called there; `undefined`: nothing. */
  missing(candidate: Candidate, env: Env = process.env): string | undefined {
    if (candidate.via) return undefined;
    const provider = this.#providers.get(candidate.provider);
    if (!provider) {
      return `Give "${candidate.provider}" a baseUrl under "providers" in the configuration.`;
    }
    return missingFor(provider, env);
  }

  /** Splits the candidates by whether they can be called with that environment. Opens no connection. */
  usable(env: Env = process.env): Usability {
    const usability: Usability = { usable: [], unusable: [] };
    const missingOf = new Map<string, string | undefined>();
    for (const candidate of this.candidates) {
      if (!candidate.via && !missingOf.has(candidate.provider)) {
        missingOf.set(candidate.provider, this.missing(candidate, env));
      }
      const missing = candidate.via ? undefined : missingOf.get(candidate.provider);
      if (missing === undefined) usability.usable.push(candidate);
      else usability.unusable.push({ candidate, missing });
    }
    return usability;
  }

  /**
   * The candidate to price an answer by, where the response names another model than was asked for: an
   * alias such as `deepseek-chat`, a dated snapshot, or a router such as OpenRouter's `auto`. It is looked
   * for at the same provider only, since others charge otherwise. A name that only adds a date to the
   * asked one is the asked one. A name that is unknown there gives a candidate without a price: what it
   * costs is then unknown, never guessed. The user's own price for the asked candidate holds regardless.
   */
  servedCandidate(candidate: Candidate, servedModel: string | undefined): Candidate {
    if (!servedModel || servedModel === candidate.model) return candidate;
    if (candidate.price?.provenance.source === 'user') return candidate;
    let known = this.#servedAs.get(candidate.id);
    if (!known) {
      known = new Map();
      this.#servedAs.set(candidate.id, known);
    }
    let served = known.get(servedModel);
    if (!served) {
      served = this.#resolveServed(candidate, servedModel);
      // A server that names a new model in each response must not fill the memory.
      if (known.size < 100) known.set(servedModel, served);
    }
    return served;
  }

  #resolveServed(candidate: Candidate, servedModel: string): Candidate {
    // Google's endpoint answers with `models/` in front.
    const plain = servedModel.toLowerCase().replace(/^models\//, '');
    const names = [plain, withoutSnapshot(plain)];
    const own = [candidate.model, splitId(candidate.id)[1], ...(candidate.aliases ?? [])];
    const isOwn = own.some((name) => {
      const last = name.split('/').at(-1) ?? name;
      return names.includes(name.toLowerCase()) || names.includes(last.toLowerCase());
    });
    if (isOwn) return candidate;
    for (const name of names) {
      const found = this.findAll(name).find(({ provider }) => provider === candidate.provider);
      if (found) return found;
    }
    return {
      id: `${candidate.provider}/${servedModel}`,
      provider: candidate.provider,
      model: servedModel,
      input: candidate.input,
      output: candidate.output,
      benchmarks: {},
    };
  }

  /** The same catalog with other prices, by candidate id. The user's own prices stay. */
  withPrices(prices: ReadonlyMap<string, PriceTable>): Catalog {
    const candidates = this.candidates.map((candidate) => {
      const price = prices.get(candidate.id);
      return price && candidate.price?.provenance.source !== 'user' ? { ...candidate, price } : candidate;
    });
    return new Catalog(candidates, this.#providers.values());
  }
}

/** `gpt-5-2025-08-07` and `claude-opus-4-5-20251101` without their dates. */
function withoutSnapshot(model: string): string {
  return model.replace(/[-@](20\d{2}-?\d{2}-?\d{2}|\d{4})$/, '');
}
