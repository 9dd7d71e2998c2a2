/** Dense matrices in one Float64Array, row-major: element (i, j) is `data[i * cols + j]`. Many rows may be held in float32. */
import { OneclassError } from '../errors.ts'

/** A matrix, or rows as a network or a file gives them, in half of its memory: some are widened when they are computed with. */
export interface Rows {
  readonly rows: number
  readonly cols: number
  readonly data: Float64Array | Float32Array
  /** As of a matrix. */
  readonly factor?: number
}

export interface Matrix {
  readonly rows: number
  readonly cols: number
  readonly data: Float64Array
  /** Where rows keep their lengths: `l2Normalise` multiplies all of them by this number, instead of each by its own. */
  readonly factor?: number
}

/** A matrix of zeros, or over `data` (not copied), which must hold `rows * cols` numbers. */
export function matrix(rows: number, cols: number, data: Float64Array = new Float64Array(rows * cols)): Matrix {
  if (data.length !== rows * cols) throw new RangeError(`Expected ${rows * cols} numbers but received ${data.length}`)
  return { rows, cols, data }
}

/** Rows of equal length, copied. */
export function fromRows(rows: readonly ArrayLike<number>[]): Matrix {
  const cols = rows[0]?.length ?? 0
  const m = matrix(rows.length, cols)
  rows.forEach((row, i) => {
    if (row.length !== cols)
      throw new RangeError(`Expected row ${i} to have ${cols} numbers but received ${row.length}`)
    m.data.set(row, i * cols)
  })
  return m
}

/** Row i as a view: writing to it writes to the matrix. */
export function row(m: Matrix, i: number): Float64Array {
  return m.data.subarray(i * m.cols, (i + 1) * m.cols)
}

/** The rows at `indices`, copied in that order. */
export function takeRows(m: Rows, indices: ArrayLike<number>): Matrix {
  const out = matrix(indices.length, m.cols)
  for (let k = 0; k < indices.length; k++) {
    const at = indices[k]! * m.cols
    out.data.set(m.data.subarray(at, at + m.cols), k * m.cols)
  }
  return m.factor === undefined ? out : { ...out, factor: m.factor }
}

/** All rows in float64; a matrix is returned as it is. */
export function widen(m: Rows): Matrix {
  const { data, ...shape } = m
  return data instanceof Float64Array ? { ...shape, data } : { ...shape, data: Float64Array.from(data) }
}

/** Row by row in float64: a view of a matrix's own row, else of one place that the next call writes to. */
export function rowReader({ cols, data }: Rows): (i: number) => Float64Array {
  if (data instanceof Float64Array) return (i) => data.subarray(i * cols, (i + 1) * cols)
  const wide = new Float64Array(cols)
  return (i) => {
    wide.set(data.subarray(i * cols, (i + 1) * cols))
    return wide
  }
}

/** Column means, length `cols`. */
export function columnMeans(m: Rows): Float64Array {
  const mean = new Float64Array(m.cols)
  for (let i = 0; i < m.rows; i++) {
    const r = i * m.cols
    for (let j = 0; j < m.cols; j++) mean[j]! += m.data[r + j]!
  }
  for (let j = 0; j < m.cols; j++) mean[j]! /= m.rows
  return mean
}

/** a . b over `n` numbers, from the given offsets. Four sums keep the pipeline full. */
export function dot(a: Float64Array, b: Float64Array, n: number, aAt = 0, bAt = 0): number {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let j = 0
  for (; j + 3 < n; j += 4) {
    s0 += a[aAt + j]! * b[bAt + j]!
    s1 += a[aAt + j + 1]! * b[bAt + j + 1]!
    s2 += a[aAt + j + 2]! * b[bAt + j + 2]!
    s3 += a[aAt + j + 3]! * b[bAt + j + 3]!
  }
  for (; j < n; j++) s0 += a[aAt + j]! * b[bAt + j]!
  return s0 + s1 + (s2 + s3)
}

/** x . x of each row, length n. */
export function squaredLengths({ rows, cols, data }: Matrix): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => dot(data, data, cols, i * cols, i * cols))
}

