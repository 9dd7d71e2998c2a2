/**
 * Bootstrap intervals of the AUROC, and of differences between methods on the same images (paired): positives and negatives of
 * the test set are drawn anew with repetition, each within its kind; percentiles of 1000 such draws.
 */
import { createRandom } from '../core/random.ts'
import { auroc } from './metrics.ts'

export type Interval = readonly [number, number]

export interface Resamples {
  /** Rows of the test set, one array a draw. */
  readonly draws: readonly Int32Array[]
}

/** The same draws for every method, which is what makes comparisons paired. */
export function drawResamples(isPositive: ArrayLike<number>, count: number, seed: number): Resamples {
  const kinds: [number[], number[]] = [[], []]
  for (let i = 0; i < isPositive.length; i++) kinds[isPositive[i] ? 1 : 0].push(i)
  const random = createRandom(seed).fork('bootstrap')
  const draws = Array.from({ length: count }, () => {
    const rows = new Int32Array(isPositive.length)
    let at = 0
    for (const kind of kinds) for (let k = 0; k < kind.length; k++) rows[at++] = kind[random.int(kind.length)]!
    return rows
  })
  return { draws }
}

/** The AUROC of each draw. */
export function resampledAuroc(
  scores: ArrayLike<number>,
  isPositive: ArrayLike<number>,
  { draws }: Resamples,
): Float64Array {
  const s = new Float64Array(isPositive.length)
  const y = new Uint8Array(isPositive.length)
  return Float64Array.from(draws, (rows) => {
    for (let k = 0; k < rows.length; k++) {
      s[k] = scores[rows[k]!]!
      y[k] = isPositive[rows[k]!] ? 1 : 0
    }
    return auroc(s, y)
  })
}

/** Percentiles around the middle `level` of the values (linear interpolation). */
export function percentileInterval(values: Float64Array, level = 0.95): Interval {
  const sorted = values.toSorted()
  return [quantile(sorted, (1 - level) / 2), quantile(sorted, (1 + level) / 2)]
}

/** @param sorted ascending, not empty */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = share * (sorted.length - 1)
  const low = Math.floor(at)
  const high = Math.min(low + 1, sorted.length - 1)
  return sorted[low]! + (sorted[high]! - sorted[low]!) * (at - low)
}

/** Whether `other` differs from `best`: the interval of the difference best - other over the same draws. */
export function pairedDifference(best: Float64Array, other: Float64Array): { interval: Interval; isReal: boolean } {
  const interval = percentileInterval(best.map((value, k) => value - other[k]!))
  return { interval, isReal: interval[0] > 0 || interval[1] < 0 }
}
