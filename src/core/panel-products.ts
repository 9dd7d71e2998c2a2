/**
 * Products of many rows with panels, in SIMD from a few rows on: with fewer, copying the panels next to the kernels would cost more
 * than it saves. Both ways make the same additions in the same order, so a row gives the same bits alone and among others.
 */
import { type Matrix, matrix, row } from './matrix.ts'
import { addPanel, type Panels, projectOnPanel, rowsInPanel } from './panels.ts'
import { borrowWorkspace, roomFor } from './simd/workspace.ts'

const fewRows = 8
/** Rows that are worked on while a panel is in the cache. */
const blockRows = 32

/** Calls `use` with each row's number and its products with all rows of the panels (and zeros that fill up the last panel). */
export function productsWithPanels(X: Matrix, panels: Panels, use: (i: number, products: Float64Array) => void): void {
  const work = X.rows < fewRows ? oneByOne(panels) : together(panels, false)
  const count = countOf(panels)
  for (let from = 0; from < X.rows; from += blockRows) {
    const to = Math.min(X.rows, from + blockRows)
    work.open(X, undefined, from, to)
    for (let p = 0; p < count; p++) work.projectOn(p)
    for (let i = from; i < to; i++) use(i, work.products(i - from))
  }
  work.end()
}

/**
 * Projects each row of X on the panels' rows, lets `weigh` turn these projections into weights, and adds the panels' rows times the
 * weights to that row of Z: panel by panel, so that each is fetched from memory once for both.
 * @param weigh replaces the values of row i, one for each of the panel's rows from row `first` on (and zeros that fill up the last)
 */
export function projectAndAdd(
  X: Matrix,
  panels: Panels,
  Z: Matrix,
  weigh: (i: number, first: number, values: Float64Array) => void,
): void {
  const work = X.rows < fewRows ? oneByOne(panels) : together(panels, true)
  const count = countOf(panels)
  for (let from = 0; from < X.rows; from += blockRows) {
    const to = Math.min(X.rows, from + blockRows)
    work.open(X, Z, from, to)
    for (let p = 0; p < count; p++) {
      work.projectOn(p)
      for (let i = from; i < to; i++) weigh(i, p * rowsInPanel, work.part(i - from, p))
      work.add(p)
    }
    work.close()
  }
  work.end()
}

interface Work {
  /** Begins with the rows from..to of X, and of Z if something shall be added to them. */
  open(X: Matrix, Z: Matrix | undefined, from: number, to: number): void
  /** Those rows of X times panel p. */
  projectOn(p: number): void
  /** What `projectOn` made of the k-th of them. */
  products(k: number): Float64Array
  /** The part of it that is of panel p; `add` takes the weights from there. */
  part(k: number, p: number): Float64Array
  add(p: number): void
  /** Z has what was added. */
  close(): void
  /** After the last rows. */
  end(): void
}

const countOf = ({ rows }: Panels): number => Math.ceil(rows / rowsInPanel)

function oneByOne(panels: Panels): Work {
  const products = matrix(fewRows, countOf(panels) * rowsInPanel)
  const part: Work['part'] = (k, p) => row(products, k).subarray(p * rowsInPanel, (p + 1) * rowsInPanel)
  let rows: Float64Array[] = []
  let sums: Float64Array[] = []
  const rowsOf = (M: Matrix, from: number, to: number) => Array.from({ length: to - from }, (_, k) => row(M, from + k))
  return {
    open(X, Z, from, to) {
      rows = rowsOf(X, from, to)
      sums = Z ? rowsOf(Z, from, to) : []
    },
    projectOn(p) {
      for (const [k, x] of rows.entries()) projectOnPanel(x, panels, p, part(k, p))
    },
    products: (k) => row(products, k),
    part,
    add(p) {
      for (const [k, z] of sums.entries()) addPanel(z, panels, p, part(k, p))
    },
    close() {},
    end() {},
  }
}

function together(panels: Panels, withSums: boolean): Work {
  const { cols, data } = panels
  const wide = countOf(panels) * rowsInPanel
  const stride = cols + (cols & 1)
  const room = roomFor(blockRows * stride)
  const space = borrowWorkspace(
    roomFor(data.length + rowsInPanel) + (withSums ? 2 : 1) * room + roomFor(blockRows * wide),
  )
  // one column more than the panels have is read where their number is odd
  const packed = space.take(data.length + rowsInPanel)
  packed.set(data)
  packed.fill(0, data.length)
  const rows = space.take(blockRows * stride).fill(0)
  const sums = withSums ? space.take(blockRows * stride).fill(0) : undefined
  const products = space.take(blockRows * wide).fill(0)
  const panelBytes = cols * rowsInPanel * 8
  const put = (M: Matrix, from: number, to: number, into: Float64Array) => {
    for (let i = from; i < to; i++) into.set(row(M, i), (i - from) * stride)
  }
  let work: { readonly Z: Matrix | undefined; readonly from: number; readonly to: number }
  return {
    open(X, Z, from, to) {
      work = { Z, from, to }
      put(X, from, to, rows)
      if (Z && sums) put(Z, from, to, sums)
    },
    projectOn(p) {
      const count = work.to - work.from
      const even = count + (count & 1)
      const out = products.byteOffset + p * rowsInPanel * 8
      const panel = packed.byteOffset + p * panelBytes
      space.panelProducts(rows.byteOffset, stride * 8, panel, panelBytes, out, wide * 8, out + even * wide * 8)
    },
    products: (k) => products.subarray(k * wide, (k + 1) * wide),
    part: (k, p) => products.subarray(k * wide + p * rowsInPanel, k * wide + (p + 1) * rowsInPanel),
    add(p) {
      for (let k = 0; k < work.to - work.from; k++) {
        const z = sums!.byteOffset + k * stride * 8
        const weights = products.byteOffset + (k * wide + p * rowsInPanel) * 8
        space.addPanel(z, z + stride * 8, packed.byteOffset + p * panelBytes, weights)
      }
    },
    close() {
      const { Z, from, to } = work
      for (let i = from; Z && i < to; i++) {
        const at = (i - from) * stride
        row(Z, i).set(sums!.subarray(at, at + cols))
      }
    },
    end: () => space.giveBack(),
  }
}
