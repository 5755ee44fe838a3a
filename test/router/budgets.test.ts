import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { OwnModel, RouterConfig } from '../../src/index.ts';
import { utcDay } from '../../src/index.ts';
import type { FaultRule } from '../../src/lab/index.ts';
import { labRouter, user } from '../support/lab-router.ts';
import { ledgerFile } from '../support/ledger-files.ts';

const NO_TOKENS = { inputUsdPerMTok: 0, outputUsdPerMTok: 0 };
/** Every call costs a dollar, whatever it says, so that the worst case is the real case. */
const DOLLAR: OwnModel = { id: 'shop/dollar', price: { ...NO_TOKENS, requestUsd: 1 } };
const FREE: OwnModel = { id: 'shop/free', price: NO_TOKENS };
const UNPRICED: OwnModel = { id: 'shop/unpriced' };
const TOKENS: OwnModel = {
  id: 'shop/tokens',
  price: { inputUsdPerMTok: 1, outputUsdPerMTok: 10 },
  maxOutputTokens: 1_000,
};

function shop(models: OwnModel[], rest: RouterConfig = {}, faults: FaultRule[] = []) {
  const providers = { shop: { baseUrl: 'http://127.0.0.1:1/v1', keyless: true } };
  const pool = models.map(({ id }) => id);
  return labRouter({ bundled: false, providers, models, pool, policy: 'cheapest', ...rest }, { faults });
}

describe('a budget for three calls', () => {
  it('lets exactly 3 of 32 concurrent requests through', async () => {
    await using setup = await shop([DOLLAR], { budgets: { dayUsd: 3 } });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 32 }, (_, i) => setup.router.route({ messages: user(`Question ${i}`) })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason.code).toBe('budget_exceeded');
    }
    expect(setup.lab.usage().calls).toBe(3);
    expect(await setup.router.ledger.balance({ kind: 'day', key: utcDay(Date.now()) })).toMatchObject({
      spentUsd: 3,
      reservedUsd: 0,
    });
  });

  it('lets exactly 3 of 32 through in four processes on one ledger file', async () => {
    await using setup = await shop([DOLLAR]);
    const config: RouterConfig = {
      bundled: false,
      providers: { shop: { baseUrl: setup.lab.baseUrl('shop'), keyless: true } },
      models: [DOLLAR],
      budgets: { dayUsd: 3 },
      ledger: ledgerFile(),
    };
    const child = join(import.meta.dirname, '../support/budget-child.ts');
    const run = () =>
      promisify(execFile)(process.execPath, [
        '--disable-warning=ExperimentalWarning',
        child,
        JSON.stringify(config),
        '8',
      ]);
    const outputs = await Promise.all([run(), run(), run(), run()]);
    const outcomes: string[] = outputs.flatMap(({ stdout }) => JSON.parse(stdout));
    expect(outcomes).toHaveLength(32);
    expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(3);
    expect(outcomes.filter((outcome) => outcome === 'budget_exceeded')).toHaveLength(29);
    expect(setup.lab.usage().calls).toBe(3);
  });
});

