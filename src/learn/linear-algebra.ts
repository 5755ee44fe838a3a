/** The little linear algebra that training needs. Dense matrices are row-major Float64Arrays. */

export interface Matrix {
  rows: number;
  columns: number;
  data: Float64Array;
}

export function matrix(rows: number, columns: number): Matrix {
  return { rows, columns, data: new Float64Array(rows * columns) };
}

/** One row of a matrix, as a view. */
export function rowOf(m: Matrix, row: number): Float64Array {
  return m.data.subarray(row * m.columns, (row + 1) * m.columns);
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Mean of each column. */
export function columnMeans(m: Matrix): Float64Array {
  const mean = new Float64Array(m.columns);
  for (let i = 0; i < m.rows; i++) {
    for (let j = 0; j < m.columns; j++) mean[j]! += m.data[i * m.columns + j]!;
  }
  for (let j = 0; j < m.columns; j++) mean[j]! /= Math.max(1, m.rows);
  return mean;
}

/** aᵀ·a, symmetric, columns × columns. */
export function gram(a: Matrix): Matrix {
  const out = matrix(a.columns, a.columns);
  for (let i = 0; i < a.rows; i++) {
    const row = rowOf(a, i);
    for (let j = 0; j < a.columns; j++) {
      const value = row[j]!;
      if (value === 0) continue;
      const base = j * a.columns;
      for (let k = j; k < a.columns; k++) out.data[base + k]! += value * row[k]!;
    }
  }
  for (let j = 0; j < a.columns; j++) {
    for (let k = 0; k < j; k++) out.data[j * a.columns + k] = out.data[k * a.columns + j]!;
  }
  return out;
}

export function multiply(a: Matrix, b: Matrix): Matrix {
  const out = matrix(a.rows, b.columns);
  for (let i = 0; i < a.rows; i++) {
    const target = rowOf(out, i);
    for (let k = 0; k < a.columns; k++) {
      const value = a.data[i * a.columns + k]!;
      if (value === 0) continue;
      const base = k * b.columns;
      for (let j = 0; j < b.columns; j++) target[j]! += value * b.data[base + j]!;
    }
  }
  return out;
}

/**
 * Makes the columns orthonormal in place (zero where one depends on those before it), by modified Gram-Schmidt run
 * twice: once is not enough when they nearly depend on each other (Giraud, Langou and Rozložník 2005). Columns are
 * copied side by side first, since strided reads dominate otherwise.
 */
export function orthonormalise(m: Matrix): void {
  const { rows, columns, data } = m;
  const turned = new Float64Array(data.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j]!;
  for (let j = 0; j < columns; j++) {
    const column = turned.subarray(j * rows, (j + 1) * rows);
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < j; k++) {
        const other = turned.subarray(k * rows, (k + 1) * rows);
        const projection = dot(column, other);
        for (let i = 0; i < rows; i++) column[i]! -= projection * other[i]!;
      }
    }
    const norm = Math.sqrt(dot(column, column));
    const scale = norm > 1e-10 ? 1 / norm : 0;
    for (let i = 0; i < rows; i++) column[i]! *= scale;
  }
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) data[i * columns + j] = turned[j * rows + i]!;
}

/**
 * Eigenvalues, largest first, and eigenvectors (rows) of a symmetric matrix, by cyclic Jacobi rotations
 * (Golub and Van Loan, Matrix Computations, 8.5). Each vector's largest entry is positive, so that the
 * result does not depend on the order of rotations.
 */
export function eigenSymmetric(symmetric: Matrix): { values: Float64Array; vectors: Matrix } {
  const n = symmetric.rows;
  const a = Float64Array.from(symmetric.data);
  const v = matrix(n, n).data;
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    let total = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        total += a[i * n + j]! ** 2;
        if (i !== j) off += a[i * n + j]! ** 2;
      }
    }
    if (off <= 1e-22 * total) break;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        const apq = a[p * n + q]!;
        if (Math.abs(apq) < 1e-300) continue;
        const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * apq);
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const cosine = 1 / Math.sqrt(t * t + 1);
        const sine = t * cosine;
        for (let k = 0; k < n; k++) {
          const akp = a[k * n + p]!;
          const akq = a[k * n + q]!;
          a[k * n + p] = cosine * akp - sine * akq;
          a[k * n + q] = sine * akp + cosine * akq;
        }
        for (let k = 0; k < n; k++) {
          const apk = a[p * n + k]!;
          const aqk = a[q * n + k]!;
          a[p * n + k] = cosine * apk - sine * aqk;
          a[q * n + k] = sine * apk + cosine * aqk;
          const vpk = v[p * n + k]!;
          const vqk = v[q * n + k]!;
          v[p * n + k] = cosine * vpk - sine * vqk;
          v[q * n + k] = sine * vpk + cosine * vqk;
        }
      }
    }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j]! - a[i * n + i]!);
  const values = new Float64Array(n);
  const vectors = matrix(n, n);
  order.forEach((from, to) => {
    values[to] = a[from * n + from]!;
    const source = v.subarray(from * n, from * n + n);
    let largest = 0;
    for (let k = 0; k < n; k++) if (Math.abs(source[k]!) > Math.abs(source[largest]!) + 1e-12) largest = k;
    const sign = source[largest]! < 0 ? -1 : 1;
    for (let k = 0; k < n; k++) vectors.data[to * n + k] = source[k]! * sign;
  });
  return { values, vectors };
}

/** Solves a·x = b for every column of b; a is symmetric and positive definite (Cholesky). */
export function solvePositive(a: Matrix, b: Matrix): Matrix {
  const n = a.rows;
  const l = Float64Array.from(a.data);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = l[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!;
      if (i === j) {
        if (!(sum > 0)) throw new RangeError('The matrix is not positive definite.');
        l[j * n + j] = Math.sqrt(sum);
      } else {
        l[i * n + j] = sum / l[j * n + j]!;
      }
    }
  }
  const x: Matrix = { rows: n, columns: b.columns, data: Float64Array.from(b.data) };
  const { columns, data } = x;
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) {
      const factor = l[i * n + k]!;
      for (let c = 0; c < columns; c++) data[i * columns + c]! -= factor * data[k * columns + c]!;
    }
    for (let c = 0; c < columns; c++) data[i * columns + c]! /= l[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) {
      const factor = l[k * n + i]!;
      for (let c = 0; c < columns; c++) data[i * columns + c]! -= factor * data[k * columns + c]!;
    }
    for (let c = 0; c < columns; c++) data[i * columns + c]! /= l[i * n + i]!;
  }
  return x;
}
