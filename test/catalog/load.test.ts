import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const INDEX = new URL('../../src/catalog/index.ts', import.meta.url).href;

/** Packages that a program resolves while it runs, in a process of its own. */
async function packagesLoadedBy(program: string): Promise<string[]> {
  const watched = `
    import { registerHooks } from 'node:module';
    const seen = new Set();
    registerHooks({
      resolve(specifier, context, next) {
        if (!/^(node:|file:|\\.)/.test(specifier)) seen.add(specifier);
        return next(specifier, context);
      },
    });
    const catalog = await import('${INDEX}');
    ${program}
    console.log(JSON.stringify([...seen]));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', watched]);
  return JSON.parse(stdout);
}

it('loads neither price data nor zod to create a catalog and price a call', async () => {
  const program = `catalog.tokenPriceUsd(catalog.createCatalog().get('gpt-5'), 1000, 1000);`;
  expect(await packagesLoadedBy(program)).toEqual([]);
});

it('loads the price data once a model of the user has no price', async () => {
  const program = `await catalog.completePrices(catalog.createCatalog({ models: [{ id: 'openai/o1' }] }));`;
  expect(await packagesLoadedBy(program)).toEqual(['@pydantic/genai-prices']);
});
