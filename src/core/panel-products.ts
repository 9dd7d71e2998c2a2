/**
 * Products of many rows with panels, in SIMD from a few rows on: with fewer, copying the panels next to the kernels would cost more
 * than it saves. Both ways make the same additions in the same order, so a row gives the same bits alone and among others.
 */
import { type Matrix, matrix, row } from './matrix.ts'
import { addPanel, type Panels, projectOnPanel, rowsInPanel } from './panels.ts'
import { openWorkspace, roomFor, type Workspace } from './simd/workspace.ts'

const fewRows = 8
/** Rows that are worked on while a panel is in the cache. */
const blockRows = 32

/** Calls `use` with each row's number and its products with all rows of the panels (and zeros that fill up the last panel). */
export function productsWithPanels(X: Matrix, panels: Panels, use: (i: number, products: Float64Array) => void): void {
  const work = X.rows < fewRows ? oneByOne(panels) : together(panels)
  for (let from = 0; from < X.rows; from += blockRows) {
    const to = Math.min(X.rows, from + blockRows)
    work.project(X, from, to)
    for (let i = from; i < to; i++) use(i, work.products(i - from))
  }
}

/**
 * Projects each row of X on the panels' rows, lets `weigh` turn these projections into weights, and adds the panels' rows times the
 * weights to that row of Z.
 * @param weigh replaces the values of row i, one for each row of the panels
 */
export function projectAndAdd(
  X: Matrix,
  panels: Panels,
  Z: Matrix,
  weigh: (i: number, values: Float64Array) => void,
): void {
  const work = X.rows < fewRows ? oneByOne(panels) : together(panels)
  for (let from = 0; from < X.rows; from += blockRows) {
    const to = Math.min(X.rows, from + blockRows)
    work.project(X, from, to)
    for (let i = from; i < to; i++) weigh(i, work.products(i - from))
    work.add(Z, from, to)
  }
}

interface Work {
  /** Rows from..to of X times the panels. */
  project(X: Matrix, from: number, to: number): void
  /** What `project` made of the block's row k; `add` takes the weights from there. */
  products(k: number): Float64Array
  add(Z: Matrix, from: number, to: number): void
}

const countOf = ({ rows }: Panels): number => Math.ceil(rows / rowsInPanel)

function oneByOne(panels: Panels): Work {
  const count = countOf(panels)
  const products = matrix(fewRows, count * rowsInPanel)
  const partOf = (k: number, p: number) => row(products, k).subarray(p * rowsInPanel, (p + 1) * rowsInPanel)
  return {
    project(X, from, to) {
      for (let i = from; i < to; i++) {
        const x = row(X, i)
        for (let p = 0; p < count; p++) projectOnPanel(x, panels, p, partOf(i - from, p))
      }
    },
    products: (k) => row(products, k),
    add(Z, from, to) {
      for (let i = from; i < to; i++) {
        const z = row(Z, i)
        for (let p = 0; p < count; p++) addPanel(z, panels, p, partOf(i - from, p))
      }
    },
  }
}

function together(panels: Panels): Work {
  const { cols, data } = panels
  const count = countOf(panels)
  const wide = count * rowsInPanel
  const stride = cols + (cols & 1)
  const space: Workspace = openWorkspace(
    roomFor(data.length + rowsInPanel) + roomFor(blockRows * stride) + roomFor(blockRows * wide),
  )
  // one column more than the panels have is read where their number is odd
  const packed = space.take(data.length + rowsInPanel)
  packed.set(data)
  const rows = space.take(blockRows * stride)
  const products = space.take(blockRows * wide)
  const panelBytes = cols * rowsInPanel * 8
  const put = (M: Matrix, from: number, to: number) => {
    for (let i = from; i < to; i++) rows.set(row(M, i), (i - from) * stride)
  }
  return {
    project(X, from, to) {
      put(X, from, to)
      const even = to - from + ((to - from) & 1)
      for (let p = 0; p < count; p++) {
        const out = products.byteOffset + p * rowsInPanel * 8
        const panel = packed.byteOffset + p * panelBytes
        space.panelProducts(rows.byteOffset, stride * 8, panel, panelBytes, out, wide * 8, out + even * wide * 8)
      }
    },
    products: (k) => products.subarray(k * wide, (k + 1) * wide),
    add(Z, from, to) {
      put(Z, from, to)
      for (let p = 0; p < count; p++) {
        for (let k = 0; k < to - from; k++) {
          const z = rows.byteOffset + k * stride * 8
          const weights = products.byteOffset + (k * wide + p * rowsInPanel) * 8
          space.addPanel(z, z + stride * 8, packed.byteOffset + p * panelBytes, weights)
        }
      }
      for (let i = from; i < to; i++) row(Z, i).set(rows.subarray((i - from) * stride, (i - from) * stride + cols))
    },
  }
}
