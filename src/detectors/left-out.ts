/**
 * Rows as the rows of other groups whiten them: how far each lies from their mean and from each of them, under their shrunk covariance.
 * Nothing is drawn.
 *
 * All rows are whitened once, by A = aXᵀX + bI of the m rows that are learnt from (Ledoit and Wolf's shrinkage). Without a group whose
 * k whitened rows, with their sum over √(m - k), are the rows of R, A would be A½(I - aRᵀR)A½ (the sum is what its absence does to the
 * mean), and by the identity of Woodbury
 *
 *   v (I - aRᵀR)⁻¹ vᵀ = v.v + a (Rvᵀ)ᵀ (I - aRRᵀ)⁻¹ Rvᵀ,   v = z + sum / (m - k)
 *
 * so inner products are enough; between two rows v is their difference, of which the mean is no part. Squared distances are multiplied by
 * (m - k) / m, as the rows are fewer. The shrinkage stays that of all rows: of its share b = δμ only (m - 1) / m are taken before, as
 * much as that takes away from it without one row.
 */
import { cholesky, solveLower } from '../core/cholesky.ts'
import { dot, type Matrix, matrix } from '../core/matrix.ts'
import { type Whitened, whitenedProducts } from './whitened-products.ts'

/** A group of rows, whitened by the rows of all other groups. */
export interface LeftOutGroup {
  /** Numbers of the group's rows, learnt from or not. */
  readonly rows: readonly number[]
  /** Squared length of each: the squared Mahalanobis distance from the mean of the others. */
  readonly squaredLengths: Float64Array
  /** Squared distance of each from each of `to`, rows of other groups that are learnt from; shape (rows, to). */
  squaredDistances(to: readonly number[]): Matrix
}

/**
 * @param groups a group number for each row
 * @returns what takes the numbers of the rows that are learnt from, and leaves each group out of them
 */
export function leaveOut(X: Matrix, groups: ArrayLike<number>): (learnt: readonly number[]) => LeftOutGroup[] {
  const whiten = whitenedProducts(X)
  const members = new Map<number, number[]>()
  for (let i = 0; i < X.rows; i++) {
    const group = members.get(groups[i]!)
    if (group) group.push(i)
    else members.set(groups[i]!, [i])
  }
  return (learnt) => {
    const whitened = whiten(learnt)
    const squared = Float64Array.from(learnt, (i) => whitened.product(i, i))
    const order = { place: new Map(learnt.map((i, q) => [i, q])), squared }
    return [...members.values()].map((rows) => withoutGroup(whitened, order, rows))
  }
}

/** Squared length of each of n rows, whitened by those of other groups. */
export function leftOutLengths(groups: readonly LeftOutGroup[], n: number): Float64Array {
  const lengths = new Float64Array(n)
  for (const { rows, squaredLengths } of groups) {
    rows.forEach((i, at) => {
      lengths[i] = squaredLengths[at]!
    })
  }
  return lengths
}

/** Rows that are learnt from, in their order. */
interface Learnt {
  /** The place of each in the order. */
  readonly place: ReadonlyMap<number, number>
  /** The inner product of each with itself, length m. */
  readonly squared: Float64Array
}

function withoutGroup(
  { product, productsOf, a }: Whitened,
  { place, squared }: Learnt,
  rows: readonly number[],
): LeftOutGroup {
  const m = squared.length
  const inside = rows.filter((i) => place.has(i))
  // where nobody else is learnt from, nobody is left out
  const own = inside.length < m ? inside : []
  const k = own.length
  const size = k === 0 ? 0 : k + 1
  const [rest, root] = [m - k, Math.sqrt(m - k)]
  const between = own.map((i) => own.map((j) => product(i, j)))
  const sums = between.map(sumOf)
  const sumSum = sumOf(sums)
  const L = k === 0 ? matrix(0, 0) : factor()
  return {
    rows,
    squaredLengths: Float64Array.from(rows, (i) => {
      const withOwn = own.map((j) => product(i, j))
      const y = solveLower(L, shiftedR(withOwn))
      const vv = product(i, i) + (2 * sumOf(withOwn) + sumSum / rest) / rest
      return Math.max(0, ((vv + a * dot(y, y, size)) * rest) / m)
    }),
    squaredDistances(to) {
      const places = to.map((j) => place.get(j)!)
      const ofLearnt = solveForAll()
      const out = matrix(rows.length, to.length)
      rows.forEach((i, at) => {
        const products = productsOf(i)
        const withOwn = own.map((j) => products[place.get(j)!]!)
        const y = k === 0 ? withOwn : solveLower(L, Float64Array.of(...withOwn, sumOf(withOwn) / root))
        const length = product(i, i)
        places.forEach((q, t) => {
          let apart = 0
          for (let p = 0; p < size; p++) apart += (y[p]! - ofLearnt[p]![q]!) ** 2
          const whole = length + squared[q]! - 2 * products[q]!
          out.data[at * to.length + t] = Math.max(0, ((whole + a * apart) * rest) / m)
        })
      })
      return out
    },
  }

  /** The factor of I - aRRᵀ, the sum last in R. */
  function factor(): Matrix {
    const inner = matrix(size, size)
    for (let p = 0; p < k; p++) {
      for (let q = 0; q < k; q++) inner.data[p * size + q] = between[p]![q]!
      inner.data[p * size + k] = inner.data[k * size + p] = sums[p]! / root
    }
    inner.data[k * size + k] = sumSum / rest
    for (let p = 0; p < size * size; p++) inner.data[p] = Number(p % (size + 1) === 0) - a * inner.data[p]!
    return cholesky(inner)
  }

  /** Rvᵀ of a row. @param withOwn its inner products with those of the group */
  function shiftedR(withOwn: readonly number[]): Float64Array {
    const Rv = new Float64Array(size)
    if (k === 0) return Rv
    withOwn.forEach((value, p) => {
      Rv[p] = value + sums[p]! / rest
    })
    Rv[k] = (sumOf(withOwn) + sumSum / rest) / root
    return Rv
  }

  /** L⁻¹ Rzᵀ of all rows that are learnt from, shape (k + 1, m). */
  function solveForAll(): Float64Array[] {
    if (k === 0) return []
    const R = own.map((i) => productsOf(i).slice())
    R.push(Float64Array.from(squared, (_, q) => R.reduce((sum, values) => sum + values[q]!, 0) / root))
    R.forEach((values, p) => {
      for (let r = 0; r < p; r++) {
        const factor = L.data[p * size + r]!
        for (let q = 0; q < m; q++) values[q]! -= factor * R[r]![q]!
      }
      for (let q = 0; q < m; q++) values[q]! /= L.data[p * (size + 1)]!
    })
    return R
  }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
