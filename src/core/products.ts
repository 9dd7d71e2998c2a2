/** Products of matrices by the SIMD kernels. Each inner product is one sum along the columns, in order: the same bits everywhere. */
import { type Matrix, matrix } from './matrix.ts'
import { panelLength, rowsInPanel, toPanels } from './panels.ts'
import { borrowWorkspace, type Kernels, roomFor } from './simd/workspace.ts'

/** Rows of A that are in the workspace at once. */
const blockRows = 256
/** Rows that are turned into columns together, so that neither side leaves the cache. */
const tile = 16

/** A Bᵀ for A (m, k) and B (n, k): every inner product of a row of A with a row of B, shape (m, n). */
export function timesTransposed(a: Matrix, b: Matrix): Matrix {
  return inBlocks(rowsOf(a), rowsOf(b), () => b.rows)
}

/** A B for A (m, k) and B (k, n), shape (m, n): to the bit the product with the transpose, which is not made. */
export function times(a: Matrix, b: Matrix): Matrix {
  return inBlocks(rowsOf(a), columnsOf(b), () => b.cols)
}

/** The symmetric A Aᵀ, shape (rows, rows). */
export function gram(a: Matrix): Matrix {
  return symmetric(rowsOf(a))
}

/** The symmetric Aᵀ A, shape (cols, cols): to the bit the gram of the transpose, which is not made. */
export function gramOfColumns(a: Matrix): Matrix {
  return symmetric(columnsOf(a))
}

function symmetric(a: Factor): Matrix {
  // each block needs the columns up to its own last row; the rest is mirrored
  const out = inBlocks(a, a, (to) => to)
  const n = a.rows
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) out.data[i * n + j] = out.data[j * n + i]!
  return out
}

/** The rows of a matrix, or those of its transpose. */
interface Factor {
  readonly rows: number
  readonly cols: number
  /** Copies the rows from..to. */
  copy(from: number, to: number, into: Float64Array): void
  /** Writes all rows as panels. */
  pack(into: Float64Array): void
}

function rowsOf(a: Matrix): Factor {
  const { rows, cols, data } = a
  return {
    rows,
    cols,
    copy: (from, to, into) => into.set(data.subarray(from * cols, to * cols)),
    pack(into) {
      toPanels(a, into)
    },
  }
}

function columnsOf({ rows: m, cols: n, data }: Matrix): Factor {
  return {
    rows: n,
    cols: m,
    copy(from, to, into) {
      for (let i0 = 0; i0 < m; i0 += tile) {
        const i1 = Math.min(m, i0 + tile)
        for (let j = from; j < to; j++) for (let i = i0; i < i1; i++) into[(j - from) * m + i] = data[i * n + j]!
      }
    },
    pack(into) {
      for (let j = 0, at = 0; j < n; j += rowsInPanel) {
        const count = Math.min(rowsInPanel, n - j)
        for (let i = 0; i < m; i++, at += rowsInPanel) {
          for (let q = 0, from = i * n + j; q < count; q++) into[at + q] = data[from + q]!
        }
      }
    },
  }
}

/** @param columnsFor number of columns of the product that the block of rows ending before `to` needs */
function inBlocks(a: Factor, b: Factor, columnsFor: (to: number) => number): Matrix {
  const { rows: m, cols: k } = a
  const out = matrix(m, b.rows)
  const panels = Math.ceil(b.rows / rowsInPanel)
  const wide = panels * rowsInPanel
  const block = Math.min(blockRows, m + (m & 1))
  const space = borrowWorkspace(roomFor(block * k) + roomFor(panelLength(b.rows, k)) + roomFor(block * wide))
  // what stood there before only fills up the last panel and the last pair of rows, whose products are not kept
  const packed = space.take(panelLength(b.rows, k))
  b.pack(packed)
  const rows = space.take(block * k)
  const products = space.take(block * wide)
  for (let from = 0; from < m; from += block) {
    const to = Math.min(m, from + block)
    a.copy(from, to, rows)
    const columns = columnsFor(to)
    multiplyPanels(space, rows, to - from, k, packed, Math.ceil(columns / rowsInPanel), products, wide)
    for (let i = from; i < to; i++) {
      const at = (i - from) * wide
      out.data.set(products.subarray(at, at + columns), i * b.rows)
    }
  }
  space.giveBack()
  return out
}

