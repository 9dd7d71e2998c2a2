/**
 * Do the positives fall into two kinds that lie far apart, such as good parts and defective ones in one folder? Two kinds may be meant
 * (front and back of a thing), so this is a question to ask, never a reason to refuse.
 *
 * The rows are split in two at random. Two-means clustering of one half gives an axis between its two centres; the other half is
 * projected on it. There nothing was fitted, so a gap between the two sides is a gap. The measure is Ashman's D (Ashman, Bird and Zepf,
 * "Detecting bimodality in astronomical datasets", Astronomical Journal 108, 1994): the distance of the two means in root mean
 * squares of the two spreads. One normal distribution cut in the middle has D = 2.6.
 */
import { dot, type Rows, rowReader, rowScales } from '../core/matrix.ts'
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

/**
 * @param rows those that are looked at, such as one of each group of copies: copies of a photo are no evidence of a kind. Default: all
 * @returns undefined where the positives look like one kind
 */
export function findKinds(X: Rows, random: Random, rows?: Int32Array): Kinds | undefined {
  const n = rows?.length ?? X.rows
  if (n < fewestRows) return undefined
  const scales = rowScales(X) // no normalised copy: rows may be many
  const drawn = sample(n, n, random)
  const order = rows ? drawn.map((i) => rows[i]!) : drawn
  const halves = [order.subarray(0, n >> 1), order.subarray(n >> 1)] as const
  const isSmall = new Uint8Array(X.rows)
  let separation = Number.POSITIVE_INFINITY
  for (const [fitted, judged] of [halves, [halves[1], halves[0]]] as const) {
    const axis = axisBetween(X, scales, fitted)
    if (!axis) return undefined
    const rowOf = rowReader(X)
    const along = Float64Array.from(judged, (i) => scales[i]! * dot(rowOf(i), axis, X.cols))
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
function axisBetween(X: Rows, scales: Float64Array, rows: Int32Array): Float64Array | undefined {
  const { cols } = X
  const rowOf = rowReader(X)
  const unitRow = (i: number) => rowOf(i).map((value) => value * scales[i]!)
  // the row farthest from the first, and the row farthest from that one
  const farthest = (from: number) => {
    const x = unitRow(from)
    const along = Float64Array.from(rows, (i) => scales[i]! * dot(rowOf(i), x, cols))
    return rows[along.reduce((best, value, at) => (value < along[best]! ? at : best), 0)]!
  }
  const a = farthest(rows[0]!)
  let centres = [unitRow(a), unitRow(farthest(a))] as const
  for (let round = 0; round < 12; round++) {
    const sums = [new Float64Array(cols), new Float64Array(cols)] as const
    const counts = [0, 0]
    const half = (dot(centres[1], centres[1], cols) - dot(centres[0], centres[0], cols)) / 2
    const difference = centres[1].map((value, j) => value - centres[0][j]!)
    for (const i of rows) {
      const scale = scales[i]!
      const x = rowOf(i)
      const side = scale * dot(x, difference, cols) > half ? 1 : 0
      counts[side]!++
      const sum = sums[side]
      for (let j = 0; j < cols; j++) sum[j]! += x[j]! * scale
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
  // sums of what lies below each cut; measured from the middle, so that squares lose nothing
  const middle = sorted[n >> 1]!
  const sums = new Float64Array(n + 1)
  const squares = new Float64Array(n + 1)
  sorted.forEach((value, i) => {
    sums[i + 1] = sums[i]! + (value - middle)
    squares[i + 1] = squares[i]! + (value - middle) ** 2
  })
  const moments = (from: number, to: number) => {
    const mean = (sums[to]! - sums[from]!) / (to - from)
    return { mean, variance: Math.max(0, (squares[to]! - squares[from]!) / (to - from) - mean * mean) }
  }
  let best: { at: number; above: number; separation: number } | undefined
  for (let k = least; k <= n - least; k++) {
    const [low, high] = [moments(0, k), moments(k, n)]
    const spread = Math.sqrt((low.variance + high.variance) / 2)
    const separation = (high.mean - low.mean) / (spread || Number.MIN_VALUE)
    const at = (sorted[k - 1]! + sorted[k]!) / 2
    if (!best || separation > best.separation) best = { at, above: n - k, separation }
  }
  return best
}
