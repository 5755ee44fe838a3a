/** What every ledger promises. Run by each implementation's own test. */
import { describe, expect, test } from 'vitest';
import type { BudgetScope, Ledger, LedgerEntry } from '../../src/ledger/ledger.ts';
import { BudgetExceededError } from '../../src/ledger/rules.ts';
import { call, DAY, limited, seededRandom, seedOfRun } from './fixtures.ts';

/** `advanceMs` moves the clock of the ledgers that `open` returns, where their reservations can expire. */
export function ledgerSuite(
  name: string,
  open: () => Promise<Ledger>,
  advanceMs: (ms: number) => void = () => {},
): void {
  describe(`${name}: reserving`, () => {
    test('a reservation counts as reserved in every scope, bounded or not', async () => {
      const ledger = await open();
      await ledger.reserve(call(0.25, [limited(1), { kind: 'session', key: 's' }]));
      for (const scope of [DAY, { kind: 'session', key: 's' } as const]) {
        expect(await ledger.balance(scope)).toEqual({ spentUsd: 0, reservedUsd: 0.25, unknownCalls: 0 });
      }
    });

    test('the budget may be used up to the last nano-dollar, and not beyond', async () => {
      const ledger = await open();
      await ledger.reserve(call(0.1, [limited(0.3)]));
      await ledger.reserve(call(0.2, [limited(0.3)]));
      await expect(ledger.reserve(call(1e-9, [limited(0.3)]))).rejects.toMatchObject({
        code: 'budget_exceeded',
      });
    });

    test('amounts in flight and amounts spent both take room', async () => {
      const ledger = await open();
      const first = await ledger.reserve(call(0.4, [limited(1)]));
      await ledger.settle(first.id, { usd: 0.3, status: 'completed' });
      await ledger.reserve(call(0.5, [limited(1)]));
      await expect(ledger.reserve(call(0.21, [limited(1)]))).rejects.toMatchObject({
        code: 'budget_exceeded',
      });
      await ledger.reserve(call(0.2, [limited(1)]));
    });

    test('one full scope refuses the call, and the others are left as they were', async () => {
      const ledger = await open();
      const team: BudgetScope = { kind: 'key', key: 'team' };
      await ledger.reserve(call(0.9, [limited(1, team)]));
      await expect(ledger.reserve(call(0.2, [limited(5), limited(1, team)]))).rejects.toThrow(
        'key budget "team"',
      );
      expect(await ledger.balance(DAY)).toEqual({ spentUsd: 0, reservedUsd: 0, unknownCalls: 0 });
      expect(await ledger.entries()).toHaveLength(1);
    });

    test('scopes of another kind or key do not mix', async () => {
      const ledger = await open();
      await ledger.reserve(call(1, [limited(1, { kind: 'session', key: 'a' })]));
      await ledger.reserve(call(1, [limited(1, { kind: 'session', key: 'b' })]));
      await ledger.reserve(call(1, [limited(1, { kind: 'key', key: 'a' })]));
      expect((await ledger.balance({ kind: 'day', key: 'a' })).reservedUsd).toBe(0);
    });

    test('a scope named twice counts once, under the lower bound', async () => {
      const ledger = await open();
      await expect(ledger.reserve(call(0.6, [DAY, limited(1), limited(0.5)]))).rejects.toThrow('0.50');
      await ledger.reserve(call(0.4, [limited(1), limited(0.5), DAY]));
      expect((await ledger.balance(DAY)).reservedUsd).toBe(0.4);
    });

    test('32 concurrent reservations against a budget for 3 let exactly 3 through', async () => {
      const ledger = await open();
      const tries = Array.from({ length: 32 }, () => ledger.reserve(call(0.1, [limited(0.3)])));
      const outcomes = await Promise.allSettled(tries);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      expect((await ledger.balance(DAY)).reservedUsd).toBe(0.3);
    });

    test('the refusal tells a person which budget, how full, what was asked and what to do', async () => {
      const ledger = await open();
      const first = await ledger.reserve(call(0.5, [limited(1)]));
      await ledger.settle(first.id, { usd: 0.45, status: 'completed' });
      await ledger.reserve(call(0.5, [limited(1)]));
      const error = await ledger.reserve(call(0.125, [limited(1)])).catch((caught) => caught);
      expect(error).toBeInstanceOf(BudgetExceededError);
      expect(error.budget).toEqual({
        kind: 'day',
        key: '2026-11-22',
        limitUsd: 1,
        spentUsd: 0.45,
        reservedUsd: 0.5,
        askedUsd: 0.125,
      });
      expect(error.message).toBe(
        'The day budget "2026-11-22" allows 1.00 USD: 0.45 are spent, 0.50 are reserved by calls in flight, ' +
          'and this call of acme/small may cost up to 0.125.',
      );
      expect(error.hint).toMatch(
        /Raise budgets\.dayUsd, wait until 00:00 UTC, try again when the calls in flight/,
      );
    });
  });

  describe(`${name}: prices that are unknown, free or no number`, () => {
    test('an unknown price is refused by any bound, and passes where nothing is bounded', async () => {
      const ledger = await open();
      const unbounded: BudgetScope = { kind: 'session', key: 's' };
      await expect(ledger.reserve(call(undefined, [unbounded, limited(1000)]))).rejects.toMatchObject({
        code: 'unknown_price',
        message: expect.stringContaining('acme/small'),
        hint: expect.stringContaining('price'),
      });
      const passed = await ledger.reserve(call(undefined, [unbounded]));
      expect(passed.amountUsd).toBeUndefined();
      await ledger.settle(passed.id, { usd: undefined, status: 'completed' });
      expect(await ledger.balance(unbounded)).toEqual({ spentUsd: 0, reservedUsd: 0, unknownCalls: 1 });
    });

    test('a free call passes a budget that is used up, overdrawn or zero', async () => {
      const ledger = await open();
      const first = await ledger.reserve(call(1, [limited(1)]));
      await ledger.reserve(call(0, [limited(1)]));
      await ledger.settle(first.id, { usd: 3, status: 'completed' });
      await ledger.reserve(call(0, [limited(1)]));
      await ledger.reserve(call(0, [limited(0, { kind: 'key', key: 'nothing' })]));
    });

    test.each([Number.NaN, -0.01, Number.POSITIVE_INFINITY])(
      'a worst case of %s is refused',
      async (amountUsd) => {
        const ledger = await open();
        await expect(ledger.reserve(call(amountUsd, [limited(1)]))).rejects.toMatchObject({
          code: 'invalid_request',
        });
      },
    );

    test.each([Number.NaN, -1])('a limit of %s is refused, not taken for none', async (limitUsd) => {
      const ledger = await open();
      await expect(ledger.reserve(call(0.1, [limited(limitUsd)]))).rejects.toMatchObject({
        code: 'invalid_config',
      });
    });
  });

  describe(`${name}: settling`, () => {
    test('the real cost takes the place of the reservation', async () => {
      const ledger = await open();
      const { id } = await ledger.reserve(call(0.5, [limited(1)]));
      const usage = { inputTokens: 10, outputTokens: 20, reasoningTokens: 5 };
      const provenance = { source: 'bundled', name: 'prices', asOf: '2026-11-22' } as const;
      await ledger.settle(id, {
        usd: 0.123456789,
        status: 'completed',
        usage,
        provenance,
        servedModel: 'small-1',
      });
      expect(await ledger.balance(DAY)).toEqual({ spentUsd: 0.123456789, reservedUsd: 0, unknownCalls: 0 });
      const [entry] = await ledger.entries();
      expect(entry).toMatchObject({
        id,
        state: 'settled',
        reservedUsd: 0.5,
        usd: 0.123456789,
        status: 'completed',
      });
      expect(entry).toMatchObject({ usage, provenance, servedModel: 'small-1', model: 'acme/small' });
      expect(Date.parse(entry!.settledAt!)).toBeGreaterThanOrEqual(Date.parse(entry!.createdAt));
    });

    test('settling again, or releasing what is settled, changes nothing', async () => {
      const ledger = await open();
      const { id } = await ledger.reserve(call(0.5, [limited(1)]));
      await ledger.settle(id, { usd: 0.2, status: 'completed' });
      await ledger.settle(id, { usd: 0.9, status: 'failed' });
      await ledger.release(id);
      expect((await ledger.balance(DAY)).spentUsd).toBe(0.2);
      expect((await ledger.entries())[0]).toMatchObject({ usd: 0.2, status: 'completed', state: 'settled' });
    });

    test('an unknown cost counts as the reserved worst case and is marked', async () => {
      const ledger = await open();
      const { id } = await ledger.reserve(call(0.5, [limited(1)]));
      await ledger.settle(id, { usd: undefined, status: 'aborted' });
      expect(await ledger.balance(DAY)).toEqual({ spentUsd: 0.5, reservedUsd: 0, unknownCalls: 1 });
      const [entry] = await ledger.entries();
      expect(entry).toMatchObject({ state: 'settled', status: 'aborted', reservedUsd: 0.5 });
      expect(entry!.usd).toBeUndefined();
    });

    test('a cost above the reservation is booked as it is, and shows', async () => {
      const ledger = await open();
      const { id } = await ledger.reserve(call(0.5, [limited(1)]));
      await ledger.settle(id, { usd: 1.5, status: 'completed' });
      expect((await ledger.balance(DAY)).spentUsd).toBe(1.5);
      const [entry] = await ledger.entries();
      expect(entry!.usd! - entry!.reservedUsd!).toBe(1);
      await expect(ledger.reserve(call(0.01, [limited(1)]))).rejects.toThrow('1.50 are spent');
    });

    test('a released reservation is given back, once', async () => {
      const ledger = await open();
      const { id } = await ledger.reserve(call(0.8, [limited(1)]));
      await ledger.release(id);
      await ledger.release(id);
      expect(await ledger.balance(DAY)).toEqual({ spentUsd: 0, reservedUsd: 0, unknownCalls: 0 });
      expect((await ledger.entries())[0]).toMatchObject({ state: 'released', usd: 0 });
      await ledger.reserve(call(1, [limited(1)]));
    });

    test('a call that was released by mistake still costs what it cost', async () => {
      const ledger = await open();
      const { id } = await ledger.reserve(call(0.8, [limited(1)]));
      await ledger.release(id);
      await ledger.settle(id, { usd: 0.6, status: 'completed' });
      expect((await ledger.balance(DAY)).spentUsd).toBe(0.6);
    });

    test('a reservation that does not exist, or a cost that is no amount, is an error', async () => {
      const ledger = await open();
      await expect(ledger.settle('77', { usd: 1, status: 'completed' })).rejects.toThrow('no reservation 77');
      await expect(ledger.release('other')).rejects.toThrow('no reservation other');
      const { id } = await ledger.reserve(call(0.5, [limited(1)]));
      await expect(ledger.settle(id, { usd: Number.NaN, status: 'completed' })).rejects.toThrow('NaN');
      expect((await ledger.balance(DAY)).reservedUsd).toBe(0.5);
    });

    test('a thousand tenths of a micro-dollar are exactly a tenth of a thousandth of a dollar', async () => {
      const ledger = await open();
      for (let count = 0; count < 1000; count += 10) {
        await Promise.all(
          Array.from({ length: 10 }, async () => {
            const { id } = await ledger.reserve(call(2e-7, [DAY]));
            await ledger.settle(id, { usd: 1e-7, status: 'completed' });
          }),
        );
      }
      expect(await ledger.balance(DAY)).toEqual({ spentUsd: 0.0001, reservedUsd: 0, unknownCalls: 0 });
    });
  });

  test(`${name}: entries come newest first, by episode, as many as asked`, async () => {
    const ledger = await open();
    for (const episodeId of ['a', 'b', 'a', 'b', 'a']) await ledger.reserve(call(0.1, [DAY], { episodeId }));
    const ids = (await ledger.entries()).map(({ id }) => Number(id));
    expect(ids).toEqual([...ids].sort((a, b) => b - a));
    expect(ids).toHaveLength(5);
    expect(await ledger.entries({ episodeId: 'a' })).toHaveLength(3);
    expect((await ledger.entries({ episodeId: 'a', limit: 1 }))[0]!.id).toBe(String(ids[0]));
  });

  describe(`${name}: following the account`, () => {
    const follow = async (ledger: Ledger, since: string, most?: number) => {
      const parts: LedgerEntry[][] = [];
      for await (const part of ledger.ended(since, most)) parts.push(part);
      return parts;
    };
    const START = new Date(0).toISOString();

    test('entries tell which budgets they count against', async () => {
      const ledger = await open();
      await ledger.reserve(call(0.1, [limited(1), { kind: 'session', key: 's' }]));
      expect((await ledger.entries())[0]!.scopes).toEqual([
        { kind: 'day', key: DAY.key },
        { kind: 'session', key: 's' },
      ]);
    });

    test('what has ended comes in the order of its end, as it ended; what is in flight does not come', async () => {
      const ledger = await open();
      const made = [];
      for (let count = 0; count < 4; count++) made.push(await ledger.reserve(call(0.1, [DAY])));
      const [first, second, third] = made.map(({ id }) => id) as [string, string, string];
      await ledger.settle(third, { usd: 0.05, status: 'completed' });
      await ledger.release(first);
      await ledger.settle(second, { usd: undefined, status: 'failed' });
      const entries = (await follow(ledger, START)).flat();
      expect(new Set(entries.map(({ id }) => id))).toEqual(new Set([first, second, third]));
      const byId = new Map(entries.map((entry) => [entry.id, entry]));
      expect(byId.get(third)).toMatchObject({ state: 'settled', usd: 0.05, status: 'completed' });
      expect(byId.get(first)).toMatchObject({ state: 'released', usd: 0 });
      expect(byId.get(second)!.usd).toBeUndefined();
      const times = entries.map(({ settledAt }) => settledAt!);
      expect(times).toEqual([...times].sort());
      // The last one's own time is included: another may have ended in the same millisecond.
      expect((await follow(ledger, times.at(-1)!)).flat().at(-1)!.settledAt).toBe(times.at(-1));
      expect(await follow(ledger, '2999-01-01T00:00:00Z')).toEqual([]);
    });

    test('more than one part is complete and without repetition, also where all ended at once; or the newest alone', async () => {
      const ledger = await open();
      const ids: string[] = [];
      for (let count = 0; count < 1203; count++) {
        const { id } = await ledger.reserve(call(1e-6, [DAY]));
        await ledger.settle(id, { usd: 1e-6, status: 'completed' });
        ids.push(id);
      }
      const parts = await follow(ledger, START);
      expect(parts.length).toBeGreaterThan(2);
      expect(parts.flat().map(({ id }) => id)).toEqual(ids);
      expect((await follow(ledger, START, 3)).flat().map(({ id }) => id)).toEqual(ids.slice(-3));
      expect((await follow(ledger, START, 5000)).flat()).toHaveLength(1203);
    });
  });

  test(`${name}: whatever happens in whatever order, totals are the sum of the entries`, async () => {
    const random = seededRandom(seedOfRun(`${name}, random interleavings`));
    const ledger = await open();
    const scopes: BudgetScope[] = [
      { kind: 'day', key: 'd', limitUsd: 2 },
      { kind: 'session', key: 's1', limitUsd: 1 },
      { kind: 'session', key: 's2', limitUsd: 0.7 },
      { kind: 'key', key: 'k' },
    ];
    const scopesOf = new Map<string, BudgetScope[]>();
    const inFlight: string[] = [];
    const step = async () => {
      const kind = random();
      if (kind < 0.03) advanceMs(Math.round(random() * 60_000));
      else if (kind < 0.5) {
        const chosen = scopes.filter(() => random() < 0.6);
        const bounded = chosen.some(({ limitUsd }) => limitUsd !== undefined);
        const amountUsd = !bounded && random() < 0.3 ? undefined : random() < 0.1 ? 0 : random() / 5;
        const reservation = await ledger
          .reserve(call(amountUsd, chosen, { expiresInMs: 60_000 * random() }))
          .catch((error) => {
            expect(error.code).toBe('budget_exceeded');
            return undefined;
          });
        if (!reservation) return;
        scopesOf.set(reservation.id, chosen);
        inFlight.push(reservation.id);
      } else if (inFlight.length > 0) {
        const [id] = inFlight.splice(Math.floor(random() * inFlight.length), 1) as [string];
        // Costs stay within the reservation, and nothing settles once it is released, so the bound must hold.
        const entry = (await ledger.entries({ limit: 1000 })).find((other) => other.id === id)!;
        const usd = random() < 0.2 ? undefined : (entry.reservedUsd ?? 1) * random();
        if (random() < 0.3) {
          await ledger.release(id);
        } else {
          await ledger.settle(id, { usd, status: 'completed' });
          if (random() < 0.2) inFlight.push(id);
        }
      }
    };
    for (let round = 0; round < 100; round++) {
      await Promise.all([step(), step(), step()]);
      const entries = await ledger.entries({ limit: 1000 });
      for (const scope of scopes) {
        const own = entries.filter(({ id }) => scopesOf.get(id)?.includes(scope));
        const expected = totalsOf(own);
        const balance = await ledger.balance(scope);
        expect(nano(balance.spentUsd)).toBe(expected.spent);
        expect(nano(balance.reservedUsd)).toBe(expected.reserved);
        expect(balance.unknownCalls).toBe(expected.unknown);
        expect(nano(balance.spentUsd) + nano(balance.reservedUsd)).toBeLessThanOrEqual(
          nano(scope.limitUsd ?? Number.POSITIVE_INFINITY),
        );
      }
    }
  });
}

/** The sums by scope as they follow from the entries alone, in nano-dollars. */
export function totalsOf(entries: LedgerEntry[]) {
  let spent = 0;
  let reserved = 0;
  let unknown = 0;
  for (const { state, usd, reservedUsd } of entries) {
    if (state === 'reserved') reserved += nano(reservedUsd ?? 0);
    if (state === 'settled' || state === 'lost') {
      spent += nano(usd ?? reservedUsd ?? 0);
      if (usd === undefined) unknown++;
    }
  }
  return { spent, reserved, unknown };
}

export function nano(usd: number): number {
  return Math.round(usd * 1e9);
}
