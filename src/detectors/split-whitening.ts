/**
 * Symmetric whitening z = Σ^(-1/2) (x - mean) of some rows by others, again and again for different splits of the same rows. What
 * `fitWhitening` does with eigenvectors needs none here: Σ^(-1/2) is a short sum of inverses (`core/inverse-root.ts`), which
 * a tridiagonal form makes cheap. With fewer rows than columns this works on the inner products of the rows, and a whitened row is
 * a sum of training rows; otherwise on the covariance. Equal to the eigenvectors' result within 1e-9 of a row's length.
 */
import { inverseRootFractions } from '../core/inverse-root.ts'
import {
  centredUnitRows,
  columnMeans,
  type Matrix,
  matrix,
  row,
  squaredLengths,
  subtractFromRows,
  takeRows,
} from '../core/matrix.ts'
import { gram, gramOfColumns, times } from '../core/products.ts'
import { roomFor } from '../core/simd/workspace.ts'
import { applyTerms, reflectRows, roomForTerms, strideFor, type Term, tridiagonalise } from '../core/tridiagonal.ts'
import { ledoitWolf, type Shrinkage } from './ledoit-wolf.ts'
import { centredProducts, largestRatio } from './shrunk-products.ts'
import { applySymmetricWhitening, fitWhitening } from './whitening.ts'

/** Indices of rows to fit on and of rows to whiten; the result has shape (targets, d). */
export type SplitWhitening = (fit: readonly number[], targets: readonly number[]) => Matrix

/** What `applySymmetricWhitening(fitWhitening(fit rows), target rows)` returns. @throws IMAGES_IDENTICAL */
export function splitWhitening(X: Matrix): SplitWhitening {
  // whitening does not depend on where zero lies: near the rows, differences of products lose least
  const { centred: unit } = centredUnitRows(X)
  const split = X.rows > X.cols ? byCovariance(unit) : byProducts(unit)
  return (fit, targets) =>
    split(fit, targets) ?? applySymmetricWhitening(fitWhitening(takeRows(X, fit)), takeRows(X, targets))
}

/** Returns undefined where only eigenvectors will do. */
type Split = (fit: readonly number[], targets: readonly number[]) => Matrix | undefined

function byProducts(unit: Matrix): Split {
  const products = gram(unit)
  const { cols: d } = unit
  return (fit, targets) => {
    const m = fit.length
    const { inner, rows: toFit } = centredProducts(products, fit, targets)
    const lengths = Float64Array.from({ length: m }, (_, p) => inner.data[p * m + p]!)
    const shrinkage = ledoitWolf(inner, lengths, d)
    const residualScale = 1 / Math.sqrt(shrinkage.shrinkage * shrinkage.mu)
    // Σ^(-1/2) x = residualScale x + Xᵀ f(XXᵀ) X x with f(λ) = (s(λ) - s(0)) / λ, and s(λ) the scale of an eigenvector
    const weights = applyFunction(inner, shrinkage, toFit, ({ shift, weight }, slope) => ({
      shift,
      weight: (-slope * weight) / shift,
    }))
    if (!weights) return undefined
    const ofFit = takeRows(unit, fit)
    const mean = columnMeans(ofFit)
    const out = times(weights, ofFit)
    targets.forEach((i, t) => {
      const total = row(weights, t).reduce((sum, weight) => sum + weight, residualScale)
      const z = row(out, t)
      const x = row(unit, i)
      for (let j = 0; j < d; j++) z[j]! += residualScale * x[j]! - total * mean[j]!
    })
    return out
  }
}

function byCovariance(unit: Matrix): Split {
  const { rows: n, cols: d } = unit
  const sumOfSquares = (rows: readonly number[]) => gramOfColumns(takeRows(unit, rows))
  const everyRow = gramOfColumns(unit)
  return (fit, targets) => {
    const m = fit.length
    const inside = new Set(fit)
    const outside = Array.from({ length: n }, (_, i) => i).filter((i) => !inside.has(i))
    // the smaller part is multiplied anew
    const covariance = sumOfSquares(outside.length < m && inside.size === m ? outside : fit)
    if (outside.length < m && inside.size === m) {
      for (let k = 0; k < d * d; k++) covariance.data[k] = everyRow.data[k]! - covariance.data[k]!
    }
    const rows = takeRows(unit, fit)
    const mean = columnMeans(rows)
    for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) covariance.data[i * d + j]! -= m * mean[i]! * mean[j]!
    subtractFromRows(rows, mean)
    const centred = takeRows(unit, targets)
    subtractFromRows(centred, mean)
    return applyFunction(covariance, ledoitWolf(covariance, squaredLengths(rows), d), centred, (term) => term)
  }
}

/**
 * Each row of `rows` times Σ term(slope A + shift), where slope λ + (δ μ) is the shrunk eigenvalue that belongs to λ of A.
 * @param termOf makes what is summed of a fraction of the inverse square root
 */
function applyFunction(
  A: Matrix,
  { shrinkage, mu, n }: Shrinkage,
  rows: Matrix,
  termOf: (fraction: Term, slope: number) => Term,
): Matrix | undefined {
  const size = A.rows
  const slope = (1 - shrinkage) / n
  const low = shrinkage * mu
  const stride = strideFor(size)
  const room = roomFor((rows.rows + 4) * stride)
  const T = tridiagonalise(A, 2 * room + roomForTerms(size))
  let largest = 0
  for (let i = 0; i < size; i++) {
    largest = Math.max(largest, T.d[i]! + Math.abs(T.e[i]!) + Math.abs(T.e[i + 1] ?? 0))
  }
  const high = low + slope * largest
  if (!(high < low * largestRatio)) return undefined
  const terms = inverseRootFractions(low, high).map(({ pole, weight }) => termOf({ shift: low + pole, weight }, slope))
  const y = T.space.take((rows.rows + 4) * stride)
  const out = T.space.take((rows.rows + 4) * stride)
  for (let i = 0; i < rows.rows; i++) y.set(row(rows, i), i * stride)
  reflectRows(T, y, rows.rows, 'into')
  applyTerms(T, slope, terms, y, out, rows.rows)
  reflectRows(T, out, rows.rows, 'back')
  const result = matrix(rows.rows, size)
  for (let i = 0; i < rows.rows; i++) row(result, i).set(out.subarray(i * stride, i * stride + size))
  return result
}
