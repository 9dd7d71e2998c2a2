/**
 * Detectors that isolate, on whitened rows: the forest that is served, and what was published since. All but trees need only the
 * distances to the rows that they are fitted on.
 */
import { type Matrix, matrix } from '../src/core/matrix.ts'
import { timesTransposed } from '../src/core/products.ts'
import { type Random, sample } from '../src/core/random.ts'
import { averagePathLength, growIsolationTrees, scoreIsolationTrees } from '../src/detectors/isolation-trees.ts'
import { rotateColumns } from '../src/detectors/rotation.ts'

/** Rows to fit on and rows to score, with their Euclidean distances. */
export interface Rows {
  /** Shape (n, d). */
  readonly fit: Matrix
  /** Shape (m, d). */
  readonly judged: Matrix
  /** Shape (n, n). */
  readonly within: Matrix
  /** Shape (m, n). */
  readonly across: Matrix
}

/** Anomaly score of each judged row. */
export type Kind = (rows: Rows, random: Random) => Float64Array

export const kinds: Readonly<Record<string, Kind>> = {
  'isolation forest (served)': forest,
  'forest after a random rotation': rotatedForest,
  'forest, half of it after a random rotation': halfRotatedForest,
  'extended forest: cuts along 2,048 random directions': extendedForest,
  'SCiForest: best of 10 cuts along two columns': (rows, random) => sciForest(rows, random, 300),
  'iNNE, 8 rows a sample': (rows, random) => inne(rows, random, 8),
  'iNNE, 32 rows a sample': (rows, random) => inne(rows, random, 32),
  'IDK (Voronoi cells), 8 rows a sample': (rows, random) => idk(rows, random, 8),
  'IDK (Voronoi cells), 32 rows a sample': (rows, random) => idk(rows, random, 32),
  'IDK (hyperspheres), 16 rows a sample': (rows, random) => idkSpheres(rows, random, 16),
  'nearest neighbour': ({ across }) => nearest(across, 1),
  'mean of five nearest neighbours': ({ across }) => nearest(across, 5),
  'distance from the mean': ({ judged }) => lengths(judged),
}

export function distances(a: Matrix, b: Matrix): Matrix {
  const [ofA, ofB] = [lengths(a), lengths(b)]
  const products = timesTransposed(a, b)
  return matrix(
    a.rows,
    b.rows,
    products.data.map((product, at) => {
      const [i, j] = [Math.floor(at / b.rows), at % b.rows]
      return Math.sqrt(Math.max(0, ofA[i]! ** 2 + ofB[j]! ** 2 - 2 * product))
    }),
  )
}

function lengths({ rows, cols, data }: Matrix): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => Math.hypot(...data.subarray(i * cols, (i + 1) * cols)))
}

function nearest({ rows, cols, data }: Matrix, count: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => {
    const sorted = Float64Array.from(data.subarray(i * cols, (i + 1) * cols)).sort()
    return sorted.subarray(0, count).reduce((sum, value) => sum + value, 0) / count
  })
}

function forest({ fit, judged }: Pick<Rows, 'fit' | 'judged'>, random: Random): Float64Array {
  return scoreIsolationTrees(growIsolationTrees(fit, { trees: 1000, subsample: 256 }, random).trees, judged)
}

function rotatedForest({ fit, judged }: Rows, random: Random): Float64Array {
  const rotated = (X: Matrix) => {
    const copy = matrix(X.rows, X.cols, X.data.slice())
    rotateColumns(copy)
    return copy
  }
  return forest({ fit: rotated(fit), judged: rotated(judged) }, random)
}

function halfRotatedForest({ fit, judged }: Rows, random: Random): Float64Array {
  const half = { trees: 500, subsample: 256 }
  const plain = scoreIsolationTrees(growIsolationTrees(fit, half, random).trees, judged)
  const copies = [fit, judged].map((X) => matrix(X.rows, X.cols, X.data.slice()))
  for (const copy of copies) rotateColumns(copy)
  const rotated = scoreIsolationTrees(growIsolationTrees(copies[0]!, half, random).trees, copies[1]!)
  return plain.map((score, i) => Math.sqrt(score * rotated[i]!))
}

/** Hariri, Carrasco Kind and Brunner 2019, with directions from a pool. */
function extendedForest({ fit, judged }: Rows, random: Random): Float64Array {
  const directions = matrix(2048, fit.cols)
  for (let k = 0; k < directions.data.length; k++) directions.data[k] = normal(random)
  return forest({ fit: timesTransposed(fit, directions), judged: timesTransposed(judged, directions) }, random)
}

const samples = 200

/** Bandaragoda et al. 2018, "Isolation-based anomaly detection using nearest-neighbor ensembles". */
function inne({ within, across }: Rows, random: Random, size: number): Float64Array {
  const scores = new Float64Array(across.rows)
  for (let t = 0; t < samples; t++) {
    const { rows, radius, next } = spheres(within, random, size)
    for (let i = 0; i < across.rows; i++) {
      let best = -1
      for (let k = 0; k < rows.length; k++) {
        const isInside = across.data[i * across.cols + rows[k]!]! <= radius[k]!
        if (isInside && (best < 0 || radius[k]! < radius[best]!)) best = k
      }
      scores[i]! += best < 0 ? 1 : 1 - radius[next[best]!]! / radius[best]!
    }
  }
  return scores
}

/** Ting et al. 2020, "Isolation distributional kernel": one less the similarity to the mean of all rows; cells of the nearest row. */
function idk({ within, across }: Rows, random: Random, size: number): Float64Array {
  const scores = new Float64Array(across.rows)
  for (let t = 0; t < samples; t++) {
    const rows = sample(within.rows, Math.min(size, within.rows), random)
    const mass = new Float64Array(rows.length)
    for (let i = 0; i < within.rows; i++) mass[nearestOf(within, i, rows)]! += 1 / within.rows
    for (let i = 0; i < across.rows; i++) scores[i]! -= mass[nearestOf(across, i, rows)]!
  }
  return scores
}

