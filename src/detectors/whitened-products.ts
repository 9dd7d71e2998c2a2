/**
 * Inner products of rows that some of them whiten, with the shrinkage that is right where one of these is left out again (`left-out.ts`).
 * No whitened rows and no axes are made where an inverse does.
 */
import {
  centredUnitRows,
  columnMeans,
  dot,
  type Matrix,
  matrix,
  row,
  squaredLengths,
  subtractFromRows,
  takeRows,
} from '../core/matrix.ts'
import { productsWithPanels } from '../core/panel-products.ts'
import { type Panels, toPanels } from '../core/panels.ts'
import { gram, gramOfColumns, symmetricInverse, timesTransposed } from '../core/products.ts'
import { ledoitWolf } from './ledoit-wolf.ts'
import { largestRatio, shrinkProducts } from './shrunk-products.ts'
import { splitWhitening } from './split-whitening.ts'

/** Inner products of whitened rows. */
export interface Whitened {
  /** (1 - δ) / m: the covariance is aXᵀX + bI. */
  readonly a: number
  /** Of any two rows of which the second is learnt from, or of one with itself. */
  product(i: number, j: number): number
  /** Of a row with each that is learnt from, in their order; length m. */
  productsOf(i: number): Float64Array
}

/** By the inner products of rows where these are the fewer, or by the covariance. */
export function whitenedProducts(X: Matrix): (learnt: readonly number[]) => Whitened {
  const { centred } = centredUnitRows(X)
  const all = Array.from({ length: X.rows }, (_, i) => i)
  const products = X.rows > X.cols ? undefined : gram(centred)
  return (learnt) => {
    const found = products ? byProducts(products, learnt, X.cols) : byCovariance(centred, learnt)
    if (found) return found
    const z = splitWhitening(X)(learnt, all)
    return ofRows(z, z, learnt, shareOf(takeRows(centred, learnt)))
  }
}

/** δμ, so that without one row, and the others in its place, it is what it is with all. */
const shrinkTo = (b: number, m: number) => (b * (m - 1)) / m

function byProducts(products: Matrix, learnt: readonly number[], d: number): Whitened | undefined {
  const m = learnt.length
  const place = new Map(learnt.map((i, q) => [i, q]))
  const others = Array.from({ length: products.rows }, (_, i) => i).filter((i) => !place.has(i))
  const split = shrinkProducts(products, learnt, others, d)
  if (!split) return undefined
  const { rows, squared, a, shrunk } = split
  const b = shrinkTo(split.b, m)
  for (let p = 0; p < m; p++) shrunk.data[p * (m + 1)]! -= split.b - b
  const inverse = symmetricInverse(shrunk)
  const withLearnt = timesTransposed(rows, inverse)
  const placeOfOther = new Map(others.map((i, t) => [i, t]))
  return {
    a,
    productsOf(i) {
      const p = place.get(i)
      if (p === undefined) return row(withLearnt, placeOfOther.get(i)!)
      return row(inverse, p).map((value, q) => (Number(p === q) - b * value) / a)
    },
    product(i, j) {
      const [p, q] = [place.get(i), place.get(j)]
      // K (aK + bI)⁻¹ = (I - b (aK + bI)⁻¹) / a
      if (p !== undefined) return (Number(i === j) - b * inverse.data[p * m + q!]!) / a
      const t = placeOfOther.get(i)!
      if (q !== undefined) return withLearnt.data[t * m + q]!
      return (squared[t]! - a * dot(withLearnt.data, rows.data, m, t * m, t * m)) / b
    },
  }
}

/** Undefined where the inverse would not be exact enough. */
function byCovariance(unit: Matrix, learnt: readonly number[]): Whitened | undefined {
  const { rows: m, cols: d } = { rows: learnt.length, cols: unit.cols }
  const mean = columnMeans(takeRows(unit, learnt))
  const centred = matrix(unit.rows, d, unit.data.slice())
  subtractFromRows(centred, mean)
  const own = takeRows(centred, learnt)
  const A = gramOfColumns(own)
  const lengths = squaredLengths(own)
  const { shrinkage, mu } = ledoitWolf(A, lengths, d)
  const [a, b] = [(1 - shrinkage) / m, shrinkTo(shrinkage * mu, m)]
  const trace = lengths.reduce((sum, value) => sum + value, 0)
  if (!(a * trace < b * largestRatio)) return undefined
  for (let k = 0; k < d * d; k++) A.data[k]! *= a
  for (let j = 0; j < d; j++) A.data[j * (d + 1)]! += b
  return ofRows(timesTransposed(centred, symmetricInverse(A)), centred, learnt, a)
}

/** (1 - δ) / m of these rows, which are written over. */
function shareOf(rows: Matrix): number {
  subtractFromRows(rows, columnMeans(rows))
  const { rows: m, cols: d } = rows
  return (1 - ledoitWolf(m > d ? gramOfColumns(rows) : gram(rows), squaredLengths(rows), d).shrinkage) / m
}

/** Inner products of rows of `left` with those of `right`. */
function ofRows(left: Matrix, right: Matrix, learnt: readonly number[], a: number): Whitened {
  let panels: Panels | undefined
  return {
    a,
    product: (i, j) => dot(row(left, i), row(right, j), left.cols),
    productsOf(i) {
      panels ??= toPanels(takeRows(right, learnt))
      const out = new Float64Array(learnt.length)
      productsWithPanels(takeRows(left, [i]), panels, (_, products) => out.set(products.subarray(0, out.length)))
      return out
    },
  }
}
