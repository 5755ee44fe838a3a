/**
 * Writes src/catalog/prices.generated.json from the installed @pydantic/genai-prices, so that starting up
 * reads 40 kB of JSON instead of importing 830 kB of JavaScript. Run by `npm run catalog:prices` after the
 * package or a model file changed. `--as-of YYYY-MM-DD`: the release date of the package's version; may be
 * left out while the version stays the same.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { MODEL_ROWS, offersOf, splitId } from '../src/catalog/bundled.ts';
import type { PricePeriod } from '../src/catalog/candidate.ts';
import { GENAI_PRICES, loadGenaiPrices, lookUpPeriods, priceName } from '../src/catalog/genai-prices.ts';

const FILE = new URL('../src/catalog/prices.generated.json', import.meta.url);

export interface GeneratedPrices {
  name: string;
  asOf: string;
  models: Record<string, PricePeriod[]>;
}

/** Version of the installed package; its export map hides package.json, so the file is found beside its entry. */
export function installedVersion(): string {
  const entry = createRequire(import.meta.url).resolve(GENAI_PRICES);
  const text = readFileSync(new URL('../package.json', `file://${entry}`), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** @throws Error that names the offers without a price */
export async function generatePrices(asOf: string): Promise<GeneratedPrices> {
  const genai = await loadGenaiPrices();
  const models: Record<string, PricePeriod[]> = {};
  const missing: string[] = [];
  for (const offer of MODEL_ROWS.flatMap(offersOf)) {
    const [provider, name] = splitId(offer.id);
    const periods = lookUpPeriods(genai, offer.priceOf ?? priceName(provider, offer.model ?? name));
    if (periods) models[offer.id] = periods;
    else missing.push(offer.id);
  }
  if (missing.length > 0) throw new Error(`No price in ${GENAI_PRICES} for ${missing.join(', ')}.`);
  return { name: `${GENAI_PRICES} ${installedVersion()}`, asOf, models };
}

/** One line a model, so that a change of price is a change of one line. */
export function formatPrices({ name, asOf, models }: GeneratedPrices): string {
  const lines = Object.entries(models).map(
    ([id, periods]) => `    ${JSON.stringify(id)}: ${JSON.stringify(periods)}`,
  );
  return `{\n  "name": ${JSON.stringify(name)},\n  "asOf": ${JSON.stringify(asOf)},\n  "models": {\n${lines.join(',\n')}\n  }\n}\n`;
}

export function committedPrices(): GeneratedPrices {
  return JSON.parse(readFileSync(FILE, 'utf8')) as GeneratedPrices;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { 'as-of': { type: 'string' } } });
  const committed = committedPrices();
  const isSameVersion = committed.name === `${GENAI_PRICES} ${installedVersion()}`;
  const asOf = values['as-of'] ?? (isSameVersion ? committed.asOf : undefined);
  if (!asOf) throw new Error(`The version is new: give its release date with --as-of YYYY-MM-DD.`);
  const generated = await generatePrices(asOf);
  writeFileSync(FILE, formatPrices(generated));
  console.error(`${Object.keys(generated.models).length} prices from ${generated.name}, as of ${asOf}.`);
}

if (import.meta.main) await main();
