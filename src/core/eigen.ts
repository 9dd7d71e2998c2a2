/**
 * Eigen-decomposition of a real symmetric matrix: Householder tridiagonalisation, then implicit QL
 * (tred2 and tql2 of Bowdler, Martin, Reinsch and Wilkinson, Numerische Mathematik 11, 1968). O(n^3), deterministic.
 */
import type { Matrix } from './matrix.ts'

export interface Eigen {
  /** Ascending, length n. */
  readonly values: Float64Array
  /** Row k is the unit eigenvector of `values[k]`: shape (n, n), row-major. */
  readonly vectors: Matrix
}

/** @param a symmetric (n, n); only read. */
export function symmetricEigen(a: Matrix): Eigen {
  const n = a.rows
  // z holds the transposed basis (row k = k-th basis vector), so that the rotations of QL run along memory
  const { d, e, z } = tridiagonalise(a)
  diagonalise(d, e, z, n)
  const order = Array.from({ length: n }, (_, i) => i).sort((p, q) => d[p]! - d[q]! || p - q)
  const values = new Float64Array(n)
  const vectors = new Float64Array(n * n)
  order.forEach((from, to) => {
    values[to] = d[from]!
    vectors.set(z.subarray(from * n, (from + 1) * n), to * n)
  })
  return { values, vectors: { rows: n, cols: n, data: vectors } }
}

/** Q, d, e with A = Q T Qᵀ; T has diagonal d and subdiagonal e[1..]. Returns Qᵀ in z. */
function tridiagonalise(a: Matrix): { d: Float64Array; e: Float64Array; z: Float64Array } {
  const n = a.rows
  const w = a.data.slice()
  const d = new Float64Array(n)
  const e = new Float64Array(n)
  const beta = new Float64Array(n)
  const v = new Float64Array(n)
  const p = new Float64Array(n)
  // eliminate row i left of the subdiagonal, from the last row up; Householder vector i stays in row i of w
  for (let i = n - 1; i >= 2; i--) {
    const at = i * n
    let scale = 0
    for (let k = 0; k < i; k++) scale += Math.abs(w[at + k]!)
    const below = w[at + i - 1]!
    let tail = 0
    for (let k = 0; k < i - 1; k++) tail += Math.abs(w[at + k]!)
    if (tail === 0) {
      e[i] = below
      continue
    }
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
    // p = A v / h over the leading i x i block, using only its lower triangle (row-wise)
    p.fill(0, 0, i)
    for (let r = 0; r < i; r++) {
      const ro = r * n
      let sum = 0
      const vr = v[r]!
      for (let c = 0; c < r; c++) {
        const value = w[ro + c]!
        sum += value * v[c]!
        p[c]! += value * vr
      }
      p[r]! += sum + w[ro + r]! * vr
    }
    let vp = 0
    for (let k = 0; k < i; k++) {
      p[k]! /= h
      vp += v[k]! * p[k]!
    }
    const half = vp / (2 * h)
    for (let k = 0; k < i; k++) p[k]! -= half * v[k]!
    for (let r = 0; r < i; r++) {
      const ro = r * n
      const vr = v[r]!
      const pr = p[r]!
      for (let c = 0; c <= r; c++) w[ro + c]! -= vr * p[c]! + pr * v[c]!
    }
  }
  if (n > 1) e[1] = w[n]!
  for (let i = 0; i < n; i++) d[i] = w[i * n + i]!
  // accumulate Qᵀ = (H_{n-1} ... H_2)ᵀ, row by row: z <- z (I - beta v vᵀ)
  const z = new Float64Array(n * n)
  for (let i = 0; i < n; i++) z[i * n + i] = 1
  for (let i = 2; i < n; i++) {
    const b = beta[i]!
    if (b === 0) continue
    const at = i * n
    for (let r = 0; r < i; r++) {
      const ro = r * n
      let s = 0
      for (let k = 0; k < i; k++) s += z[ro + k]! * w[at + k]!
      s *= b
      for (let k = 0; k < i; k++) z[ro + k]! -= s * w[at + k]!
    }
  }
  return { d, e, z }
}

/** Implicit QL on (d, e), rotating the rows of z along. */
function diagonalise(d: Float64Array, e: Float64Array, z: Float64Array, n: number): void {
  for (let i = 1; i < n; i++) e[i - 1] = e[i]!
  e[n - 1] = 0
  // Rows that repeat leave a null space whose d and e are rounding errors of the whole matrix: compared with each other they never
  // become small, compared with the norm they are. An error of eps times the norm is what the method promises anyway.
  let norm = 0
  for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(d[i]!) + Math.abs(e[i]!))
  const floor = Number.EPSILON * norm
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      let m = l
      for (; m < n - 1; m++) {
        const dd = Math.abs(d[m]!) + Math.abs(d[m + 1]!)
        if (Math.abs(e[m]!) <= Math.max(Number.EPSILON * dd, floor)) break
      }
      if (m === l) break
      if (sweep === 60) throw new RangeError('The eigenvalues did not converge')
      let g = (d[l + 1]! - d[l]!) / (2 * e[l]!)
      let r = Math.hypot(g, 1)
      g = d[m]! - d[l]! + e[l]! / (g + (g >= 0 ? r : -r))
      let s = 1
      let c = 1
      let p = 0
      let i = m - 1
      for (; i >= l; i--) {
        let f = s * e[i]!
        const b = c * e[i]!
        r = Math.hypot(f, g)
        e[i + 1] = r
        if (r === 0) {
          d[i + 1]! -= p
          e[m] = 0
          break
        }
        s = f / r
        c = g / r
        g = d[i + 1]! - p
        r = (d[i]! - g) * s + 2 * c * b
        p = s * r
        d[i + 1] = g + p
        g = c * r - b
        const lo = i * n
        const hi = lo + n
        for (let k = 0; k < n; k++) {
          f = z[hi + k]!
          z[hi + k] = s * z[lo + k]! + c * f
          z[lo + k] = c * z[lo + k]! - s * f
        }
      }
      if (r === 0 && i >= l) continue
      d[l]! -= p
      e[l] = g
      e[m] = 0
    }
  }
}
