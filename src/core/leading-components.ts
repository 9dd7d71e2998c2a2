/**
 * The first principal components of many rows, by orthogonal iteration: the full decomposition of `eigen.ts` takes minutes where
 * thousands of rows need only two axes. Deterministic by its seed.
 */
import { symmetricEigen } from './eigen.ts'
import { columnMeans, dot, type Matrix, matrix, row } from './matrix.ts'
import type { Random } from './random.ts'

const spare = 4
const rounds = 50

/**
 * @param X shape (n, d)
 * @returns scores of each row on the `count` leading axes, shape (n, count); each axis has the sign that makes its largest score positive
 */
export function leadingComponents(X: Matrix, count: number, random: Random): Matrix {
  const { rows: n, cols: d } = X
  const centred = matrix(n, d, X.data.slice())
  const mean = columnMeans(X)
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) centred.data[i * d + j]! -= mean[j]!
  const width = Math.min(count + spare, n, d)
  let axes = orthonormal(
    matrix(
      width,
      d,
      Float64Array.from({ length: width * d }, () => random.normal()),
    ),
  )
  for (let round = 0; round < rounds; round++) axes = orthonormal(combine(project(centred, axes), centred))
  // within the subspace that was found, the components themselves
  const scores = project(centred, axes)
  const inner = matrix(width, width)
  for (let p = 0; p < width; p++)
    for (let q = 0; q < width; q++)
      for (let i = 0; i < n; i++)
        inner.data[p * width + q]! += scores.data[i * width + p]! * scores.data[i * width + q]!
  const { vectors } = symmetricEigen(inner)
  const out = matrix(n, count)
  for (let c = 0; c < Math.min(count, width); c++) {
    const weights = row(vectors, width - 1 - c)
    let peak = 0
    for (let i = 0; i < n; i++) {
      const value = dot(scores.data, weights, width, i * width, 0)
      out.data[i * count + c] = value
      if (Math.abs(value) > Math.abs(peak)) peak = value
    }
    if (peak < 0) for (let i = 0; i < n; i++) out.data[i * count + c]! *= -1
  }
  return out
}

/** Each row of X on each axis, shape (n, width). */
function project(X: Matrix, axes: Matrix): Matrix {
  const out = matrix(X.rows, axes.rows)
  for (let i = 0; i < X.rows; i++)
    for (let p = 0; p < axes.rows; p++)
      out.data[i * axes.rows + p] = dot(X.data, axes.data, X.cols, i * X.cols, p * X.cols)
  return out
}

/** For each column of the scores the sum of X's rows weighted by it, shape (width, d). */
function combine(scores: Matrix, X: Matrix): Matrix {
  const out = matrix(scores.cols, X.cols)
  for (let i = 0; i < X.rows; i++) {
    const x = row(X, i)
    for (let p = 0; p < scores.cols; p++) {
      const weight = scores.data[i * scores.cols + p]!
      const axis = row(out, p)
      for (let j = 0; j < x.length; j++) axis[j]! += weight * x[j]!
    }
  }
  return out
}

/** Gram and Schmidt, in place; an axis that depends on the others becomes zero. */
function orthonormal(axes: Matrix): Matrix {
  for (let p = 0; p < axes.rows; p++) {
    const axis = row(axes, p)
    const before = Math.sqrt(dot(axis, axis, axis.length))
    for (let pass = 0; pass < 2; pass++) {
      for (let q = 0; q < p; q++) {
        const other = row(axes, q)
        const share = dot(axis, other, axis.length)
        for (let j = 0; j < axis.length; j++) axis[j]! -= share * other[j]!
      }
    }
    const norm = Math.sqrt(dot(axis, axis, axis.length))
    const scale = norm > 1e-12 * before ? 1 / norm : 0
    for (let j = 0; j < axis.length; j++) axis[j]! *= scale
  }
  return axes
}
