/** The model card speaks of the file that is shipped. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decodeWeights } from '../../src/learn/index.ts';

const root = join(import.meta.dirname, '../..');
const path = join(root, 'src/policy/embedded/weights.bin');
const card = readFileSync(join(root, 'docs/model-card.md'), 'utf8');

it('the shipped weights are whole, under 3 MB, and hold no correction, as the card says', () => {
  const weights = decodeWeights(readFileSync(path), path);
  expect(statSync(path).size).toBeLessThan(3_000_000);
  expect(weights.sequence).toBeDefined();
  expect(weights.sequence?.correction).toBeUndefined();
  expect(card).toContain('so the file holds none');
});
