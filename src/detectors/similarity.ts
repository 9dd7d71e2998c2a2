/**
 * Cosine similarity of an image to every positive, which costs hardly more than the whitening that is made anyway.
 *
 * For unit vectors x and t, with the mean m and an orthonormal basis aₖ of the span of the positives' t - m,
 *
 *   x . t  =  (x - m) . (t - m) + x . m + m . (t - m)  =  Σₖ [aₖ . (x - m)] [aₖ . (t - m)] + x . m + m . (t - m)
 *
 * exactly, because t - m lies in that span. Whitening has projected x on the aₖ already, so r + 1 numbers a positive do instead of d.
 * Where positives do not lie in the span (some were only calibrated on), where it has all d directions, and where rows keep their lengths,
 * unit embeddings are kept.
 */
import { dot, type Matrix, matrix, type Rows, row, rowScales, unitRows, widen } from '../core/matrix.ts'
import { productsWithPanels } from '../core/panel-products.ts'
import { addPanel, type Panels, projectOnPanel, rowsInPanel, toPanels } from '../core/panels.ts'
import type { Whitened, WhiteningState } from './whitening.ts'

/** One of the two is null. */
export interface PositiveRows {
  /** The r projections of t - m on the axes and last m . (t - m), shape (n, r + 1). */
  readonly principal: Panels | null
  /** The positives' unit embeddings, shape (n, d), row-major. */
  readonly embeddings: Float32Array | null
}

/** Squared length of t - m outside of the span above which a positive does not count as inside. */
const outside = 1e-12

/** @param X embeddings of the positives, shape (n, d) */
export function describePositives(whitening: WhiteningState, X: Rows): PositiveRows {
  const { axes, mean } = whitening
  const asTheyAre = () => ({ principal: null, embeddings: unitEmbeddings(X) })
  if (axes.rows + 1 >= X.cols || X.factor !== undefined) return asTheyAre()
  const unit = unitRows(widen(X))
  for (let i = 0, at = 0; i < unit.rows; i++) for (let j = 0; j < unit.cols; j++, at++) unit.data[at]! -= mean[j]!
  const rows = matrix(X.rows, axes.rows + 1)
  let areInside = true
  productsWithPanels(unit, axes, (i, products) => {
    const x = row(unit, i)
    areInside &&= dot(x, x, x.length) - dot(products, products, axes.rows) <= outside
    const coordinates = row(rows, i)
    coordinates.set(products.subarray(0, axes.rows))
    coordinates[axes.rows] = dot(mean, x, x.length)
  })
  if (!areInside) return asTheyAre()
  return { principal: toPanels(rows), embeddings: null }
}

/** Each row divided by its Euclidean norm. */
function unitEmbeddings({ rows, cols, data }: Rows): Float32Array {
  const scales = rowScales({ rows, cols, data })
  const out = new Float32Array(data.length)
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < cols; j++, at++) out[at] = data[at]! * scales[i]!
  return out
}

/**
 * Cosine similarities of row i of X to each positive, length n, within rounding of [-1, 1]; 0 for a row of zeros.
 * @param whitened what `whiten(whitening, X)` returned
 */
export function cosineSimilarities(
  { principal, embeddings }: PositiveRows,
  whitening: WhiteningState,
  whitened: Whitened,
  X: Matrix,
  i: number,
): Float64Array {
  if (principal === null) return cosines(embeddings!, row(X, i))
  const query = row(whitened.principal, i).slice()
  const rank = query.length - 1
  for (let k = 0; k < rank; k++) query[k]! /= whitening.scales[k]!
  query[rank] = 1
  const out = new Float64Array(principal.rows)
  projectAll(query, principal, out)
  for (let p = 0; p < out.length; p++) out[p]! += whitened.withMean[i]!
  return out
}

/** The unit embedding of positive i, length d: what was kept, or m plus its coordinates along the axes. */
export function positiveEmbedding({ principal, embeddings }: PositiveRows, whitening: WhiteningState, i: number) {
  const { mean, axes, dim } = whitening
  if (principal === null) return Float64Array.from(embeddings!.subarray(i * dim, (i + 1) * dim))
  const out = mean.slice()
  const weights = new Float64Array(rowsInPanel)
  const at = (i >> 3) * principal.cols * rowsInPanel + (i & 7)
  for (let from = 0; from < axes.rows; from += rowsInPanel) {
    for (let q = 0; q < rowsInPanel; q++)
      weights[q] = from + q < axes.rows ? principal.data[at + (from + q) * rowsInPanel]! : 0
    addPanel(out, axes, from / rowsInPanel, weights)
  }
  return out
}

/** out[k] = x . row k, for all rows. */
function projectAll(x: Float64Array, panels: Panels, out: Float64Array): void {
  const products = new Float64Array(rowsInPanel)
  for (let from = 0; from < panels.rows; from += rowsInPanel) {
    projectOnPanel(x, panels, from / rowsInPanel, products)
    const to = Math.min(panels.rows, from + rowsInPanel)
    for (let k = from; k < to; k++) out[k] = products[k - from]!
  }
}

/** Of x with each unit row, four rows at a time so that each number of x is fetched once for four. */
function cosines(rows: Float32Array, x: Float64Array): Float64Array {
  const width = x.length
  const n = rows.length / width
  const length = Math.sqrt(dot(x, x, width))
  const scale = length > 0 ? 1 / length : 0
  const out = new Float64Array(n)
  let i = 0
  for (; i + 3 < n; i += 4) {
    let s0 = 0
    let s1 = 0
    let s2 = 0
    let s3 = 0
    let a = i * width
    for (let j = 0; j < width; j++, a++) {
      const value = x[j]!
      s0 += value * rows[a]!
      s1 += value * rows[a + width]!
      s2 += value * rows[a + 2 * width]!
      s3 += value * rows[a + 3 * width]!
    }
    out[i] = s0 * scale
    out[i + 1] = s1 * scale
    out[i + 2] = s2 * scale
    out[i + 3] = s3 * scale
  }
  for (; i < n; i++) for (let j = 0; j < width; j++) out[i]! += x[j]! * rows[i * width + j]! * scale
  return out
}