/** All within one workspace: `count` rows of length k, made even by whatever lies behind them, times the first `panels` panels. */
function multiplyPanels(
  space: Kernels,
  rows: Float64Array,
  count: number,
  k: number,
  packed: Float64Array,
  panels: number,
  out: Float64Array,
  outWidth: number,
): void {
  const even = count + (count & 1)
  for (let p = 0; p < panels; p++) {
    const outAt = out.byteOffset + p * rowsInPanel * 8
    space.panelProducts(
      rows.byteOffset,
      k * 8,
      packed.byteOffset + p * rowsInPanel * k * 8,
      k * rowsInPanel * 8,
      outAt,
      outWidth * 8,
      outAt + even * outWidth * 8,
    )
  }
}

/**
 * The inverse of a symmetric positive definite matrix, by halves: with A = [P Rᵀ; R Q], it needs the inverses of P and of its
 * complement Q - R P⁻¹ Rᵀ, and products. @param a (n, n), only read
 */
export function symmetricInverse(a: Matrix): Matrix {
  const n = a.rows
  if (n <= 48) return smallInverse(a)
  const p = n >> 1
  const q = n - p
  const R = block(a, p, 0, q, p)
  const inverseP = symmetricInverse(block(a, 0, 0, p, p))
  const RP = timesTransposed(R, inverseP)
  const complement = block(a, p, p, q, q)
  subtract(complement, timesTransposed(RP, R))
  const inverseC = symmetricInverse(complement)
  const PR = transpose(RP)
  const below = timesTransposed(inverseC, PR)
  const above = timesTransposed(PR, transpose(below))
  const out = matrix(n, n)
  for (let i = 0; i < p; i++) for (let j = 0; j <= i; j++) put(i, j, inverseP.data[i * p + j]! + above.data[i * p + j]!)
  for (let i = 0; i < q; i++) {
    for (let j = 0; j < p; j++) put(p + i, j, -below.data[i * p + j]!)
    for (let j = 0; j <= i; j++) put(p + i, p + j, inverseC.data[i * q + j]!)
  }
  return out

  function put(i: number, j: number, value: number): void {
    out.data[i * n + j] = value
    out.data[j * n + i] = value
  }
}

/** Gauss and Jordan without pivoting, which a positive definite matrix does not need. */
function smallInverse({ rows: n, data }: Matrix): Matrix {
  const out = matrix(n, n, data.slice())
  const w = out.data
  for (let k = 0; k < n; k++) {
    const pivot = 1 / w[k * n + k]!
    w[k * n + k] = 1
    for (let j = 0; j < n; j++) w[k * n + j]! *= pivot
    for (let i = 0; i < n; i++) {
      if (i === k) continue
      const factor = w[i * n + k]!
      w[i * n + k] = 0
      for (let j = 0; j < n; j++) w[i * n + j]! -= factor * w[k * n + j]!
    }
  }
  return out
}

export function transpose(a: Matrix): Matrix {
  const { rows: m, cols: n, data } = a
  const out = matrix(n, m)
  for (let i0 = 0; i0 < m; i0 += tile) {
    const i1 = Math.min(m, i0 + tile)
    for (let j = 0; j < n; j++) for (let i = i0; i < i1; i++) out.data[j * m + i] = data[i * n + j]!
  }
  return out
}

function block(a: Matrix, top: number, left: number, rows: number, cols: number): Matrix {
  const out = matrix(rows, cols)
  for (let i = 0; i < rows; i++) {
    const at = (top + i) * a.cols + left
    out.data.set(a.data.subarray(at, at + cols), i * cols)
  }
  return out
}

function subtract(a: Matrix, b: Matrix): void {
  for (let k = 0; k < a.data.length; k++) a.data[k]! -= b.data[k]!
}
