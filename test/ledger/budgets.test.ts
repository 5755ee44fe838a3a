import { expect, test } from 'vitest';
import { budgetScopes, standingBudgets } from '../../src/ledger/budgets.ts';

const NOON = Date.parse('2026-11-22T12:00:00Z');

test('without configuration a request and its day are counted, and nothing is bounded', () => {
  expect(budgetScopes({}, { episodeId: 'e' }, NOON)).toEqual([
    { kind: 'request', key: 'e', limitUsd: undefined },
    { kind: 'day', key: '2026-11-22', limitUsd: undefined },
  ]);
});

test('every configured budget bounds its scope', () => {
  const config = { requestUsd: 0.1, sessionUsd: 1, dayUsd: 5, keys: { team: 100 } };
  expect(budgetScopes(config, { episodeId: 'e', session: 's', budgetKey: 'team' }, NOON)).toEqual([
    { kind: 'request', key: 'e', limitUsd: 0.1 },
    { kind: 'day', key: '2026-11-22', limitUsd: 5 },
    { kind: 'session', key: 's', limitUsd: 1 },
    { kind: 'key', key: 'team', limitUsd: 100 },
  ]);
});

test('a request brings its own bound in place of the default, zero included', () => {
  const [scope] = budgetScopes({ requestUsd: 0.1 }, { episodeId: 'e', maxUsd: 0 }, NOON);
  expect(scope!.limitUsd).toBe(0);
});

test('the day ends at midnight UTC', () => {
  const dayAt = (time: string) => budgetScopes({}, { episodeId: 'e' }, Date.parse(time))[1]!.key;
  expect(dayAt('2026-11-22T23:59:59.999Z')).toBe('2026-11-22');
  expect(dayAt('2026-11-23T00:00:00+02:00')).toBe('2026-11-22');
  expect(dayAt('2026-11-23T00:00:00Z')).toBe('2026-11-23');
});

test('a mistyped key is refused by name, so that it is no way around its budget', () => {
  const config = { keys: { sales: 5, support: 9 } };
  expect(() => budgetScopes(config, { episodeId: 'e', budgetKey: 'Sales' }, NOON)).toThrow('"Sales"');
  expect(() => budgetScopes(config, { episodeId: 'e', budgetKey: 'toString' }, NOON)).toThrow('"toString"');
});

test('keys not named have a bound of their own, or are counted where no key is named', () => {
  const limitOf = (config: Parameters<typeof budgetScopes>[0]) =>
    budgetScopes(config, { episodeId: 'e', budgetKey: 'new' }, NOON).at(-1)!.limitUsd;
  expect(limitOf({ keys: { team: 5 }, otherKeysUsd: 1 })).toBe(1);
  expect(limitOf({ otherKeysUsd: 2 })).toBe(2);
  expect(limitOf({})).toBeUndefined();
});

test('what stands whoever asks: the day and the keys by name, bounded or not', () => {
  expect(standingBudgets({}, NOON)).toEqual([{ kind: 'day', key: '2026-11-22', limitUsd: undefined }]);
  expect(standingBudgets({ dayUsd: 5, sessionUsd: 1, keys: { team: 100, other: 0 } }, NOON)).toEqual([
    { kind: 'day', key: '2026-11-22', limitUsd: 5 },
    { kind: 'key', key: 'team', limitUsd: 100 },
    { kind: 'key', key: 'other', limitUsd: 0 },
  ]);
});
