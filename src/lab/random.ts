/**
 * Everything the lab draws comes from a hash of what is asked, never from a running generator: so an answer
 * does not depend on which request arrived first.
 */

/** 32 bits of the text, from two multiplicative lanes with a final avalanche; `state` chains hashes. */
export function hashText(text: string, state = 0x811c9dc5): number {
  let hash = state;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return avalanche(hash);
}

/** One hash of several parts; the parts' borders count. */
export function hashOf(...parts: (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    hash =
      typeof part === 'number' ? avalanche(hash ^ Math.imul(part + 1, 0x9e3779b1)) : hashText(part, hash);
  }
  return hash;
}

/** A uniform number in [0, 1) that depends on the parts alone. */
export function unit(...parts: (string | number)[]): number {
  return hashOf(...parts) / 4294967296;
}

/** `length` hexadecimal digits that depend on the parts alone. */
export function hex(length: number, ...parts: (string | number)[]): string {
  let digits = '';
  for (let round = 0; digits.length < length; round++) {
    digits += hashOf(round, ...parts)
      .toString(16)
      .padStart(8, '0');
  }
  return digits.slice(0, length);
}

function avalanche(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A small generator for what is built in many draws, such as a task. */
export class Random {
  #state: number;

  constructor(...parts: (string | number)[]) {
    this.#state = hashOf(...parts);
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    return avalanche(this.#state) / 4294967296;
  }

  /** Integer, both ends inclusive. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)]!;
  }

  /** `count` different items, in drawn order. */
  sample<T>(items: readonly T[], count: number): T[] {
    const rest = [...items];
    const drawn: T[] = [];
    while (drawn.length < count && rest.length > 0) {
      drawn.push(...rest.splice(Math.floor(this.next() * rest.length), 1));
    }
    return drawn;
  }
}
