import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completePrices, createCatalog, refreshPrices } from '../../src/catalog/index.ts';

const NEW_DATA = [
  {
    id: 'openai',
    name: 'OpenAI',
    api_pattern: 'https://api\\.openai\\.com',
    models: [
      { id: 'gpt-5', match: { equals: 'gpt-5' }, prices: { input_mtok: 7, output_mtok: 8 } },
      { id: 'gpt-5-mini', match: { equals: 'gpt-5-mini' }, prices: { input_mtok: 9, output_mtok: 10 } },
    ],
  },
];

let server: Server;
let url = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/data.json') response.end(JSON.stringify(NEW_DATA));
    else if (request.url === '/broken.json') response.end('{"not": "a list"}');
    else response.writeHead(503).end('busy');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe('completePrices', () => {
  it("finds a user's model in the installed data, at its own provider only", async () => {
    const catalog = createCatalog({
      providers: { acme: { baseUrl: 'https://acme.test/v1' } },
      models: [{ id: 'openai/o1' }, { id: 'acme/gpt-5' }, { id: 'mistral/unheard-of' }],
    });
    expect(catalog.get('openai/o1').price).toBeUndefined();
    const complete = await completePrices(catalog);
    const { price } = complete.get('openai/o1');
    expect(price?.periods[0]?.prices).toMatchObject({ inputUsdPerMTok: 15, outputUsdPerMTok: 60 });
    expect(price?.provenance.source).toBe('bundled');
    expect(complete.get('acme/gpt-5').price).toBeUndefined();
    expect(complete.get('mistral/unheard-of').price).toBeUndefined();
  });

  it('leaves a catalog alone that lacks none', async () => {
    const catalog = createCatalog();
    expect(await completePrices(catalog)).toBe(catalog);
  });
});

describe('refreshPrices', () => {
  it('takes new prices, but neither over the user nor from where there are none', async () => {
    const price = { inputUsdPerMTok: 1, outputUsdPerMTok: 2 };
    const catalog = createCatalog({ models: [{ id: 'openai/gpt-5-mini', price }] });
    const refreshed = await refreshPrices(catalog, { url: `${url}/data.json` });
    const gpt5 = refreshed.get('openai/gpt-5').price;
    expect(gpt5?.periods[0]?.prices).toEqual({ inputUsdPerMTok: 7, outputUsdPerMTok: 8 });
    expect(gpt5?.provenance).toMatchObject({ source: 'refreshed', name: expect.stringContaining(url) });
    expect(refreshed.get('openai/gpt-5-mini').price?.provenance.source).toBe('user');
    expect(refreshed.get('xai/grok-4.5').price?.provenance.source).toBe('bundled');
    expect(catalog.get('openai/gpt-5').price?.provenance.source).toBe('bundled');
    // What is looked up later comes from the same new data, and says so.
    const later = createCatalog({ bundled: false, models: [{ id: 'openai/gpt-5' }] });
    expect((await completePrices(later)).get('gpt-5').price?.provenance.source).toBe('refreshed');
  });

  it.each(['/none.json', '/broken.json'])(
    'that fails at %s says so and leaves the catalog good',
    async (path) => {
      const catalog = createCatalog();
      await expect(refreshPrices(catalog, { url: url + path })).rejects.toMatchObject({
        code: 'connection_failed',
        message: expect.stringContaining(url + path),
      });
      expect(catalog.get('openai/gpt-5').price?.provenance.source).toBe('bundled');
    },
  );
});
