/**
 * Rows of a matrix in panels of eight, for products of one vector with all of them: element (k, j) lies at
 * `((k >> 3) * cols + j) * 8 + (k & 7)`. One step along the vector meets eight neighbouring numbers, so each number of the vector is
 * fetched once for eight rows, and memory is read in order. The last panel is filled up with zeros.
 */
import type { Matrix } from './matrix.ts'

export interface Panels {
  readonly rows: number
  readonly cols: number
  /** Length `panelLength(rows, cols)`. */
  readonly data: Float64Array
}

export const rowsInPanel = 8

export function panelLength(rows: number, cols: number): number {
  return Math.ceil(rows / rowsInPanel) * rowsInPanel * cols
}

/** @param panels where to write, all zeros; new by default */
export function toPanels(
  { rows, cols, data }: Matrix,
  panels: Float64Array = new Float64Array(panelLength(rows, cols)),
): Panels {
  for (let k = 0; k < rows; k++) {
    const at = (k >> 3) * cols * rowsInPanel + (k & 7)
    for (let j = 0; j < cols; j++) panels[at + j * rowsInPanel] = data[k * cols + j]!
  }
  return { rows, cols, data: panels }
}

/** out[q] = x . row (8 p + q), for the eight rows of panel p. */
export function projectOnPanel(x: Float64Array, { cols, data }: Panels, p: number, out: Float64Array): void {
  let at = p * cols * rowsInPanel
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let s4 = 0
  let s5 = 0
  let s6 = 0
  let s7 = 0
  for (let j = 0; j < cols; j++) {
    const value = x[j]!
    s0 += value * data[at]!
    s1 += value * data[at + 1]!
    s2 += value * data[at + 2]!
    s3 += value * data[at + 3]!
    s4 += value * data[at + 4]!
    s5 += value * data[at + 5]!
    s6 += value * data[at + 6]!
    s7 += value * data[at + 7]!
    at += rowsInPanel
  }
  out[0] = s0
  out[1] = s1
  out[2] = s2
  out[3] = s3
  out[4] = s4
  out[5] = s5
  out[6] = s6
  out[7] = s7
}

/** z += sum over q of weights[q] * row (8 p + q), for the eight rows of panel p. */
export function addPanel(z: Float64Array, { cols, data }: Panels, p: number, weights: Float64Array): void {
  let at = p * cols * rowsInPanel
  const w0 = weights[0]!
  const w1 = weights[1]!
  const w2 = weights[2]!
  const w3 = weights[3]!
  const w4 = weights[4]!
  const w5 = weights[5]!
  const w6 = weights[6]!
  const w7 = weights[7]!
  for (let j = 0; j < cols; j++) {
    // pairs, not one long sum: the additions then do not wait for each other
    const low = w0 * data[at]! + w1 * data[at + 1]! + (w2 * data[at + 2]! + w3 * data[at + 3]!)
    const high = w4 * data[at + 4]! + w5 * data[at + 5]! + (w6 * data[at + 6]! + w7 * data[at + 7]!)
    z[j]! += low + high
    at += rowsInPanel
  }
}
