/**
 * Do the positives fall into two kinds that lie far apart, such as good parts and defective ones in one folder? Two kinds may be meant
 * (front and back of a thing), so this is a question to ask, never a reason to refuse.
 *
 * The rows are split in two at random. Two-means clustering of one half gives an axis between its two centres; the other half is
 * projected on it. There nothing was fitted, so a gap between the two sides is a gap. The measure is Ashman's D (Ashman, Bird and Zepf,
 * "Detecting bimodality in astronomical datasets", Astronomical Journal 108, 1994): the distance of the two means in root mean
 * squares of the two spreads. One normal distribution cut in the middle has D = 2.6.
 */
import { dot, l2Normalise, type Matrix, row } from '../core/matrix.ts'
import { type Random, sample } from '../core/random.ts'

export interface Kinds {
  /** Rows of the smaller kind. */
  readonly smaller: readonly number[]
  /** Ashman's D on rows that were not clustered. */
  readonly separation: number
}

/** Kinds farther apart than this are asked about. */
const farApart = 5
/** A kind holds at least this share of the rows; fewer are misfits. */
const leastShare = 0.05
const fewestRows = 40

/** @returns undefined where the positives look like one kind */
export function findKinds(X: Matrix, random: Random): Kinds | undefined {
  const n = X.rows
  if (n < fewestRows) return undefined
  const unit = l2Normalise(X)
  const order = sample(n, n, random)
  const halves = [order.subarray(0, n >> 1), order.subarray(n >> 1)] as const
  const isSmall = new Uint8Array(n)
  let separation = Number.POSITIVE_INFINITY
  for (const [fitted, judged] of [halves, [halves[1], halves[0]]] as const) {
    const axis = axisBetween(unit, fitted)
    if (!axis) return undefined
    const along = Float64Array.from(judged, (i) => dot(unit.data, axis, unit.cols, i * unit.cols))
    const cut = bestCut(along)
    if (!cut) return undefined
    separation = Math.min(separation, cut.separation)
    const isSmallSide = cut.above < along.length - cut.above
    judged.forEach((i, at) => {
      if (along[at]! > cut.at === isSmallSide) isSmall[i] = 1
    })
  }
  const smaller = Array.from(isSmall.keys()).filter((i) => isSmall[i] === 1)
  if (separation < farApart || smaller.length < leastShare * n || smaller.length > n / 2 + 0.1 * n) return undefined
  return { smaller, separation }
}

/** From one centre to the other of two-means clustering, unit length; undefined where a cluster is empty. */
function axisBetween(unit: Matrix, rows: Int32Array): Float64Array | undefined {
  const { cols } = unit
  // the row farthest from the first, and the row farthest from that one
  const farthest = (from: number) =>
    rows.reduce((best, i) => (inner(unit, i, from) < inner(unit, best, from) ? i : best), rows[0]!)
  const a = farthest(rows[0]!)
  let centres = [row(unit, a).slice(), row(unit, farthest(a)).slice()] as const
  for (let round = 0; round < 12; round++) {
    const sums = [new Float64Array(cols), new Float64Array(cols)] as const
    const counts = [0, 0]
    const half = (dot(centres[1], centres[1], cols) - dot(centres[0], centres[0], cols)) / 2
    const difference = centres[1].map((value, j) => value - centres[0][j]!)
    for (const i of rows) {
      const side = dot(unit.data, difference, cols, i * cols) > half ? 1 : 0
      counts[side]!++
      const r = row(unit, i)
      for (let j = 0; j < cols; j++) sums[side][j]! += r[j]!
    }
    if (counts[0] === 0 || counts[1] === 0) return undefined
    centres = [sums[0].map((value) => value / counts[0]!), sums[1].map((value) => value / counts[1]!)]
  }
  const axis = centres[1].map((value, j) => value - centres[0][j]!)
  const length = Math.sqrt(dot(axis, axis, cols))
  return length > 0 ? axis.map((value) => value / length) : undefined
}

/** Where a line is cut so that the two sides are the most narrow, and how far apart they then are. */
function bestCut(values: Float64Array): { at: number; above: number; separation: number } | undefined {
  const sorted = values.toSorted()
  const n = sorted.length
  const least = Math.max(2, Math.ceil(leastShare * n))
  let best: { at: number; above: number; separation: number } | undefined
  for (let k = least; k <= n - least; k++) {
    const [low, high] = [moments(sorted.subarray(0, k)), moments(sorted.subarray(k))]
    const spread = Math.sqrt((low.variance + high.variance) / 2)
    const separation = (high.mean - low.mean) / (spread || Number.MIN_VALUE)
    const at = (sorted[k - 1]! + sorted[k]!) / 2
    if (!best || separation > best.separation) best = { at, above: n - k, separation }
  }
  return best
}

function moments(values: Float64Array): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length }
}

function inner(m: Matrix, i: number, j: number): number {
  return dot(m.data, m.data, m.cols, i * m.cols, j * m.cols)
}
