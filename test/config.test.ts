import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createRouter, findConfigFile, loadConfig, validateConfig } from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'xrouter-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('a configuration', () => {
  const unknown: [unknown, RegExp, RegExp][] = [
    [{ lamda: 1 }, /Unknown option `lamda`/, /Did you mean `lambda`/],
    [{ limits: { maxUSD: 1 } }, /`limits\.maxUSD`/, /`maxUsd`/],
    [{ budgets: { dailyUsd: 1 } }, /`budgets\.dailyUsd`/, /`dayUsd`/],
    [{ models: [{ id: 'a/b', contextToken: 9 }] }, /`models\.0\.contextToken`/, /`contextTokens`/],
    [
      { providers: { x: { baseUrl: 'http://localhost/v1', apiKey: 'sk' } } },
      /`providers\.x\.apiKey`/,
      /keyVariable|Valid options/,
    ],
    [{ routes: { fast: { lamda: 1 } } }, /`routes\.fast\.lamda`/, /`lambda`/],
    [{ completelyDifferent: 1 }, /`completelyDifferent`/, /Valid options here: .*lambda/],
  ];
  it.each(unknown)('%j: the unknown option is named, with the nearest valid one', (config, message, hint) => {
    expect(() => validateConfig(config)).toThrow(
      expect.objectContaining({
        code: 'invalid_config',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      }),
    );
  });

  const wrong: [unknown, RegExp][] = [
    [{ lambda: 'much' }, /`lambda`/],
    [{ minSuccess: 2 }, /`minSuccess`/],
    [{ budgets: { dayUsd: -1 } }, /`budgets\.dayUsd`/],
    [{ models: [{ id: 'no-provider' }] }, /`models\.0\.id`.*provider\/model/],
    [
      { models: [{ id: 'a/b', price: { inputUsdPerMTok: '1', outputUsdPerMTok: 2 } }] },
      /`models\.0\.price\.inputUsdPerMTok`/,
    ],
    [{ policy: 'cheepest' }, /`policy`.*embedded, benchmark, cheapest/],
    [{ policy: {} }, /`policy/],
    ['text', /It/],
  ];
  it.each(wrong)('%j: the wrong value is named', (config, message) => {
    expect(() => createRouter(config as never)).toThrow(
      expect.objectContaining({ code: 'invalid_config', message: expect.stringMatching(message) }),
    );
  });

  it('names a model in pool or deny that does not exist, with the nearest', () => {
    expect(() => createRouter({ pool: ['gpt-5-nanno'] })).toThrow(
      expect.objectContaining({ code: 'unknown_model', hint: expect.stringMatching(/openai\/gpt-5-nano/) }),
    );
    expect(() => createRouter({ deny: ['nobody/*'] })).toThrow(
      expect.objectContaining({ code: 'unknown_model' }),
    );
  });

  it('takes a policy and a verifier that are objects of the user’s own', () => {
    const policy = { name: 'mine', decide: () => ({}) as never };
    const verifier = { name: 'tests', verify: () => ({ pass: true }) };
    expect(validateConfig({ policy, verifier })).toEqual({ policy, verifier });
  });
});

describe('a router model on a server of one’s own', () => {
  const served = { baseUrl: 'http://127.0.0.1:9/v1', model: 'xrouter-7b' };

  it('is configured as data, its key from the environment', async () => {
    const router = createRouter({ policy: { served: { ...served, price: { usdPerGpuHour: 2 } } } });
    expect(router.parts.policy).toMatchObject({ name: 'served:xrouter-7b', multiTurn: true });
  });

  it('that cannot be reached leaves the decision to the fallback, which the decision says', async () => {
    const router = createRouter({ policy: { served }, pool: ['gpt-5', 'gpt-5-nano'] });
    const { decision } = await router.decide({ messages: [{ role: 'user', content: 'hi' }] });
    expect(decision.fallback).toMatch(/./);
    expect(decision.action.type).toBe('call');
  });

  it('with a key in the configuration is refused', () => {
    const config = { policy: { served: { ...served, apiKey: 'sk' } } };
    expect(() => validateConfig(config)).toThrow(/apiKey/);
  });
});

describe('a configuration file', () => {
  it('in JSON holds the configuration', async () => {
    expect(await loadConfig(file('a.json', '{"lambda": 2}'))).toEqual({ lambda: 2 });
    expect(await loadConfig(file('bom.json', '\uFEFF{"lambda": 2}'))).toEqual({ lambda: 2 });
  });

  it('in TypeScript or JavaScript exports it', async () => {
    expect(await loadConfig(file('b.ts', 'const lambda: number = 3; export default { lambda };'))).toEqual({
      lambda: 3,
    });
    expect(await loadConfig(file('b.mjs', 'export default { lambda: 4 };'))).toEqual({ lambda: 4 });
  });

  it('that is broken says where and what to do', async () => {
    const latin1 = Buffer.from('{\n"pool": ["modèle"]}', 'latin1');
    await expect(loadConfig(file('l.json', latin1))).rejects.toMatchObject({
      code: 'invalid_file',
      message: expect.stringMatching(/l\.json, line 2: it is not in UTF-8/),
    });
    await expect(loadConfig(file('c.json', '{"lambda": 2,}'))).rejects.toMatchObject({
      code: 'invalid_config',
      message: /c\.json is not valid JSON: .*line 1|position/,
    });
    await expect(loadConfig(file('c.mjs', 'export default {'))).rejects.toMatchObject({
      message: /c\.mjs cannot be loaded/,
    });
    await expect(loadConfig(file('d.mjs', 'export const lambda = 1;'))).rejects.toMatchObject({
      message: /no default export/,
    });
    await expect(loadConfig(file('e.json', '{"lamda": 2}'))).rejects.toMatchObject({
      message: /`lamda` in e\.json/,
    });
    await expect(loadConfig(join(folder, 'none.json'))).rejects.toMatchObject({
      message: /There is no configuration file/,
    });
  });

  it('is found in a folder by its name', () => {
    expect(findConfigFile(folder)).toBeUndefined();
    const path = file('xrouter.config.json', '{}');
    expect(findConfigFile(folder)).toBe(path);
  });
});

describe('prices of models that the catalog lacks', () => {
  it('are looked up before the first decision, with their source', async () => {
    const router = createRouter({ bundled: false, models: [{ id: 'openai/gpt-4-turbo' }] });
    const { decision } = await router.decide({ messages: [{ role: 'user', content: 'hi' }] });
    expect(decision.estimates[0]?.costUsd).toBeGreaterThan(0);
    expect(router.catalog.get('gpt-4-turbo').price?.provenance.name).toMatch(/genai-prices/);
  });
});

describe('a model of one’s own as code', () => {
  it('is called through its provider object, and may have a price that changes', async () => {
    const via = {
      id: 'mine',
      async *call() {
        yield { type: 'delta' as const, delta: { content: 'from code' } };
        yield {
          type: 'finish' as const,
          finishReason: 'stop',
          usage: { inputTokens: 1_000_000, outputTokens: 0 },
        };
      },
    };
    const provenance = { source: 'user', name: 'contract', asOf: '2026-01-01' } as const;
    const old = { prices: { inputUsdPerMTok: 9, outputUsdPerMTok: 9 }, until: '2026-01-01' };
    const now = { prices: { inputUsdPerMTok: 2, outputUsdPerMTok: 9 } };
    const models = [{ id: 'mine/model', via, price: { periods: [old, now], provenance } }];
    const router = createRouter({ bundled: false, models });
    const { text, cost } = await router.route({ messages: [{ role: 'user', content: 'hi' }] });
    expect({ text, cost }).toEqual({ text: 'from code', cost: { usd: 2, provenance } });
  });
});

describe('a pool', () => {
  it('may name all models of a provider, and a deny list takes some away', async () => {
    const router = createRouter({ pool: ['mistral/*', 'gpt-5-nano'], deny: ['mistral-large-2512'] });
    const { decision, refusals } = await router.decide({ messages: [{ role: 'user', content: 'hi' }] });
    const models = decision.estimates.map(({ model }) => model);
    expect(models).toContain('openai/gpt-5-nano');
    expect(models.filter((model) => model.startsWith('mistral/')).length).toBeGreaterThan(2);
    expect(refusals).toMatchObject([{ model: 'mistral/mistral-large-2512', code: 'denied' }]);
  });
});
