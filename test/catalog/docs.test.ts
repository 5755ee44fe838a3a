import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { catalogConfigSchema } from '../../src/catalog/config.ts';
import { createCatalog, PROVIDERS } from '../../src/catalog/index.ts';

const text = await readFile(new URL('../../docs/catalog.md', import.meta.url), 'utf8');

function snippet(language: string): string {
  return new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(text)?.[1] ?? '';
}

describe('docs/catalog.md', () => {
  it('shows a configuration that is valid and works', () => {
    const { pricesUrl: _, ...options } = catalogConfigSchema.parse(JSON.parse(snippet('json')));
    const catalog = createCatalog(options);
    expect(catalog.get('local').id).toBe('ollama/qwen3:8b');
    expect(catalog.usable({ ACME_TOKEN: 't' }).usable.map(({ id }) => id)).toEqual([
      'acme/large',
      'ollama/qwen3:8b',
    ]);
  });

  it('shows a program that runs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'docs-'));
    try {
      const program = join(folder, 'program.ts');
      const catalog = new URL('../../src/catalog/index.ts', import.meta.url).href;
      await writeFile(program, snippet('ts').replace("'xrouter'", `'${catalog}'`));
      const env = { ...process.env, OPENAI_API_KEY: 'k', MOONSHOT_API_KEY: '', KIMI_API_KEY: '' };
      const { stdout } = await promisify(execFile)(process.execPath, [program], { env });
      expect(stdout.split('\n').slice(0, 3)).toEqual([
        'openai/gpt-5 0.02 user usable',
        'openai/o1 0.21 bundled usable',
        'moonshot/kimi-k3 0.045 bundled Set MOONSHOT_API_KEY or KIMI_API_KEY.',
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('lists every provider with its key variables', () => {
    const rows = PROVIDERS.map(({ id, name, keyVariables, local, keyless }) => {
      const keys = keyVariables.map((variable) => `\`${variable}\``).join(' or ');
      const note = local ? ' (your own machine; key optional)' : keyless ? ' (optional)' : '';
      return `| \`${id}\` (${name}) | ${keys}${note} |`;
    });
    // The formatter pads the columns.
    const lines = text.split('\n').map((line) => line.replace(/ +/g, ' '));
    const table = lines.slice(lines.indexOf('| id | key variable |') + 2).filter((line) => line !== '');
    expect(table).toEqual(rows);
  });
});
