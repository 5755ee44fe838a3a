/**
 * The leading right singular vectors of a matrix of prompts, by subspace iteration (Halko, Martinsson and Tropp 2011,
 * algorithm 4.4). The matrix is never held whole: it is known by what it makes of others.
 */
import { eigenSymmetric, gram, type Matrix, matrix, orthonormalise, rowOf } from './linear-algebra.ts';
import type { Random } from './random.ts';

/** A matrix X, prompts × inputs. */
export interface PromptMatrix {
  inputs: number;
  /** X·basis, for inputs × any number. */
  times(basis: Matrix): Matrix;
  /** Xᵀ·projected, for prompts × any number. */
  transposedTimes(projected: Matrix): Matrix;
}

const OVERSAMPLING = 10;
const ITERATIONS = 4;

/** @returns inputs × dimensions */
export function leadingDirections(prompts: PromptMatrix, dimensions: number, random: Random): Matrix {
  const { inputs } = prompts;
  const width = Math.min(inputs, dimensions + OVERSAMPLING);
  let basis = matrix(inputs, width);
  for (let i = 0; i < basis.data.length; i++) basis.data[i] = random.next() - 0.5;
  let projected = prompts.times(basis);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    basis = prompts.transposedTimes(projected);
    orthonormalise(basis);
    projected = prompts.times(basis);
  }
  const { vectors } = eigenSymmetric(gram(projected));
  const out = matrix(inputs, dimensions);
  for (let k = 0; k < inputs; k++) {
    const from = rowOf(basis, k);
    const to = rowOf(out, k);
    for (let d = 0; d < dimensions; d++) {
      const direction = rowOf(vectors, d);
      let sum = 0;
      for (let w = 0; w < width; w++) sum += from[w]! * direction[w]!;
      to[d] = sum;
    }
  }
  return out;
}