describe('budgets fail closed', () => {
  it('refuse an unknown price under a cap, and call it without one', async () => {
    await using setup = await shop([UNPRICED]);
    const capped = setup.router.route({ messages: user('hi'), limits: { maxUsd: 1 } });
    await expect(capped).rejects.toMatchObject({ code: 'unknown_price', message: /shop\/unpriced/ });
    const { cost, episode } = await setup.router.route({ messages: user('hi') });
    expect(cost.usd).toBeUndefined();
    expect(episode.costComplete).toBe(false);
  });

  it('leave free models allowed when nothing is left', async () => {
    await using setup = await shop([DOLLAR, FREE], { budgets: { dayUsd: 0 } });
    const { model, cost } = await setup.router.route({ messages: user('hi') });
    expect(model).toBe('shop/free');
    expect(cost.usd).toBe(0);
  });

  it('never turn to a dearer model when the cheaper one has failed and the money is short', async () => {
    const dear: OwnModel = { id: 'shop/dear', price: { ...NO_TOKENS, requestUsd: 5 } };
    await using setup = await shop([DOLLAR, dear], { budgets: { requestUsd: 2 } }, [
      { model: 'shop/dollar', fault: 'status-500' },
    ]);
    const failed = setup.router.route({ messages: user('hi') });
    await expect(failed).rejects.toMatchObject({
      message: /shop\/dear: it may cost up to \$5\.00 and the budget of this request has \$2\.00 left/,
    });
    expect(setup.lab.usage().models['shop/dear']).toBeUndefined();
  });

  it('bound the output of a request that names no limit, and send the bound to the provider', async () => {
    const open: OwnModel = { ...TOKENS, id: 'shop/open', maxOutputTokens: undefined };
    await using setup = await shop([open], { budgets: { requestUsd: 1 } });
    const { episode } = await setup.router.route({ messages: user('hi') });
    expect(episode.steps[0]?.calls[0]?.reservedUsd).toBeGreaterThan(0.08);
    expect(episode.steps[0]?.calls[0]?.reservedUsd).toBeLessThan(0.09);
  });

  it('hold for a session, for a key, and for the request itself', async () => {
    await using setup = await shop([DOLLAR], { budgets: { sessionUsd: 1, keys: { teamA: 2 } } });
    const ask = (rest: object) => setup.router.route({ messages: user('hi'), ...rest });
    await ask({ session: 's1', budgetKey: 'teamA' });
    await expect(ask({ session: 's1' })).rejects.toMatchObject({
      code: 'budget_exceeded',
      message: /and the session budget "s1" has \$0 left/,
      hint: /^Raise budgets\.sessionUsd, begin a new session, or/,
    });
    await ask({ session: 's2', budgetKey: 'teamA' });
    await expect(ask({ session: 's3', budgetKey: 'teamA' })).rejects.toMatchObject({
      code: 'budget_exceeded',
      hint: /this key in budgets\.keys/,
    });
    await expect(ask({ budgetKey: 'teamB' })).rejects.toMatchObject({
      code: 'invalid_request',
      message: /teamB/,
    });
    await expect(ask({ limits: { maxUsd: 0.5 } })).rejects.toMatchObject({
      code: 'budget_exceeded',
      hint: /^Raise the request's limits\.maxUsd/,
    });
  });
});

describe('what is booked', () => {
  it('is charged once for a call that was retried', async () => {
    await using setup = await shop([DOLLAR], {}, [{ fault: 'status-500', times: 2 }]);
    const { cost, episode } = await setup.router.route({ messages: user('hi') });
    expect(episode.steps[0]?.calls[0]).toMatchObject({ attempts: 3, cost: { usd: 1 } });
    expect(cost.usd).toBe(1);
    expect((await setup.router.ledger.entries()).map(({ state }) => state).sort()).toEqual([
      'released',
      'released',
      'settled',
    ]);
  });

  it('includes every attempt that may have been billed', async () => {
    await using setup = await shop([TOKENS], {}, [{ fault: 'cut-before-tokens', times: 1 }]);
    const { cost, episode } = await setup.router.route({ messages: user('What is 17 * 23?') });
    const settled = (await setup.router.ledger.entries()).filter(({ state }) => state === 'settled');
    expect(settled).toHaveLength(2);
    expect(settled.filter(({ estimated }) => estimated)).toHaveLength(1);
    expect(cost).toMatchObject({ usd: settled.reduce((sum, { usd }) => sum + usd!, 0), estimated: true });
    expect(episode.steps[0]?.calls[0]?.attempts).toBe(2);
  });

  it('is estimated and marked where the provider reports no usage', async () => {
    await using setup = await shop([TOKENS], {}, [{ fault: 'missing-usage' }]);
    const { cost } = await setup.router.route({ messages: user('What is 17 * 23?') });
    expect(cost.estimated).toBe(true);
    expect(cost.usd).toBeGreaterThan(0);
  });

  it('carries where the price comes from', async () => {
    await using setup = await shop([TOKENS]);
    const { cost } = await setup.router.route({ messages: user('hi') });
    expect(cost.provenance).toMatchObject({ source: 'user', name: 'configuration' });
  });
});
