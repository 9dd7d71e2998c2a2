/**
 * Inner products of whitened rows, from inner products of the rows themselves. With K = XXᵀ of the m centred fit rows,
 * a = (1 - δ) / m and b = δ μ (Ledoit and Wolf's shrinkage) they are
 *
 *   fit with fit   K (aK + bI)⁻¹,   other with fit   k (aK + bI)⁻¹,   other with itself   (x.x - a k (aK + bI)⁻¹ kᵀ) / b
 *
 * where k holds the inner products of the other row with the fit rows (the identity of Woodbury). So different splits of the same
 * rows need one matrix of products, and each split one factorisation of size m, whatever the width d.
 */
import { type Matrix, matrix } from '../core/matrix.ts'
import { ledoitWolf } from './ledoit-wolf.ts'

/** Largest ratio of shrunk eigenvalues for which an inverse, or a sum of inverses, is exact enough. */
export const largestRatio = 1e8

export interface CentredProducts {
  /** Of the fit rows with each other, shape (m, m). */
  readonly inner: Matrix
  /** Of the others with the fit rows, shape (others, m). */
  readonly rows: Matrix
  /** Of each of the others with itself. */
  readonly squared: Float64Array
}

/**
 * Inner products of rows that are centred by the mean of the fit rows, from those of all rows.
 * @param products of all rows with each other, shape (n, n)
 */
export function centredProducts(
  { rows: n, data }: Matrix,
  fit: readonly number[],
  others: readonly number[],
): CentredProducts {
  const m = fit.length
  const withMean = new Float64Array(n)
  for (let i = 0; i < n; i++) for (const j of fit) withMean[i]! += data[i * n + j]! / m
  let meanMean = 0
  for (const j of fit) meanMean += withMean[j]! / m
  const withFit = (indices: readonly number[]): Matrix => {
    const out = matrix(indices.length, m)
    indices.forEach((i, t) => {
      const shift = meanMean - withMean[i]!
      for (let q = 0; q < m; q++) {
        const j = fit[q]!
        out.data[t * m + q] = data[i * n + j]! - withMean[j]! + shift
      }
    })
    return out
  }
  const squared = Float64Array.from(others, (i) => data[i * n + i]! - withMean[i]! + (meanMean - withMean[i]!))
  return { inner: withFit(fit), rows: withFit(others), squared }
}

export interface ShrunkProducts extends CentredProducts {
  /** aK + bI, shape (m, m). */
  readonly shrunk: Matrix
  readonly a: number
  readonly b: number
}

/**
 * @param d width of the rows
 * @returns undefined where the inverse would not be exact enough
 * @throws IMAGES_IDENTICAL
 */
export function shrinkProducts(
  products: Matrix,
  fit: readonly number[],
  others: readonly number[],
  d: number,
): ShrunkProducts | undefined {
  const m = fit.length
  const centred = centredProducts(products, fit, others)
  const { inner } = centred
  const lengths = Float64Array.from({ length: m }, (_, p) => inner.data[p * (m + 1)]!)
  const { shrinkage, mu } = ledoitWolf(inner, lengths, d)
  const a = (1 - shrinkage) / m
  const b = shrinkage * mu
  const trace = lengths.reduce((sum, value) => sum + value, 0)
  if (!(a * trace < b * largestRatio)) return undefined
  const shrunk = matrix(
    m,
    m,
    inner.data.map((value) => a * value),
  )
  for (let p = 0; p < m; p++) shrunk.data[p * (m + 1)]! += b
  return { ...centred, shrunk, a, b }
}
