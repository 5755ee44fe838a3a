/** Ledger files that are gone after each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';

const folders: string[] = [];

/** A path where no ledger is yet, in a folder of its own. */
export function ledgerFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'xrouter-ledger-'));
  folders.push(folder);
  return join(folder, 'ledger.sqlite');
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
