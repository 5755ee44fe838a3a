/** A solver answers one family of prompts exactly, tells how hard each is, and makes up new ones. */
import type { Random } from '../random.ts';
import type { Kind } from '../skill.ts';

export interface Solved {
  answer: string;
  /** 0 trivial .. 1 beyond every model; grows with the sizes in the prompt. */
  difficulty: number;
  kind: Kind;
  /** Answers that a model would give by a typical slip; one that equals the answer is passed over. */
  slips?: string[];
}

export interface Solver {
  name: string;
  /** `undefined` where the prompt is none of this family. */
  solve(prompt: string): Solved | undefined;
  /** A prompt of this family that is about as hard as asked, 0..1. */
  make(random: Random, difficulty: number): string;
}

/** Difficulty of a size: 0.08 at `small`, 0.92 at `large`, logarithmic between. */
export function difficultyOf(size: number, small: number, large: number): number {
  const share = (Math.log(Math.max(size, 1e-9)) - Math.log(small)) / (Math.log(large) - Math.log(small));
  return Math.min(0.97, Math.max(0.03, 0.08 + 0.84 * share));
}

/** The size that has this difficulty; the inverse of `difficultyOf`. */
export function sizeOf(difficulty: number, small: number, large: number): number {
  const share = Math.min(1, Math.max(0, (difficulty - 0.08) / 0.84));
  return Math.exp(Math.log(small) + share * (Math.log(large) - Math.log(small)));
}

/** At most six decimals, no trailing zeros. */
export function plainNumber(value: number): string {
  return String(Number(value.toFixed(6)));
}
