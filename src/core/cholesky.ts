/** Linear systems with a symmetric positive definite matrix, by Cholesky's factorisation A = L Lᵀ. */
import { dot, type Matrix, matrix } from './matrix.ts'

/** L, lower triangular, shape (n, n). @throws RangeError when A is not positive definite */
export function cholesky(A: Matrix): Matrix {
  const n = A.rows
  const L = matrix(n, n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const rest = A.data[i * n + j]! - dot(L.data, L.data, j, i * n, j * n)
      if (i !== j) L.data[i * n + j] = rest / L.data[j * n + j]!
      else if (rest > 0) L.data[i * n + i] = Math.sqrt(rest)
      else throw new RangeError('The matrix is not positive definite.')
    }
  }
  return L
}

/** x with L x = b, so that x . x = b . A⁻¹ b. @param L as `cholesky` returns it */
export function solveLower(L: Matrix, b: Float64Array): Float64Array {
  const n = L.rows
  const x = b.slice()
  for (let i = 0; i < n; i++) x[i] = (x[i]! - dot(L.data, x, i, i * n)) / L.data[i * n + i]!
  return x
}

/** x with L Lᵀ x = b. @param L as `cholesky` returns it */
export function solveCholesky(L: Matrix, b: Float64Array): Float64Array {
  const n = L.rows
  const x = solveLower(L, b)
  for (let i = n - 1; i >= 0; i--) {
    x[i]! /= L.data[i * n + i]!
    for (let j = 0; j < i; j++) x[j]! -= L.data[i * n + j]! * x[i]!
  }
  return x
}
