/** Hashing of words into buckets: FNV-1a over UTF-16 units, then a mix, 32-bit integers throughout. */

/** Size of the hashed vocabulary; a power of two. */
export const HASH_BUCKETS = 8192;

export const HASH_SEED = 0x811c9dc5;
const HASH_PRIME = 0x01000193;
const TRIPLE_SALT = 0x5bd1e995;

export function hashNext(hash: number, code: number): number {
  return Math.imul(hash ^ code, HASH_PRIME);
}

export function hashTriple(first: number, second: number, third: number): number {
  return (Math.imul((first << 14) ^ (second << 7) ^ third, HASH_PRIME) ^ TRIPLE_SALT) | 0;
}

/** Hash of a lower-case word, as the reader comes to it letter by letter. */
export function hashWord(word: string): number {
  let hash = HASH_SEED;
  for (let i = 0; i < word.length; i++) hash = hashNext(hash, word.charCodeAt(i));
  return hash;
}

/** Mixes the high bits down, since the bucket is taken from the low ones. */
export function bucketOf(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) & (HASH_BUCKETS - 1);
}
