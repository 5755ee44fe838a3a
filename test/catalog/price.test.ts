import { describe, expect, it } from 'vitest';
import type { Candidate, PriceTable } from '../../src/catalog/index.ts';
import { costOf, flatPrice, pricesAt, tokenPriceUsd, worstCaseUsd } from '../../src/catalog/index.ts';

const provenance = { source: 'bundled', name: 'test', asOf: '2026-01-01' } as const;

function priced(price: PriceTable | undefined): Candidate {
  return { id: 'a/b', provider: 'a', model: 'b', input: ['text'], output: ['text'], benchmarks: {}, price };
}

const flat = priced(flatPrice({ inputUsdPerMTok: 1, outputUsdPerMTok: 10 }, provenance));
const unknown = priced(undefined);
const free = priced(flatPrice({ inputUsdPerMTok: 0, outputUsdPerMTok: 0 }, provenance));

describe('a price', () => {
  it('is unknown rather than 0 where there is none, and 0 where the model is free', () => {
    const usage = { inputTokens: 1_000, outputTokens: 1_000 };
    expect(costOf(unknown, usage)).toEqual({ usd: undefined });
    expect(tokenPriceUsd(unknown, 1_000, 1_000)).toBeUndefined();
    expect(worstCaseUsd(unknown, 1_000, 1_000)).toBeUndefined();
    expect(costOf(free, usage)).toEqual({ usd: 0, provenance });
    expect(worstCaseUsd(free, 1_000, 1_000)).toBe(0);
  });

  it('reported by the provider is believed before the table', () => {
    const at = new Date('2026-05-05T12:00:00Z');
    const options = { at, reportedUsd: 0.5, reportedBy: 'openrouter' };
    const expected = { usd: 0.5, provenance: { source: 'provider', name: 'openrouter', asOf: '2026-05-05' } };
    expect(costOf(flat, { inputTokens: 1, outputTokens: 1 }, options)).toEqual(expected);
    expect(costOf(unknown, { inputTokens: 1, outputTokens: 1 }, options)).toEqual(expected);
    expect(costOf(flat, { inputTokens: 1, outputTokens: 1 }, { reportedUsd: 0 }).usd).toBe(0);
  });

  it('charges cached tokens as such and never twice', () => {
    const cached = priced(
      flatPrice(
        { inputUsdPerMTok: 10, outputUsdPerMTok: 0, cacheReadUsdPerMTok: 1, cacheWriteUsdPerMTok: 12.5 },
        provenance,
      ),
    );
    const usage = { inputTokens: 1e6, outputTokens: 0, cacheReadTokens: 0.5e6, cacheWriteTokens: 0.25e6 };
    expect(costOf(cached, usage).usd).toBeCloseTo(0.25 * 10 + 0.5 * 1 + 0.25 * 12.5, 12);
    const nonsense = { inputTokens: 1e6, outputTokens: 0, cacheReadTokens: 5e6, cacheWriteTokens: 5e6 };
    expect(costOf(cached, nonsense).usd).toBeCloseTo(1, 12);
    expect(costOf(flat, { inputTokens: 1e6, outputTokens: 0, cacheReadTokens: 1e6 }).usd).toBeCloseTo(1, 12);
  });

  it('changes on its date and by the time of day, also over midnight', () => {
    const table: PriceTable = {
      provenance,
      periods: [
        { prices: { inputUsdPerMTok: 1, outputUsdPerMTok: 1 }, dailyFromMinute: 1380, dailyUntilMinute: 60 },
        { prices: { inputUsdPerMTok: 2, outputUsdPerMTok: 2 }, from: '2026-06-01', until: '2026-07-01' },
        { prices: { inputUsdPerMTok: 3, outputUsdPerMTok: 3 }, until: '2026-07-01' },
      ],
    };
    const at = (time: string) => pricesAt(table, new Date(time), 0)?.inputUsdPerMTok;
    expect(at('2026-05-31T22:59:59.999Z')).toBe(3);
    expect(at('2026-05-31T23:00:00Z')).toBe(1);
    expect(at('2026-06-01T00:59:59.999Z')).toBe(1);
    expect(at('2026-06-01T01:00:00Z')).toBe(2);
    expect(at('2026-06-30T22:00:00Z')).toBe(2);
    expect(at('2026-07-01T01:00:00Z')).toBeUndefined();
    expect(
      costOf(priced(table), { inputTokens: 1, outputTokens: 1 }, { at: Date.parse('2026-08-01T12:00Z') }),
    ).toEqual({ usd: undefined });
  });

  it('is the one of the highest tier passed, for the whole call', () => {
    const tiers = [
      { aboveInputTokens: 500_000, inputUsdPerMTok: 4, outputUsdPerMTok: 4 },
      { aboveInputTokens: 200_000, inputUsdPerMTok: 2, outputUsdPerMTok: 2 },
    ];
    const tiered = priced({
      provenance,
      periods: [{ prices: { inputUsdPerMTok: 1, outputUsdPerMTok: 1 }, tiers }],
    });
    expect(tokenPriceUsd(tiered, 200_000, 0)).toBeCloseTo(0.2, 12);
    expect(tokenPriceUsd(tiered, 200_001, 0)).toBeCloseTo(0.400002, 12);
    expect(tokenPriceUsd(tiered, 600_000, 0)).toBeCloseTo(2.4, 12);
  });
});

describe('the worst case', () => {
  it('is never below what any usage within it costs', () => {
    const dear = priced({
      provenance,
      periods: [
        {
          prices: {
            inputUsdPerMTok: 5,
            outputUsdPerMTok: 20,
            cacheWriteUsdPerMTok: 6,
            reasoningUsdPerMTok: 30,
          },
          // A tier that is cheaper: reaching it must not lower the reservation.
          tiers: [{ aboveInputTokens: 1_000, inputUsdPerMTok: 1, outputUsdPerMTok: 2, requestUsd: 0.001 }],
        },
      ],
    });
    const worst = worstCaseUsd(dear, 2_000, 500) ?? 0;
    for (let inputTokens = 0; inputTokens <= 2_000; inputTokens += 250) {
      for (const cacheWriteTokens of [0, inputTokens]) {
        const usage = { inputTokens, outputTokens: 500, cacheWriteTokens, reasoningTokens: 500 };
        expect(costOf(dear, usage).usd).toBeLessThanOrEqual(worst);
      }
    }
    expect(worst).toBeCloseTo((2_000 * 6 + 500 * 30) / 1e6, 12);
  });
});
