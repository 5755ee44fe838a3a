/** Exploration and the shadow in a router over real sockets: what they cost, and what they never touch. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { assembleRouter } from '../../src/create-router.ts';
import {
  type ChatMessage,
  type OwnModel,
  openLedger,
  type Policy,
  type RouterConfig,
} from '../../src/index.ts';
import { eventually, labRouter, user } from '../support/lab-router.ts';
import { ledgerFile } from '../support/ledger-files.ts';

const NO_TOKENS = { inputUsdPerMTok: 0, outputUsdPerMTok: 0 };
const DOLLAR: OwnModel = { id: 'shop/dollar', price: { ...NO_TOKENS, requestUsd: 1 } };
const FREE: OwnModel = { id: 'shop/free', price: NO_TOKENS };
/** Half of the requests go to the free model, half would cost a dollar: three of those are paid. */
const SHOP: RouterConfig = {
  bundled: false,
  providers: { shop: { baseUrl: 'http://127.0.0.1:1/v1', keyless: true } },
  models: [DOLLAR, FREE],
  pool: [DOLLAR.id, FREE.id],
  policy: 'cheapest',
  exploration: { share: 1, budgetUsd: 3, seed: 1 },
};
const ask = (n: number) => ({ messages: user(`Question ${n}`) });

describe('an exploration budget for three calls', () => {
  it('pays for exactly three of 32 concurrent requests, and for none after a restart', async () => {
    const ledger = ledgerFile();
    for (const paid of [3, 0]) {
      await using setup = await labRouter({ ...SHOP, ledger });
      await Promise.all(Array.from({ length: 32 }, (_, n) => setup.router.route(ask(n))));
      expect(setup.lab.usage().calls).toBe(32);
      expect(setup.lab.usage().models[DOLLAR.id]?.calls ?? 0).toBe(paid);
    }
  });

  it('pays for exactly three in four processes on one ledger file', async () => {
    await using setup = await labRouter(SHOP);
    const providers = { shop: { baseUrl: setup.lab.baseUrl('shop'), keyless: true } };
    const config = JSON.stringify({ ...SHOP, providers, ledger: ledgerFile() });
    const child = join(import.meta.dirname, '../support/budget-child.ts');
    const args = ['--disable-warning=ExperimentalWarning', child, config, '8'];
    await Promise.all(Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, args)));
    expect(setup.lab.usage().calls).toBe(32);
    expect(setup.lab.usage().models[DOLLAR.id]!.calls).toBe(3);
  });

  it("pays for three calls of an agent's turn, the rest of which the best model answers", async () => {
    // The first draw of this seed is the dear model.
    await using setup = await labRouter({ ...SHOP, exploration: { share: 1, budgetUsd: 3, seed: 6 } });
    const call = (n: number) => ({
      id: `call-${n}`,
      type: 'function' as const,
      function: { name: 'look', arguments: '{}' },
    });
    const messages: ChatMessage[] = user('Look up five things');
    const models: string[] = [];
    for (let n = 0; n < 6; n++) {
      models.push((await setup.router.route({ messages })).model);
      messages.push({ role: 'assistant', content: null, tool_calls: [call(n)] });
      messages.push({ role: 'tool', tool_call_id: `call-${n}`, content: 'seen' });
    }
    expect(models).toEqual([DOLLAR.id, DOLLAR.id, DOLLAR.id, FREE.id, FREE.id, FREE.id]);
    const scope = { kind: 'key', key: 'xrouter:exploration' } as const;
    expect(await setup.router.ledger.balance(scope)).toMatchObject({ spentUsd: 3 });
  });

  it('is not spent by decisions that nobody carries out', async () => {
    await using setup = await labRouter(SHOP);
    for (let n = 0; n < 20; n++) {
      const { decision } = await setup.router.decide(ask(n));
      expect(decision.action).toMatchObject({ calls: [{ model: FREE.id }] });
    }
    const scope = { kind: 'key', key: 'xrouter:exploration' } as const;
    expect(await setup.router.ledger.balance(scope)).toMatchObject({ spentUsd: 0 });
  });
});

describe('a policy in the shadow that does not answer', () => {
  it('holds up neither the answer nor feedback through another door', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: Policy = {
      name: 'slow',
      async decide() {
        await gate;
        throw new Error('it never knew');
      },
    };
    const ledger = ledgerFile();
    await using setup = await labRouter({ ...SHOP, ledger, shadow: slow }, {}, assembleRouter);
    const { id } = await setup.router.route(ask(1));
    const door = await openLedger({ path: ledger });
    const kept = async () => (await door.episodeStore.episodes())[0];
    await eventually(async () => (await kept())?.id === id, 'the episode is kept');
    expect(await door.episodeStore.feedback(id, { score: 1, source: 'tests' })).toEqual([id]);
    expect(await setup.router.feedback(id, 0, 'user')).toEqual([id]);
    expect((await kept())!.shadow).toBeUndefined();
    release();
    await eventually(async () => (await kept())!.shadow !== undefined, 'the decision of the shadow');
    expect(await kept()).toMatchObject({
      shadow: { policy: 'slow' },
      feedback: expect.arrayContaining([
        { score: 1, source: 'tests' },
        { score: 0, source: 'user' },
      ]),
    });
    await door.close();
  });
});
