/** What differs from one version of a prompt to the next: the pool, its prices, lambda. */
import type { Candidate } from '../../catalog/candidate.ts';
import { flatPrice, pricesAt } from '../../catalog/price.ts';
import { XrouterError } from '../../errors.ts';
import type { Random } from '../random.ts';

/** Log-uniform between the bounds; a bound of 0 makes it uniform. */
export function drawBetween([low, high]: readonly [number, number], random: Random): number {
  const at = random.next();
  return low > 0 ? low * (high / low) ** at : low + (high - low) * at;
}

/**
 * Candidates in random order. One of each third by cost comes first where the size allows, so that there is
 * something to choose between; the others are drawn from all that are left.
 * @param byCost cheapest first
 * @param size least and most; cut to what there is
 */
export function drawPool<T>(byCost: readonly T[], size: readonly [number, number], random: Random): T[] {
  const [least, most] = size.map((bound) => Math.min(bound, byCost.length)) as [number, number];
  const count = least + random.below(most - least + 1);
  const tiers = Math.min(3, count);
  const drawn: T[] = [];
  for (let tier = 0; tier < tiers; tier++) {
    const from = Math.floor((tier * byCost.length) / tiers);
    const to = Math.floor(((tier + 1) * byCost.length) / tiers);
    drawn.push(byCost[from + random.below(to - from)]!);
  }
  const left = byCost.filter((candidate) => !drawn.includes(candidate));
  for (const index of random.order(left.length)) {
    if (drawn.length >= count) break;
    drawn.push(left[index]!);
  }
  return Array.from(random.order(drawn.length), (index) => drawn[index]!);
}

/**
 * The candidate with one flat price, as in force at that time for short prompts: what the router is told, and
 * what can be scaled.
 * @throws XrouterError `unknown_price`
 */
export function withFlatPrice(candidate: Candidate, atMs: number): Candidate {
  const prices = candidate.price && pricesAt(candidate.price, atMs, 0);
  if (!candidate.price || !prices) {
    throw new XrouterError('unknown_price', `The price of ${candidate.id} is unknown.`, {
      hint: 'Give it in a pool file with --catalog, or leave the model out with --pool.',
    });
  }
  return { ...candidate, price: flatPrice(prices, candidate.price.provenance) };
}

const DIGITS = 4;

/** The candidate at a multiple of its prices, which are rounded to four digits. Needs a flat price. */
export function atScale(candidate: Candidate, scale: number): Candidate {
  const { periods, provenance } = candidate.price!;
  const { inputUsdPerMTok, outputUsdPerMTok } = periods[0]!.prices;
  const times = (usd: number) => Number((usd * scale).toPrecision(DIGITS));
  const prices = { inputUsdPerMTok: times(inputUsdPerMTok), outputUsdPerMTok: times(outputUsdPerMTok) };
  return { ...candidate, price: flatPrice(prices, provenance) };
}
