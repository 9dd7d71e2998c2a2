/**
 * Eigen-decomposition of a real symmetric matrix: Householder tridiagonalisation, then implicit QL
 * (tred2 and tql2 of Bowdler, Martin, Reinsch and Wilkinson, Numerische Mathematik 11, 1968). O(n^3), deterministic.
 * The rotations of QL are collected and then applied to eight columns at a time, which stay in the cache meanwhile.
 */
import type { Matrix } from './matrix.ts'
import { rowsInPanel } from './panels.ts'
import { roomFor } from './simd/workspace.ts'
import { reflectRows, strideFor, type Tridiagonal, tridiagonalise } from './tridiagonal.ts'

export interface Eigen {
  /** Ascending, length n. */
  readonly values: Float64Array
  /** Row k is the unit eigenvector of `values[k]`: shape (n, n), row-major. */
  readonly vectors: Matrix
}

/** Rotations that are collected before they are applied. */
const mostRotations = 8192

/** @param a symmetric (n, n); only read. @throws RangeError when QL does not converge, which NaN brings about */
export function symmetricEigen(a: Matrix): Eigen {
  const n = a.rows
  const panels = Math.ceil(n / rowsInPanel)
  const rotationRoom = 2 * (mostRotations + n)
  const T = tridiagonalise(
    a,
    roomFor((n + 4) * strideFor(n)) + roomFor(panels * rowsInPanel * n) + roomFor(rotationRoom),
  )
  const basis = panelsOfBasis(T, panels)
  const rotations = createRotations(T, basis, T.space.take(rotationRoom), panels)
  const { d, e } = T
  diagonalise(d, e, n, rotations)
  const order = Array.from({ length: n }, (_, i) => i).sort((p, q) => d[p]! - d[q]! || p - q)
  const values = new Float64Array(n)
  const vectors = new Float64Array(n * n)
  order.forEach((from, to) => {
    values[to] = d[from]!
    for (let j = 0; j < n; j++) vectors[to * n + j] = basis[((j >> 3) * n + from) * rowsInPanel + (j & 7)]!
  })
  return { values, vectors: { rows: n, cols: n, data: vectors } }
}

/** Qᵀ with eight columns at a time: element (i, j) at ((j >> 3) n + i) 8 + (j & 7). */
function panelsOfBasis(T: Tridiagonal, panels: number): Float64Array {
  const { n, space, stride } = T
  const z = space.take((n + 4) * stride)
  for (let i = 0; i < n; i++) z[i * stride + i] = 1
  // reflection i touches the first i columns, where rows from i on are still zero
  reflectRows(T, z, n, 'back', (row) => row + 1)
  const out = space.take(panels * rowsInPanel * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) out[((j >> 3) * n + i) * rowsInPanel + (j & 7)] = z[i * stride + j]!
  }
  return out
}

interface Rotations {
  /** A chain that starts with row `top` as the upper of two. */
  begin(top: number): void
  add(c: number, s: number): void
  flush(): void
}

function createRotations(
  { n, space }: Tridiagonal,
  basis: Float64Array,
  buffer: Float64Array,
  panels: number,
): Rotations {
  let chains: { top: number; from: number }[] = []
  let used = 0
  const flush = (): void => {
    for (let p = 0; p < panels; p++) {
      const panel = basis.byteOffset + p * n * rowsInPanel * 8
      chains.forEach(({ top, from }, k) => {
        const to = chains[k + 1]?.from ?? used
        space.rotate(panel + top * rowsInPanel * 8, buffer.byteOffset + from * 8, buffer.byteOffset + to * 8)
      })
    }
    chains = []
    used = 0
  }
  return {
    begin(top) {
      if (used > 2 * mostRotations) flush()
      chains.push({ top, from: used })
    },
    add(c, s) {
      buffer[used] = c
      buffer[used + 1] = s
      used += 2
    },
    flush,
  }
}

/** Implicit QL on (d, e); both are overwritten, and d holds the eigenvalues in the order of the rotated rows. */
function diagonalise(d: Float64Array, e: Float64Array, n: number, rotations: Rotations): void {
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
      rotations.begin(m)
      for (; i >= l; i--) {
        const f = s * e[i]!
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
        rotations.add(c, s)
      }
      if (r === 0 && i >= l) continue
      d[l]! -= p
      e[l] = g
      e[m] = 0
    }
  }
  rotations.flush()
}
