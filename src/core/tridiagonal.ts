/**
 * A symmetric matrix as A = Q T Qᵀ with T tridiagonal, by Householder reflections from the last row up (tred2 of Martin, Reinsch and
 * Wilkinson, Numerische Mathematik 11, 1968). The update by one reflection and the product that the next one needs share a pass
 * over memory. 4/3 n³ operations, and n² numbers of memory.
 */
import type { Matrix } from './matrix.ts'
import { openWorkspace, roomFor, type Workspace } from './simd/workspace.ts'

export interface Tridiagonal {
  readonly n: number
  /** Diagonal of T. */
  readonly d: Float64Array
  /** e[i] is T's entry left of d[i]; e[0] is 0. */
  readonly e: Float64Array
  /** Holds the reflections, and whatever else was asked for. */
  readonly space: Workspace
  /** Row i holds the vector of reflection i >= 2 in its first i entries, and zero behind. */
  readonly w: Float64Array
  /** Numbers from a row of w to the next. */
  readonly stride: number
  /** Factor of each reflection; 0 where none was needed. */
  readonly beta: Float64Array
}

/** Rows that are reflected together: they stay in the fastest cache while the vectors pass by. */
const blockRows = 32

/** Numbers from one row to the next: even, and no multiple of a page, which caches like no better than equal addresses. */
export const strideFor = (n: number): number => {
  const even = n + (n & 1)
  return even % 64 === 0 ? even + 2 : even
}

/** @param a symmetric (n, n), only read @param extra further room in the workspace, in numbers */
export function tridiagonalise(a: Matrix, extra = 0): Tridiagonal {
  const n = a.rows
  const stride = strideFor(n)
  const space = openWorkspace(roomFor((n + 1) * stride) + 4 * roomFor(n + 2) + extra)
  const w = space.take((n + 1) * stride)
  for (let i = 0; i < n; i++) w.set(a.data.subarray(i * n, (i + 1) * n), i * stride)
  let oldV = space.take(n + 2)
  let oldP = space.take(n + 2)
  let v = space.take(n + 2)
  let p = space.take(n + 2)
  const d = new Float64Array(n)
  const e = new Float64Array(n)
  const beta = new Float64Array(n)
  for (let i = n - 1; i >= 0; i--) {
    const at = i * stride
    updateRow(i)
    d[i] = w[at + i]!
    w[at + i] = 0
    if (i === 0) break
    const h = makeReflection(i)
    p.fill(0)
    const pairs = i >> 1
    space.tridiagonalPass(
      w.byteOffset,
      w.byteOffset + 2 * pairs * stride * 8,
      stride * 8,
      oldV.byteOffset,
      oldP.byteOffset,
      v.byteOffset,
      p.byteOffset,
    )
    if (i & 1) lastRow(i - 1)
    if (h > 0) {
      let vp = 0
      for (let k = 0; k < i; k++) {
        p[k]! /= h
        vp += v[k]! * p[k]!
      }
      const half = vp / (2 * h)
      for (let k = 0; k < i; k++) p[k]! -= half * v[k]!
    }
    ;[oldV, v] = [v, oldV]
    ;[oldP, p] = [p, oldP]
  }
  return { n, d, e, space, w, stride, beta }

  /** The update that is still due, of one row. */
  function updateRow(i: number): void {
    const at = i * stride
    const vi = oldV[i]!
    const pi = oldP[i]!
    for (let c = 0; c <= i; c++) w[at + c]! -= vi * oldP[c]! + pi * oldV[c]!
  }

  /** Sets v, e[i], beta[i] and row i of w. @returns h = ‖v‖² / 2, or 0 when row i is tridiagonal already */
  function makeReflection(i: number): number {
    const at = i * stride
    v.fill(0)
    const below = w[at + i - 1]!
    let tail = 0
    for (let k = 0; k < i - 1; k++) tail += Math.abs(w[at + k]!)
    if (tail === 0) {
      e[i] = below
      return 0
    }
    const scale = tail + Math.abs(below)
    let norm2 = 0
    for (let k = 0; k < i; k++) {
      v[k] = w[at + k]! / scale
      norm2 += v[k]! * v[k]!
    }
    const g = v[i - 1]! >= 0 ? -Math.sqrt(norm2) : Math.sqrt(norm2)
    e[i] = scale * g
    const h = norm2 - v[i - 1]! * g
    v[i - 1]! -= g
    beta[i] = 1 / h
    for (let k = 0; k < i; k++) w[at + k] = v[k]!
    return h
  }

  /** What the pass does to pairs of rows, for a row without a partner. */
  function lastRow(r: number): void {
    updateRow(r)
    const at = r * stride
    const vr = v[r]!
    let total = 0
    for (let c = 0; c < r; c++) {
      const value = w[at + c]!
      total += value * v[c]!
      p[c]! += value * vr
    }
    p[r]! += total + w[at + r]! * vr
  }
}

/**
 * Rows y become y Q ('into' the coordinates of T) or y Qᵀ ('back'), in place.
 * @param rows in the workspace of the decomposition, `count` of them rounded up to a multiple of 4, `stride` apart
 * @param first reflections below this number leave all of the rows as they are
 */
export function reflectRows(
  { n, space, w, stride, beta }: Tridiagonal,
  rows: Float64Array,
  count: number,
  direction: 'into' | 'back',
  firstOf: (row: number) => number = () => 0,
): void {
  for (let top = 0; top < count; top += blockRows) {
    const end = Math.min(count, top + blockRows)
    const first = Math.max(2, firstOf(top))
    for (let step = first; step < n; step++) {
      const i = direction === 'back' ? step : n - 1 - (step - first)
      if (beta[i] === 0) continue
      const rowEnd = rows.byteOffset + (top + Math.ceil((end - top) / 4) * 4) * stride * 8
      const length = (i + (i & 1)) * 8
      space.reflect(
        rows.byteOffset + top * stride * 8,
        rowEnd,
        stride * 8,
        w.byteOffset + i * stride * 8,
        length,
        beta[i]!,
      )
    }
  }
}

/** One term weight / (slope t + shift) of a function of T. */
export interface Term {
  readonly shift: number
  readonly weight: number
}

/** Systems that are solved at once. */
const lanes = 8

/** Room in the workspace that `applyTerms` takes, in numbers. */
export const roomForTerms = (n: number): number => roomFor(2 * lanes * (n + 1)) + roomFor(lanes * (n + 1))

/**
 * out += y Σ weight (slope T + shift I)⁻¹ for each row y; slope T + shift I must be positive definite for every term.
 * @param rows,out in the workspace of T, `count` rows `stride` apart
 */
export function applyTerms(
  { n, d, e, space, stride }: Tridiagonal,
  slope: number,
  terms: readonly Term[],
  rows: Float64Array,
  out: Float64Array,
  count: number,
): void {
  const table = space.take(2 * lanes * (n + 1))
  const scratch = space.take(lanes * (n + 1))
  for (let from = 0; from < terms.length; from += lanes) {
    table.fill(0)
    terms.slice(from, from + lanes).forEach(({ shift, weight }, k) => {
      let before = 0
      for (let i = 0; i < n; i++) {
        const at = i * 2 * lanes + k
        const off = slope * e[i]!
        const factor = i > 0 ? off * before : 0
        before = 1 / (slope * d[i]! + shift - factor * off)
        table[at] = factor
        table[at + lanes] = weight * before
      }
    })
    for (let r = 0; r < count; r++) {
      const y = rows.byteOffset + r * stride * 8
      space.shiftedSolve(y, y + n * 8, out.byteOffset + r * stride * 8, table.byteOffset, scratch.byteOffset)
    }
  }
}
