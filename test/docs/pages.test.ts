/** Every program of the README and of these pages runs, against the lab, and prints what it says it prints. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogConfigSchema } from '../../src/catalog/config.ts';
import { createCatalog } from '../../src/index.ts';
import type { Lab } from '../../src/lab/index.ts';
import { createLab, labEnvironment } from '../../src/lab/index.ts';
import { programsOf, promisedBy, run } from '../support/programs.ts';

const root = join(import.meta.dirname, '../..');
const catalog = createCatalog();
let lab: Lab;
beforeAll(async () => {
  lab = await createLab({ candidates: catalog.candidates });
});
afterAll(() => lab.close());

const PAGES = ['README.md', 'docs/routing.md', 'docs/configuration.md', 'docs/learning-from-traffic.md'];

describe.each(PAGES)('%s', (page) => {
  const programs = programsOf(readFileSync(join(root, page), 'utf8'));

  it('has programs', () => expect(programs.length).toBeGreaterThan(0));

  it.each(programs.map((program, index) => [index + 1, program] as const))(
    'program %i',
    async (_, program) => {
      expect(await run(program, labEnvironment(lab, catalog.providers))).toEqual(promisedBy(program));
    },
  );
});

it('the configuration page has every option', () => {
  const page = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
  const optionsOf = (file: string, name: string) => {
    const source = readFileSync(join(root, 'src', file), 'utf8');
    const body = new RegExp(`export interface ${name}\\b[^{]*\\{(.*?)\\n\\}`, 's').exec(source)![1]!;
    return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map((match) => match[1]!);
  };
  const options = [
    ...optionsOf('router-config.ts', 'RouterConfig'),
    ...optionsOf('router-parts.ts', 'RouteDefaults'),
    ...Object.keys(catalogConfigSchema.shape),
  ];
  expect(options.length).toBeGreaterThan(20);
  expect(options.filter((option) => !page.includes(`\`${option}\``))).toEqual([]);
});

it('every link between pages leads somewhere', () => {
  const broken: string[] = [];
  for (const page of ['README.md', 'DESIGN.md', ...globSync('docs/*.md', { cwd: root })]) {
    const text = readFileSync(join(root, page), 'utf8');
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g)) {
      if (!existsSync(join(root, dirname(page), target!))) broken.push(`${page}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
});