/** The same with hyperspheres: a row outside of all of them is like nothing. */
function idkSpheres({ within, across }: Rows, random: Random, size: number): Float64Array {
  const scores = new Float64Array(across.rows)
  for (let t = 0; t < samples; t++) {
    const { rows, radius } = spheres(within, random, size)
    const cellOf = (to: Matrix, i: number) => {
      const k = nearestOf(to, i, rows)
      return to.data[i * to.cols + rows[k]!]! <= radius[k]! ? k : -1
    }
    const mass = new Float64Array(rows.length)
    for (let i = 0; i < within.rows; i++) {
      const cell = cellOf(within, i)
      if (cell >= 0) mass[cell]! += 1 / within.rows
    }
    for (let i = 0; i < across.rows; i++) {
      const cell = cellOf(across, i)
      if (cell >= 0) scores[i]! -= mass[cell]!
    }
  }
  return scores
}

/** A sample, the distance of each to its nearest in the sample, and which that is. */
function spheres(within: Matrix, random: Random, size: number) {
  const rows = sample(within.rows, Math.min(size, within.rows), random)
  const next = new Int32Array(rows.length)
  const radius = new Float64Array(rows.length).fill(Number.POSITIVE_INFINITY)
  for (let k = 0; k < rows.length; k++) {
    for (let l = 0; l < rows.length; l++) {
      const far = within.data[rows[k]! * within.cols + rows[l]!]!
      if (l === k || far >= radius[k]!) continue
      radius[k] = far
      next[k] = l
    }
  }
  return { rows, radius, next }
}

function nearestOf(to: Matrix, i: number, rows: Int32Array): number {
  let best = 0
  for (let k = 1; k < rows.length; k++)
    if (to.data[i * to.cols + rows[k]!]! < to.data[i * to.cols + rows[best]!]!) best = k
  return best
}

interface Cut {
  readonly columns: readonly [number, number]
  readonly weights: readonly [number, number]
  readonly at: number
  readonly low: Node
  readonly high: Node
}
type Node = Cut | number

/** Liu, Ting and Zhou 2010, "On detecting clustered anomalies using SCiForest": the cut that lowers the spread on both sides most. */
function sciForest({ fit, judged }: Rows, random: Random, trees: number): Float64Array {
  const size = Math.min(256, fit.rows)
  const most = Math.ceil(Math.log2(size))
  const grow = (points: Int32Array, depth: number): Node => {
    if (depth >= most || points.length < 2) return depth + averagePathLength(points.length)
    let best: { cut: Omit<Cut, 'low' | 'high'>; gain: number } | undefined
    for (let k = 0; k < 10; k++) {
      const columns = [random.int(fit.cols), random.int(fit.cols)] as const
      const weights = columns.map(
        (c) => (2 * random.next() - 1) / (spread(points, (p) => fit.data[p * fit.cols + c]!) || 1),
      )
      const cut = { columns, weights: weights as unknown as Cut['weights'] }
      const { at, gain } = bestCut(Float64Array.from(points, (p) => along(fit, p, cut)).sort())
      if (gain > (best?.gain ?? 0)) best = { cut: { ...cut, at }, gain }
    }
    if (best === undefined) return depth + averagePathLength(points.length)
    const { cut } = best
    const isLow = (p: number) => along(fit, p, cut) <= cut.at
    const low = points.filter(isLow)
    const high = points.filter((p) => !isLow(p))
    return { ...cut, low: grow(low, depth + 1), high: grow(high, depth + 1) }
  }
  const scores = new Float64Array(judged.rows)
  for (let t = 0; t < trees; t++) {
    const root = grow(sample(fit.rows, size, random), 0)
    for (let i = 0; i < judged.rows; i++) {
      let node = root
      while (typeof node !== 'number') node = along(judged, i, node) <= node.at ? node.low : node.high
      scores[i]! -= node
    }
  }
  return scores
}

function along({ data, cols }: Matrix, i: number, { columns, weights }: Pick<Cut, 'columns' | 'weights'>): number {
  return weights[0] * data[i * cols + columns[0]]! + weights[1] * data[i * cols + columns[1]]!
}

/** Of sorted values: where the mean of both sides' deviations is least, and what it gains (equation 1 of the paper). */
function bestCut(sorted: Float64Array): { at: number; gain: number } {
  const n = sorted.length
  const sums = new Float64Array(n + 1)
  const squares = new Float64Array(n + 1)
  sorted.forEach((value, i) => {
    sums[i + 1] = sums[i]! + value
    squares[i + 1] = squares[i]! + value * value
  })
  const deviation = (from: number, to: number) => {
    const mean = (sums[to]! - sums[from]!) / (to - from)
    return Math.sqrt(Math.max(0, (squares[to]! - squares[from]!) / (to - from) - mean * mean))
  }
  const whole = deviation(0, n)
  let best = { at: 0, gain: 0 }
  for (let i = 1; i < n; i++) {
    if (sorted[i] === sorted[i - 1]) continue
    const gain = whole > 0 ? (whole - (deviation(0, i) + deviation(i, n)) / 2) / whole : 0
    if (gain > best.gain) best = { at: (sorted[i - 1]! + sorted[i]!) / 2, gain }
  }
  return best
}

function spread(points: Int32Array, value: (p: number) => number): number {
  let [sum, squares] = [0, 0]
  for (const p of points) [sum, squares] = [sum + value(p), squares + value(p) ** 2]
  return Math.sqrt(Math.max(0, squares / points.length - (sum / points.length) ** 2))
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}
