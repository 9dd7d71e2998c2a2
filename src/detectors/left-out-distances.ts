/**
 * How far each row lies from the rows of the other groups: its Mahalanobis distance under their shrunk covariance. Nothing is drawn.
 *
 * All rows are whitened once, by A = aXᵀX + bI of the m rows that are learnt from (Ledoit and Wolf's shrinkage). Without a group whose
 * k whitened rows, with their sum over √(m - k), are the rows of R, A would be A½(I - aRᵀR)A½ (the sum is what its absence does to the
 * mean), and by the identity of Woodbury
 *
 *   v (I - aRᵀR)⁻¹ vᵀ = v.v + a (Rvᵀ)ᵀ (I - aRRᵀ)⁻¹ Rvᵀ,   v = z + sum / (m - k)
 *
 * so inner products within groups are enough. The squared distance is multiplied by (m - k) / m, as the rows are fewer; the shrinkage
 * stays that of all rows.
 */
import { cholesky, solveLower } from '../core/cholesky.ts'
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
import { gram, gramOfColumns, symmetricInverse, timesTransposed } from '../core/products.ts'
import { ledoitWolf } from './ledoit-wolf.ts'
import { shrinkProducts } from './shrunk-products.ts'
import { splitWhitening } from './split-whitening.ts'

/** @param learnt numbers of the rows that are learnt from @returns length n: of all rows, for none is measured by its own group */
export type LeftOutDistances = (learnt: readonly number[]) => Float64Array

/** Inner products of whitened rows; of any two rows of a group of which the second is learnt from, or of one with itself. */
interface Whitened {
  product(i: number, j: number): number
  readonly a: number
}

/** @param groups a group number for each row */
export function leftOutDistances(X: Matrix, groups: ArrayLike<number>): LeftOutDistances {
  const whiten = whitenedProducts(X)
  const members = new Map<number, number[]>()
  for (let i = 0; i < X.rows; i++) {
    const group = members.get(groups[i]!)
    if (group) group.push(i)
    else members.set(groups[i]!, [i])
  }
  return (learnt) => {
    const inside = new Set(learnt)
    const whitened = whiten(learnt)
    const out = new Float64Array(X.rows)
    for (const group of members.values()) {
      const own = group.filter((i) => inside.has(i))
      const squared = withoutGroup(whitened, group, own, learnt.length)
      group.forEach((i, at) => {
        out[i] = Math.sqrt(Math.max(0, squared[at]!))
      })
    }
    return out
  }
}

/** @param own those of the group that are learnt from @param m rows that are learnt from @returns squared, of each of the group */
function withoutGroup({ product, a }: Whitened, group: readonly number[], own: readonly number[], m: number): number[] {
  const k = own.length
  const rest = m - k
  if (k === 0 || rest === 0) return group.map((i) => product(i, i))
  const size = k + 1
  const root = Math.sqrt(rest)
  // RRᵀ, the sum last
  const inner = matrix(size, size)
  const withSum = new Float64Array(k)
  own.forEach((i, p) => {
    own.forEach((j, q) => {
      inner.data[p * size + q] = product(i, j)
      withSum[p]! += inner.data[p * size + q]!
    })
  })
  const sumSum = withSum.reduce((sum, value) => sum + value, 0)
  for (let p = 0; p < k; p++) inner.data[p * size + k] = inner.data[k * size + p] = withSum[p]! / root
  inner.data[k * size + k] = sumSum / rest
  for (let p = 0; p < size * size; p++) inner.data[p] = Number(p % (size + 1) === 0) - a * inner.data[p]!
  const L = cholesky(inner)
  return group.map((i) => {
    const withOwn = own.map((j) => product(i, j))
    const ownSum = withOwn.reduce((sum, value) => sum + value, 0)
    const Rv = new Float64Array(size)
    withOwn.forEach((value, p) => {
      Rv[p] = value + withSum[p]! / rest
    })
    Rv[k] = (ownSum + sumSum / rest) / root
    const y = solveLower(L, Rv)
    const vv = product(i, i) + (2 * ownSum + sumSum / rest) / rest
    return ((vv + a * dot(y, y, size)) * rest) / m
  })
}

/** By the inner products of rows where these are the fewer, or by the covariance. */
function whitenedProducts(X: Matrix): (learnt: readonly number[]) => Whitened {
  const { centred } = centredUnitRows(X)
  const all = Array.from({ length: X.rows }, (_, i) => i)
  if (X.rows > X.cols) {
    const split = splitWhitening(X)
    return (learnt) => ofRows(split(learnt, all), shareOf(takeRows(centred, learnt)))
  }
  const products = gram(centred)
  return (learnt) => {
    const m = learnt.length
    const place = new Map(learnt.map((i, q) => [i, q]))
    const others = all.filter((i) => !place.has(i))
    const shrunk = shrinkProducts(products, learnt, others, X.cols)
    if (!shrunk) return ofRows(splitWhitening(X)(learnt, all), shareOf(takeRows(centred, learnt)))
    const { rows, squared, a, b } = shrunk
    const inverse = symmetricInverse(shrunk.shrunk)
    const withLearnt = timesTransposed(rows, inverse)
    const placeOfOther = new Map(others.map((i, t) => [i, t]))
    return {
      a,
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
}

/** (1 - δ) / m of these rows, which are written over. */
function shareOf(rows: Matrix): number {
  subtractFromRows(rows, columnMeans(rows))
  const { rows: m, cols: d } = rows
  return (1 - ledoitWolf(m > d ? gramOfColumns(rows) : gram(rows), squaredLengths(rows), d).shrinkage) / m
}

function ofRows(z: Matrix, a: number): Whitened {
  return { a, product: (i, j) => dot(row(z, i), row(z, j), z.cols) }
}
