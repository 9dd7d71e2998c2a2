/**
 * Features of other people's networks may have been centred or whitened already. Scaling each of their rows to length 1 then throws
 * away what tells an anomaly: the length of a whitened row is its Mahalanobis distance, and a centred row near 0 points anywhere.
 * Such rows keep their lengths; one factor brings them all to a root mean square length of 1, which changes no distance's rank.
 */
import { columnMeans, dot, type Matrix, type Rows, subtractFromRows, takeRows } from '../core/matrix.ts'
import { gram, gramOfColumns } from '../core/products.ts'
import { OneclassError } from '../errors.ts'

export interface RowsKept {
  readonly mode: 'none'
  readonly reason: 'centred' | 'whitened' | 'asked'
  readonly factor: number
}

/** Squared length of the mean over the mean squared length, below which rows count as centred. Rows of one class are far above. */
const centredBelow = 0.05
/** The same for rows that are white: those who whitened them may have taken the mean of other rows. */
const whiteBelow = 0.5
/** How many times the unevenness that chance gives white rows still counts as white. */
const whiteWithin = 1.5
/** So many rows are looked at for it. */
const enoughRows = 4000
const rowOf = (k: number, n: number): number => Math.floor((k * n) / Math.min(n, enoughRows))

/**
 * Whether rows keep their lengths; undefined where each is scaled to length 1.
 * @param X embeddings of positives, shape (n, d)
 * @throws FEATURES_NOT_FINITE, IMAGES_IDENTICAL (all of them zero)
 */
export function choosePreprocess(X: Rows, asked: 'auto' | 'l2' | 'none'): RowsKept | undefined {
  if (asked === 'l2' || X.rows < 2) return undefined
  const power = sumOfSquares(X.data) / X.rows
  if (!Number.isFinite(power) || power <= 0) {
    if (X.data.every((value) => value === 0))
      throw new OneclassError('IMAGES_IDENTICAL', 'All numbers of the features are zero.')
    // what is not finite is named where rows are checked; rows of length 1 need no squares of what is very large or small
    if (asked === 'none' && X.data.every(Number.isFinite))
      throw new OneclassError(
        'FEATURES_NOT_FINITE',
        'The squares of the features are too large or too small for a computer: multiply all of them by one number first.',
      )
    return undefined
  }
  const kept = (reason: RowsKept['reason']): RowsKept => ({ mode: 'none', reason, factor: 1 / Math.sqrt(power) })
  if (asked === 'none') return kept('asked')
  const mean = columnMeans(X)
  const share = dot(mean, mean, mean.length) / power
  if (share > whiteBelow) return undefined
  // some rows, evenly spaced, tell it as well as all
  const some = takeRows(
    X,
    Array.from({ length: Math.min(X.rows, enoughRows) }, (_, k) => rowOf(k, X.rows)),
  )
  if (unevenness(some, mean) < whiteWithin * (1 + X.cols / some.rows)) return kept('whitened')
  return share < centredBelow ? kept('centred') : undefined
}

/** The same rows, keeping their lengths in all that is made of them. */
export function keepLengths<T extends Rows>(X: T, kept: { readonly factor: number } | undefined): T {
  return kept ? { ...X, factor: kept.factor } : X
}

/**
 * Centres the rows, in place.
 * @returns d tr(S²) / tr(S)² of the covariance S of the n centred rows: 1 where S is a multiple of the identity, some 1 + d/n for n
 *   white rows (the second moment of Marchenko and Pastur's law), tens or hundreds for features as networks make them
 */
function unevenness(rows: Matrix, mean: Float64Array): number {
  const { rows: n, cols: d } = rows
  subtractFromRows(rows, mean)
  const inner = n <= d ? gram(rows) : gramOfColumns(rows)
  let trace = 0
  for (let i = 0; i < inner.rows; i++) trace += inner.data[i * inner.rows + i]!
  return trace === 0 ? Number.POSITIVE_INFINITY : (d * dot(inner.data, inner.data, inner.data.length)) / trace ** 2
}

/** As `dot` adds, to the last bit. */
function sumOfSquares(values: Rows['data']): number {
  const n = values.length
  let [s0, s1, s2, s3] = [0, 0, 0, 0]
  let k = 0
  for (; k + 3 < n; k += 4) {
    s0 += values[k]! * values[k]!
    s1 += values[k + 1]! * values[k + 1]!
    s2 += values[k + 2]! * values[k + 2]!
    s3 += values[k + 3]! * values[k + 3]!
  }
  for (; k < n; k++) s0 += values[k]! * values[k]!
  return s0 + s1 + (s2 + s3)
}
