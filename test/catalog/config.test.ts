import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogConfigSchema } from '../../src/catalog/config.ts';
import { createCatalog } from '../../src/catalog/index.ts';
import { parsePool, poolFromFile } from '../../src/catalog/pool.ts';

function problems(config: unknown): string[] {
  const parsed = catalogConfigSchema.safeParse(config);
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('the configuration of the catalog', () => {
  it('is taken by createCatalog as it stands', () => {
    const { pricesUrl, ...options } = catalogConfigSchema.parse({
      providers: {
        acme: { baseUrl: 'http://localhost:9000/v1', keyless: true, wire: { streamUsage: 'always' } },
      },
      models: [
        { id: 'acme/x', price: { inputUsdPerMTok: 1, outputUsdPerMTok: 2 }, input: ['text', 'image'] },
      ],
      deny: ['gpt-4o'],
      pricesUrl: 'https://prices.test/data.json',
    });
    const catalog = createCatalog(options);
    expect(pricesUrl).toBe('https://prices.test/data.json');
    expect(catalog.missing(catalog.get('acme/x'), {})).toBeUndefined();
    expect(catalog.provider('acme')?.wire.streamUsage).toBe('always');
    expect(catalog.provider('acme')?.wire.outputLimitField).toBe('max_tokens');
  });

  it.each([
    [{ modles: [] }, 'modles'],
    [{ models: [{ id: 'a/b', pirce: {} }] }, 'pirce'],
    [{ models: [{ id: 'b' }] }, 'models.0.id: must be "provider/model"'],
    [{ models: [{ id: 'a/b', price: { inputUsdPerMTok: -1, outputUsdPerMTok: 1 } }] }, 'inputUsdPerMTok'],
    [{ models: [{ id: 'a/b', price: { inputUsdPerMTok: 1 } }] }, 'outputUsdPerMTok'],
    [{ models: [{ id: 'a/b', benchmarks: { mmlu_pro: 120 } }] }, 'mmlu_pro'],
    [{ providers: { a: { baseUrl: 'localhost' } } }, 'providers.a.baseUrl'],
  ])('names the field that is wrong in %j', (config, field) => {
    expect(problems(config).join('\n')).toContain(field);
  });
});

const POOL = {
  models: [
    {
      id: 'big',
      inputUsdPerMTok: 3,
      outputUsdPerMTok: 15,
      contextTokens: 200_000,
      benchmarks: { mmlu_pro: 80 },
    },
    { id: 'acme/small', inputUsdPerMTok: 0.1, outputUsdPerMTok: 0.4, reasoning: true, note: 'let through' },
  ],
};

describe('a pool file', () => {
  it('gives candidates with its ids as they stand', () => {
    const [big, small] = parsePool(JSON.stringify(POOL), 'pool.json', new Date('2026-11-22'));
    expect(big).toMatchObject({
      id: 'big',
      model: 'big',
      contextTokens: 200_000,
      benchmarks: { mmlu_pro: { score: 80, source: 'pool.json' } },
      price: {
        periods: [{ prices: { inputUsdPerMTok: 3, outputUsdPerMTok: 15 } }],
        provenance: { source: 'user', name: 'pool.json', asOf: '2026-11-22' },
      },
    });
    expect(small).toMatchObject({ id: 'acme/small', provider: 'acme', model: 'small', reasoning: true });
  });

  it.each([
    ['{\n  "models": [\n    {"id": "x",}\n]}', 'line 3'],
    ['', 'not valid JSON'],
    ['[]', 'not a pool file'],
    ['{"models": []}', 'models'],
    ['{"models": [{"id": "x", "inputUsdPerMTok": 1}]}', 'models[0].outputUsdPerMTok'],
    ['{"models": [{"id": "x", "inputUsdPerMTok": "1", "outputUsdPerMTok": 1}]}', 'models[0].inputUsdPerMTok'],
    [JSON.stringify({ models: [POOL.models[0], POOL.models[0]] }), 'models[1].id "big" stands there twice'],
  ])('that is wrong says where: %s', (text, where) => {
    expect(() => parsePool(text, 'pool.json')).toThrow(
      expect.objectContaining({ code: 'invalid_file', message: expect.stringContaining(where) }),
    );
  });

  describe('on disk', () => {
    let folder = '';
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'pool-'));
    });
    afterAll(() => rm(folder, { recursive: true }));

    it('is read, and a missing one is an error that names it', async () => {
      const path = join(folder, 'mine.json');
      await writeFile(path, JSON.stringify(POOL));
      expect((await poolFromFile(path)).map(({ price }) => price?.provenance.name)).toEqual([
        'mine.json',
        'mine.json',
      ]);
      await expect(poolFromFile(join(folder, 'none.json'))).rejects.toMatchObject({
        code: 'invalid_file',
        message: expect.stringContaining('none.json'),
      });
    });

    it('is refused in another encoding, by its line', async () => {
      const path = join(folder, 'latin.json');
      const text = JSON.stringify({ models: [{ ...POOL.models[0], id: 'größer' }] }, null, 2);
      await writeFile(path, text, 'latin1');
      await expect(poolFromFile(path)).rejects.toMatchObject({
        code: 'invalid_file',
        message: `${path}, line 4: it is not in UTF-8.`,
      });
      await writeFile(path, text, 'utf16le');
      await expect(poolFromFile(path)).rejects.toThrow('is in UTF-16.');
    });
  });
});
