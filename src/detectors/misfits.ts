/**
 * Positives that do not belong: a test with a stated error rate on distances that each row has from a model which has not seen it.
 *
 * The distance is the Mahalanobis distance under the shrunk covariance of the other groups. Its scale comes from the middle of the
 * distances, which a few wrong images hardly move: the median and the 90th percentile. Beyond that a positive's distance is
 * taken to fall off no slower than exponentially; the p-values of that tail go through Benjamini and Hochberg's step twice. Are there
 * misfits at all? Only if it finds any at `alarmRate`: so of 50 folders without misfits about one names any. Which are they? Those
 * that it finds at `misfitRate`: of what is named at most that share is wrong, on average, where there are misfits. Both hold as
 * long as the class has no heavier tail. Wrong images hide each other, for they are part of what distances are
 * measured by: suspects are left out of it and the test is repeated until it finds the same ones.
 */
import { type Matrix, type Rows, takeRows } from '../core/matrix.ts'
import type { Random } from '../core/random.ts'
import { fewestForMisfits } from '../wire/misfits.ts'
import { drawFolds, rowsIn } from './held-out.ts'
import { leaveOut, leftOutLengths } from './left-out.ts'
import { flagDiscoveries } from './promise.ts'

/** Folders without misfits that name any, at most. */
const alarmRate = 0.02
/** False discoveries among named misfits, at most, on average over folders that have some. */
const misfitRate = 0.1
/** Suspects are left out of the measure at this rate, which is loose, for it names nothing. */
const suspectRate = 0.2
const rounds = 3
/** Quantile from which on the tail is taken to be exponential; and while suspects may be a tenth of the rows and more, a lower one. */
const [tailFrom, suspectsFrom] = [0.9, 0.75] as const
/** With more suspects than this the folder is of two kinds rather than of one with misfits (`kinds.ts`). */
const mostSuspects = 0.3
/** So many rows are looked at together, at most: time grows with the cube. */
const chunk = 600

export interface Misfit {
  readonly row: number
  /** Probability that a positive lies this far out. */
  readonly pValue: number
  /** Its distance in distances of the row that nine in ten rows are nearer than. */
  readonly times: number
}

/**
 * @param X embeddings, shape (n, d)
 * @param groups rows of a group are left out together
 * @param random which rows are looked at together where they are many
 * @returns the misfits, the farthest first; none where none stands out
 */
export function findMisfits(X: Rows, groups: ArrayLike<number>, random: Random): Misfit[] {
  const n = X.rows
  // copies of a few photos tell no more of the class than these few
  if (new Set(Array.from(groups).slice(0, n)).size < fewestForMisfits) return []
  const pieces = Math.ceil(n / chunk)
  const pieceOf = drawFolds(n, pieces, random.fork('pieces'), groups)
  const pValues = new Float64Array(n).fill(1)
  const times = new Float64Array(n)
  for (let piece = 0; piece < pieceOf.count; piece++) {
    const rows = rowsIn(pieceOf, piece)
    const own = rows.map((i) => groups[i]!)
    const found = testRows(takeRows(X, rows), own)
    rows.forEach((i, at) => {
      pValues[i] = found.pValues[at]!
      times[i] = found.times[at]!
    })
  }
  const hasAny = flagDiscoveries(pValues, alarmRate).flagged.includes(1)
  const { flagged } = flagDiscoveries(pValues, hasAny ? misfitRate : alarmRate)
  return Array.from(flagged.keys())
    .filter((i) => flagged[i] === 1)
    .map((i) => ({ row: i, pValue: pValues[i]!, times: times[i]! }))
    .sort((a, b) => a.pValue - b.pValue || a.row - b.row)
}

function testRows(X: Matrix, groups: readonly number[]) {
  const without = leaveOut(X, groups)
  let suspects: Uint8Array = new Uint8Array(X.rows)
  const measure = () =>
    leftOutLengths(without(Array.from(groups.keys()).filter((i) => suspects[i] === 0)), X.rows).map(Math.sqrt)
  let found = measure()
  for (let round = 1; round < rounds; round++) {
    const { flagged } = flagDiscoveries(tailPValues(found, suspects, suspectsFrom).pValues, suspectRate)
    const count = flagged.reduce((sum, f) => sum + f, 0)
    if (count > mostSuspects * X.rows || flagged.every((f, i) => f === suspects[i])) break
    suspects = flagged
    found = measure()
  }
  return tailPValues(found, suspects, tailFrom)
}

/** @param from share of the rows below which distances give the scale */
function tailPValues(distances: Float64Array, suspects: Uint8Array, from: number) {
  const reference = distances.filter((_, i) => suspects[i] === 0).sort()
  const n = reference.length
  const at = (share: number) => reference[Math.min(n - 1, Math.round(share * (n - 1)))]!
  const [middle, upper] = [at(0.5), at(from)]
  const unit = upper - middle || Number.MIN_VALUE
  // an exponential tail has ln(0.5 / (1 - from)) means between its median and that quantile; few rows tell the width only roughly
  const mean = (1 / Math.log(0.5 / (1 - from))) * (1 + 12 / n)
  return {
    pValues: distances.map((s) => (s <= upper ? 1 : (1 - from) * Math.exp(-((s - upper) / unit) / mean))),
    times: distances.map((s) => (upper > 0 ? s / upper : 1)),
  }
}
