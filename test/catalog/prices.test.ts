import * as genai from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import {
  committedPrices,
  formatPrices,
  generatePrices,
  installedVersion,
} from '../../scripts/flatten-prices.ts';
import { MODEL_ROWS, offersOf, splitId } from '../../src/catalog/bundled.ts';
import { flattenPrices } from '../../src/catalog/flatten.ts';
import { priceName } from '../../src/catalog/genai-prices.ts';
import { costOf, createCatalog, usageUsd } from '../../src/catalog/index.ts';
import type { Usage } from '../../src/money.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 1e9);

/** Mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const priceOf = new Map(
  MODEL_ROWS.flatMap(offersOf).map((offer) => {
    const [provider, name] = splitId(offer.id);
    return [offer.id, offer.priceOf ?? priceName(provider, offer.model ?? name)];
  }),
);

function theirUsd(name: string, usage: Usage, timestamp: Date): number {
  const [providerId = '', ...model] = name.split(':');
  const result = genai.calcPrice(
    {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cache_read_tokens: usage.cacheReadTokens ?? 0,
      cache_write_tokens: usage.cacheWriteTokens ?? 0,
      output_reasoning_tokens: usage.reasoningTokens ?? 0,
    },
    model.join(':'),
    { providerId, timestamp },
  );
  if (!result) throw new Error(`genai-prices has no ${name}`);
  return result.total_price;
}

describe('bundled prices', () => {
  it('are what the installed genai-prices gives: otherwise run "npm run catalog:prices"', async () => {
    const committed = committedPrices();
    expect(committed.name).toBe(`@pydantic/genai-prices ${installedVersion()}`);
    expect(formatPrices(await generatePrices(committed.asOf))).toBe(formatPrices(committed));
  });

  it(`cost what calcPrice says, for every candidate at any usage and time (SEED=${SEED})`, () => {
    const next = random(SEED);
    const upTo = (max: number) => Math.floor(next() * (max + 1));
    // Bounds of tiers, and one more and less; days on which prices change, and one more and less.
    const lengths = [0, 1, 128_000, 128_001, 199_999, 200_000, 200_001, 271_999, 272_000, 272_001, 512_001];
    const days = ['2026-07-30', '2026-08-17', '2026-08-21', '2026-08-27', '2026-09-22', '2027-01-01'];
    let compared = 0;
    for (const candidate of createCatalog().candidates) {
      const name = priceOf.get(candidate.id) ?? '';
      for (let round = 0; round < 60; round += 1) {
        const inputTokens = round < lengths.length ? (lengths[round] ?? 0) : upTo(600_000);
        const cacheReadTokens = upTo(inputTokens);
        const cacheWriteTokens = upTo(inputTokens - cacheReadTokens);
        const outputTokens = upTo(100_000);
        const usage = {
          inputTokens,
          outputTokens,
          cacheReadTokens,
          cacheWriteTokens,
          reasoningTokens: upTo(outputTokens),
        };
        const day = Date.parse(days[upTo(days.length - 1)] ?? '');
        const at = new Date(round % 3 === 0 ? day + upTo(2) - 1 : day + (next() - 0.5) * 400 * 86_400_000);
        const { usd, provenance } = costOf(candidate, usage, { at });
        const expected = theirUsd(name, usage, at);
        expect(provenance?.source).toBe('bundled');
        expect(Math.abs((usd ?? Number.NaN) - expected), `${candidate.id} ${at.toISOString()}`).toBeLessThan(
          1e-9,
        );
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(60 * 60);
  });

  it('are free only where the provider says so', () => {
    for (const { id, price } of createCatalog().candidates) {
      for (const { prices } of price?.periods ?? []) {
        expect(prices.outputUsdPerMTok > 0, id).toBe(!id.endsWith(':free'));
      }
    }
  });
});

describe('flattenPrices', () => {
  const match = { equals: 'm' };

  it('takes data without prices for unknown, unless the name says free', () => {
    expect(flattenPrices({ id: 'gemma', match, prices: {} })).toBeUndefined();
    expect(flattenPrices({ id: 'gemma:free', match, prices: {} })?.[0]?.prices.inputUsdPerMTok).toBe(0);
    expect(flattenPrices({ id: 'embedding', match, prices: { input_mtok: 1 } })).toBeUndefined();
  });

  it('refuses a time of day it cannot hold exactly instead of rounding it', () => {
    const constraint = { type: 'time_of_date', start_time: '00:30:15Z', end_time: '16:30:00Z' } as const;
    const prices = [
      { prices: { input_mtok: 1, output_mtok: 2 } },
      { constraint, prices: { input_mtok: 3, output_mtok: 4 } },
    ];
    expect(() => flattenPrices({ id: 'm', match, prices })).toThrow('whole UTC minute');
  });

  it('keeps requests and reasoning with prices of their own', () => {
    const prices = { input_mtok: 2, output_mtok: 8, output_reasoning_mtok: 3, requests_kcount: 14 };
    const flat = flattenPrices({ id: 'm', match, prices })?.[0]?.prices;
    expect(flat).toEqual({
      inputUsdPerMTok: 2,
      outputUsdPerMTok: 8,
      reasoningUsdPerMTok: 3,
      requestUsd: 0.014,
    });
    const usage = { inputTokens: 1_000, outputTokens: 1_000, reasoningTokens: 400 };
    expect(usageUsd(flat!, usage)).toBeCloseTo(0.002 + 0.0048 + 0.0012 + 0.014, 12);
  });
});
