/** Where a configuration file is looked for; apart from `config.ts`, since validating takes time to load. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const FILE_NAMES = ['ts', 'js', 'mjs', 'json'].map((extension) => `xrouter.config.${extension}`);

/** The configuration file of a folder, if it has one. */
export function findConfigFile(folder = process.cwd()): string | undefined {
  return FILE_NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
}