/** The Euclidean norm, also of numbers whose squares are too large or too small; 0 of what is next to nothing. */
function lengthOf(x: Float64Array): number {
  const plain = Math.sqrt(dot(x, x, x.length))
  if (plain > 1e-140 && plain < 1e150) return plain
  const most = x.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  if (!(most > 1e-300)) return 0
  const scaled = x.map((value) => value / most)
  return Math.min(Number.MAX_VALUE, most * Math.sqrt(dot(scaled, scaled, scaled.length)))
}

/** What each row is multiplied by in `l2Normalise`, length n: one over its norm (0 for a row of zeros), or the matrix's `factor`. */
export function rowScales(m: Rows): Float64Array {
  const rowOf = rowReader(m)
  return Float64Array.from({ length: m.rows }, (_, i) => {
    if (m.factor !== undefined) return m.factor
    const norm = lengthOf(rowOf(i))
    return norm > 0 ? 1 / norm : 0
  })
}

/** Each row divided by its Euclidean norm, a row of zeros stays zero; or, with a `factor`, all multiplied by it. Returns a copy. */
export function l2Normalise(m: Matrix): Matrix {
  const out = matrix(m.rows, m.cols, m.data.slice())
  const { factor } = m
  if (factor !== undefined) {
    for (let k = 0; k < out.data.length; k++) out.data[k]! *= factor
    return out
  }
  for (let i = 0; i < m.rows; i++) {
    const r = row(out, i)
    const norm = lengthOf(r)
    if (norm > 0) for (let j = 0; j < r.length; j++) r[j]! /= norm
  }
  return out
}

/** Each row divided by its Euclidean norm, whatever its matrix says: for cosines. Returns a copy. */
export function unitRows({ rows, cols, data }: Matrix): Matrix {
  return l2Normalise({ rows, cols, data })
}

/** In place. */
export function subtractFromRows(X: Matrix, values: Float64Array): void {
  for (let i = 0; i < X.rows; i++) {
    const r = row(X, i)
    for (let j = 0; j < r.length; j++) r[j]! -= values[j]!
  }
}

/** The rows of `l2Normalise`, less their mean. Returns a copy. */
export function centredUnitRows(X: Matrix): { centred: Matrix; mean: Float64Array } {
  const centred = l2Normalise(X)
  const mean = columnMeans(centred)
  subtractFromRows(centred, mean)
  return { centred, mean }
}

/** For each row the first row that holds the same numbers, itself where there is none before it; length n. */
export function firstEqualRows(m: Rows): Int32Array {
  const [rowOf, otherRow] = [rowReader(m), rowReader(m)]
  const seen = new Map<number, number[]>()
  return Int32Array.from({ length: m.rows }, (_, i) => {
    // a short fingerprint, then the whole row: equal rows are rare
    const x = rowOf(i)
    let sum = 0
    for (let j = 0; j < x.length; j++) sum += x[j]! * ((j % 97) + 1)
    const others = seen.get(sum) ?? []
    if (others.length === 0) seen.set(sum, others)
    const same = others.find((other) => {
      const y = otherRow(other)
      return x.every((value, j) => value === y[j])
    })
    if (same === undefined) others.push(i)
    return same ?? i
  })
}

/** Squared Euclidean distance of row i of A to row j of B. */
export function squaredDistance(a: Matrix, i: number, b: Matrix, j: number): number {
  let sum = 0
  const d = a.cols
  for (let k = 0, p = i * d, q = j * d; k < d; k++) {
    const diff = a.data[p + k]! - b.data[q + k]!
    sum += diff * diff
  }
  return sum
}

/** Whether no value is NaN or infinite. A plain loop: `every(Number.isFinite)` takes five times as long. */
export function allFinite(values: Float64Array | Float32Array): boolean {
  for (let k = 0; k < values.length; k++) if (!Number.isFinite(values[k]!)) return false
  return true
}

/** @param numbers of the rows, where they are others. @throws FEATURES_NOT_FINITE naming the first row that holds NaN or an infinity. */
export function assertFinite(m: Rows, numbers?: ArrayLike<number>): void {
  for (let k = 0; k < m.data.length; k++) {
    if (Number.isFinite(m.data[k]!)) continue
    const row = Math.floor(k / m.cols)
    throw new OneclassError(
      'FEATURES_NOT_FINITE',
      `Row ${numbers?.[row] ?? row}, column ${k % m.cols} of the features is ${m.data[k]}; remove or repair that row.`,
    )
  }
}
