/** Names of tools as every provider takes them: up to 64 of `a-z A-Z 0-9 _ -`, a letter first. */
import { createHash } from 'node:crypto';
import type { Candidate } from '../../../src/index.ts';

const MOST_CHARS = 64;
const HASH_CHARS = 6;

/**
 * A name for each candidate: `call_` and its id, for example `call_openai_gpt_5_nano`. It depends on the id alone,
 * so that it stays the same in every pool; only where two of the pool would share one do both get a suffix.
 */
export function toolNames(candidates: readonly Candidate[]): string[] {
  const plain = candidates.map(({ id }) => nameOf(id));
  return plain.map((name, index) => {
    const shared = plain.some((other, position) => position !== index && other === name);
    return shared ? withHash(name, candidates[index]!.id) : name;
  });
}

function nameOf(id: string): string {
  const name = `call_${id.replace(/[^A-Za-z0-9]/g, '_')}`;
  return name.length <= MOST_CHARS ? name : withHash(name, id);
}

function withHash(name: string, id: string): string {
  const hash = createHash('sha256').update(id).digest('hex').slice(0, HASH_CHARS);
  return `${name.slice(0, MOST_CHARS - HASH_CHARS - 1)}_${hash}`;
}
