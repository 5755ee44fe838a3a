import { expect, test } from 'vitest';
import {
  eigenSymmetric,
  gram,
  type Matrix,
  matrix,
  multiply,
  orthonormalise,
  rowOf,
  solvePositive,
} from '../../src/learn/linear-algebra.ts';
import { Random } from '../../src/learn/random.ts';

function randomMatrix(rows: number, columns: number, random: Random): Matrix {
  const m = matrix(rows, columns);
  for (let k = 0; k < m.data.length; k++) m.data[k] = random.next() - 0.5;
  return m;
}

const random = new Random(4);

test('eigenvectors rebuild the matrix, and values fall', () => {
  const symmetric = gram(randomMatrix(30, 12, random));
  const { values, vectors } = eigenSymmetric(symmetric);
  const rebuilt = matrix(12, 12);
  for (let e = 0; e < 12; e++) {
    if (e > 0) expect(values[e]!).toBeLessThanOrEqual(values[e - 1]!);
    const v = rowOf(vectors, e);
    for (let i = 0; i < 12; i++)
      for (let j = 0; j < 12; j++) rebuilt.data[i * 12 + j]! += values[e]! * v[i]! * v[j]!;
  }
  rebuilt.data.forEach((value, k) => {
    expect(value).toBeCloseTo(symmetric.data[k]!, 9);
  });
});

test('a positive definite system is solved for every right side', () => {
  const a = gram(randomMatrix(20, 7, random));
  const b = randomMatrix(7, 3, random);
  const back = multiply(a, solvePositive(a, b));
  back.data.forEach((value, k) => {
    expect(value).toBeCloseTo(b.data[k]!, 9);
  });
  expect(() => solvePositive(matrix(2, 2), matrix(2, 1))).toThrow(RangeError);
});

test('columns become orthonormal even where they nearly depend on each other', () => {
  const m = randomMatrix(25, 5, random);
  for (let i = 0; i < 25; i++) m.data[i * 5 + 4] = m.data[i * 5]! + 1e-8 * m.data[i * 5 + 4]!;
  orthonormalise(m);
  const identity = gram(m);
  for (let i = 0; i < 5; i++)
    for (let j = 0; j < 5; j++) expect(identity.data[i * 5 + j]!).toBeCloseTo(i === j ? 1 : 0, 12);
});

test('random numbers repeat by seed and fill the range evenly', () => {
  const a = new Random(9);
  const b = new Random(9);
  const bins = new Float64Array(10);
  for (let i = 0; i < 20_000; i++) {
    const value = a.next();
    if (b.next() !== value) throw new Error(`draw ${i} differs`);
    bins[Math.floor(value * 10)]!++;
  }
  for (const filled of bins) expect(Math.abs(filled - 2000)).toBeLessThan(200);
  expect([...a.order(50)].sort((x, y) => x - y)).toEqual([...new Array(50).keys()]);
});
