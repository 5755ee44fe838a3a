/** The catalog's own models with their bundled prices, as candidates. */
import type { BenchmarkScore, Candidate, PricePeriod } from './candidate.ts';
import { anthropic } from './models/anthropic.ts';
import { frontier } from './models/frontier.ts';
import { google } from './models/google.ts';
import { mistral } from './models/mistral.ts';
import { openWeights } from './models/open-weights.ts';
import { openai } from './models/openai.ts';
import { qwen } from './models/qwen.ts';
import type { ModelRow, Offer } from './models/row.ts';
import prices from './prices.generated.json' with { type: 'json' };
import { PROVIDERS } from './providers.ts';

/** In the order that decides which offer a bare name means. */
export const MODEL_ROWS: readonly ModelRow[] = [
  ...openai,
  ...anthropic,
  ...google,
  ...frontier,
  ...mistral,
  ...qwen,
  ...openWeights,
];

const PERIODS: Record<string, PricePeriod[] | undefined> = prices.models;

export function offersOf(row: ModelRow): Offer[] {
  return row.offers.map((offer) => (typeof offer === 'string' ? { id: offer } : offer));
}

/** The two parts of an id: `openrouter/qwen/qwen3` is model `qwen/qwen3` at `openrouter`. */
export function splitId(id: string): [provider: string, model: string] {
  const slash = id.indexOf('/');
  return slash < 0 ? ['', id] : [id.slice(0, slash), id.slice(slash + 1)];
}

/** New objects each time, so that one catalog's overrides cannot reach another. */
export function bundledCandidates(): Candidate[] {
  const candidates: Candidate[] = [];
  for (const row of MODEL_ROWS) {
    const benchmarks: Record<string, BenchmarkScore> = {};
    for (const [name, [score, source]] of Object.entries(row.scores ?? {}))
      benchmarks[name] = { score, source };
    for (const offer of offersOf(row)) {
      const [providerId, name] = splitId(offer.id);
      const provider = PROVIDERS.find(({ id }) => id === providerId);
      const honoursSchema = provider?.wire.responseFormat === 'json_schema';
      const periods = PERIODS[offer.id];
      candidates.push({
        id: offer.id,
        provider: providerId,
        model: offer.model ?? name,
        displayName: row.name,
        aliases: offer.aliases,
        contextTokens: offer.contextTokens ?? row.contextTokens,
        maxOutputTokens: offer.maxOutputTokens ?? row.maxOutputTokens,
        input: ['text', ...(row.input ?? [])],
        output: ['text'],
        toolCalling: row.toolCalling,
        structuredOutput: honoursSchema ? row.structuredOutput : false,
        reasoning: row.reasoning,
        benchmarks,
        price: periods && {
          periods,
          provenance: { source: 'bundled', name: prices.name, asOf: prices.asOf },
        },
        released: row.released,
        openWeights: row.openWeights,
      });
    }
  }
  return candidates;
}
