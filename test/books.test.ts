/** What a router keeps of its requests, over real sockets and files. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { assembleRouter, createRouter, openLedger, validateConfig } from '../src/index.ts';
import { FEATURE_VERSION } from '../src/policy/embedded/features.ts';
import { cheapestPolicy } from '../src/policy/fixed.ts';
import { labRouter, PAIR, user } from './support/lab-router.ts';

const folder = mkdtempSync(join(tmpdir(), 'xrouter-books-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const PROMPT = 'What is 17 + 25? The password is xylophone.';

async function keptIn(path: string) {
  const ledger = await openLedger({ path });
  try {
    return await ledger.episodeStore.episodes();
  } finally {
    await ledger.close();
  }
}

describe('what is kept of a request', () => {
  it('is what learning needs, feedback joined, and no word of it', async () => {
    const path = join(folder, 'plain.sqlite');
    {
      await using lab = await labRouter({ pool: [...PAIR], ledger: path, policy: 'benchmark' });
      const { id } = await lab.router.route({ messages: user(PROMPT) });
      await lab.router.feedback(id, 0.5);
      await lab.router.feedback(id, 1);
      await lab.router.feedback(id, 0, 'tests');
    }
    const [episode] = await keptIn(path);
    const said = Object.fromEntries(episode!.feedback.map(({ source, score }) => [source, score]));
    expect(said).toEqual({ user: 1, tests: 0 });
    expect(episode!.learning!.features).toMatchObject({
      version: FEATURE_VERSION,
      structure: expect.any(Array),
    });
    expect(episode!.steps[0]!.decision).toMatchObject({ propensity: 1, estimates: [{}, {}] });
    expect(readFileSync(path).includes('xylophone')).toBe(false);
  });

  it('holds no features where the configuration says so', async () => {
    const path = join(folder, 'bare.sqlite');
    {
      await using lab = await labRouter({
        pool: [...PAIR],
        ledger: path,
        episodes: { storeFeatures: false },
      });
      await lab.router.route({ messages: user(PROMPT) });
    }
    expect((await keptIn(path))[0]).not.toHaveProperty('learning');
  });

  it('has the propensities of exploration, and its budget outlives the router', async () => {
    const path = join(folder, 'explored.sqlite');
    const exploration = { share: 1, budgetUsd: 1e-4, seed: 1 };
    const config = { pool: ['openai/gpt-5-nano', 'openai/gpt-5'], lambda: 5, policy: 'benchmark' as const };
    for (let round = 0; round < 2; round++) {
      await using lab = await labRouter({ ...config, ledger: path, exploration });
      for (let i = 0; i < 12; i++) await lab.router.route({ messages: user(`What is ${i} + ${round}?`) });
    }
    const episodes = await keptIn(path);
    const ledger = await openLedger({ path });
    const spent = await ledger.balance({ kind: 'key', key: 'xrouter:exploration' });
    await ledger.close();
    expect(spent.spentUsd).toBeLessThanOrEqual(1e-4);
    for (const { steps } of episodes) {
      const { estimates, propensity } = steps[0]!.decision;
      expect([undefined, 0.5]).toContain(estimates[0]!.propensity);
      expect(propensity).toBe(estimates[0]!.propensity ?? 1);
    }
  });

  it('has what the policy in the shadow would have done, though that policy fails', async () => {
    const path = join(folder, 'shadow.sqlite');
    {
      await using lab = await labRouter({
        pool: [...PAIR],
        ledger: path,
        policy: { fixed: PAIR[0] },
        shadow: 'cheapest',
      });
      expect((await lab.router.route({ messages: user(PROMPT) })).model).toBe(PAIR[0]);
    }
    const cheapest = (await keptIn(path))[0]!.shadow!;
    expect(cheapest).toMatchObject({ policy: 'cheapest', model: expect.any(String) });

    writeFileSync(join(folder, 'broken.policy'), 'nothing');
    const failing = join(folder, 'failing.sqlite');
    {
      await using lab = await labRouter({
        pool: [...PAIR],
        ledger: failing,
        shadow: { file: join(folder, 'broken.policy') },
      });
      await lab.router.route({ messages: user(PROMPT) });
    }
    expect((await keptIn(failing))[0]!.shadow).toEqual({ policy: 'broken.policy', estimates: [], error: '' });
  });

  it('does not wait for a shadow that never decides before it answers', async () => {
    let asked = 0;
    const stuck = {
      name: 'stuck',
      decide: () => {
        asked++;
        return new Promise<never>(() => {});
      },
    };
    await using lab = await labRouter(
      { pool: [...PAIR], shadow: stuck, policy: cheapestPolicy() },
      {},
      (config, around) => assembleRouter(config, around),
    );
    const started = performance.now();
    await lab.router.route({ messages: user(PROMPT) });
    const answeredMs = performance.now() - started;
    expect(answeredMs).toBeLessThan(5_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBe(1);
    // Closing would wait until it is given up.
    lab.router.close = async () => {};
  });
});

describe('feedback', () => {
  it('says what is missing where no episodes are kept', async () => {
    const router = createRouter({ pool: ['gpt-5-nano'] });
    await expect(router.feedback('x', 1)).rejects.toMatchObject({ code: 'invalid_config' });
    await router.close();
  });

  it('is refused for an unknown episode and a score out of range', async () => {
    await using lab = await labRouter({ pool: [...PAIR], ledger: join(folder, 'feedback.sqlite') });
    const { id } = await lab.router.route({ messages: user(PROMPT) });
    await expect(lab.router.feedback('nobody', 1)).rejects.toThrow(/No episode nobody/);
    await expect(lab.router.feedback(id, 1.5)).rejects.toThrow(/score from 0 to 1/);
  });

  it('joins episodes of a ledger that one opened oneself', async () => {
    const ledger = await openLedger({ path: ':memory:' });
    await using lab = await labRouter({ pool: [...PAIR], ledger }, {}, (config, around) =>
      assembleRouter(config, around),
    );
    const { id } = await lab.router.route({ messages: user(PROMPT) });
    await lab.router.feedback(id, 1);
    expect(await ledger.episodeStore.episodes()).toMatchObject([
      { id, feedback: [{ score: 1, source: 'user' }] },
    ]);
  });
});

describe('the configuration of learning', () => {
  it('is validated', () => {
    const wrong = (config: object) => () => validateConfig(config);
    expect(wrong({ exploration: { share: 2, budgetUsd: 1 } })).toThrow(/exploration.share/);
    expect(wrong({ exploration: { share: 0.1 } })).toThrow(/exploration.budgetUsd/);
    expect(wrong({ exploration: { share: 0.1, budgetUsd: 1, epsilon: 1 } })).toThrow(/exploration.epsilon/);
    expect(wrong({ shadow: 'nobody' })).toThrow(/shadow/);
    expect(
      validateConfig({ shadow: { file: 'next.policy' }, exploration: { share: 0.05, budgetUsd: 1 } }),
    ).toBeTruthy();
  });
});
