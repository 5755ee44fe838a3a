/** A small outcome table with every difficulty, and its pool file. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const MODELS = ['lab/tiny', 'lab/small', 'lab/medium', 'lab/large', 'lab/huge'];
const PRICES = [0.05, 0.2, 1, 3, 10];

/** Prompt n is solved by all candidates from number `n % 6` on: none of them at 5. */
export function tableRows(count: number): object[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `row-${n}`,
    task: n % 2 === 0 ? 'math' : 'code',
    prompt: `Question ${n}: "café" \${x} {{y}} 🚂?`,
    outcomes: Object.fromEntries(
      MODELS.map((model, i) => [
        model,
        {
          score: i >= n % 6 ? 1 : 0,
          cost: (PRICES[i]! * (100 + n)) / 1e6,
          input_tokens: 100,
          output_tokens: n,
        },
      ]),
    ),
  }));
}

export const POOL = {
  models: MODELS.map((id, i) => ({ id, inputUsdPerMTok: PRICES[i], outputUsdPerMTok: 4 * PRICES[i]! })),
};

export async function files(rows: object[] | string, pool: object = POOL) {
  const folder = await mkdtemp(join(tmpdir(), 'verl-'));
  const [table, catalog] = [join(folder, 'table.jsonl'), join(folder, 'pool.json')];
  const lines = typeof rows === 'string' ? rows : rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  await writeFile(table, lines);
  await writeFile(catalog, JSON.stringify(pool));
  return { folder, table, catalog, out: join(folder, 'out') };
}
