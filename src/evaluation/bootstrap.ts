/**
 * Bootstrap intervals of the AUROC, and of differences between methods on the same images (paired): positives and negatives of
 * the test set are drawn anew with repetition, each within its kind; percentiles of 1000 such draws.
 */
import { studentQuantile } from '../core/beta.ts'
import { binomialInterval } from '../core/exact-tests.ts'
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

/** A share or an area, and what it is on each draw. */
export interface Estimate {
  readonly value: number
  readonly draws: Float64Array
  /** Images that it is known by: of the rarer kind, where two are compared. */
  readonly images: number
}

/** The AUROC, and that of each draw. */
export function resampledAuroc(
  scores: ArrayLike<number>,
  isPositive: ArrayLike<number>,
  { draws }: Resamples,
): Estimate {
  const s = new Float64Array(isPositive.length)
  const y = new Uint8Array(isPositive.length)
  const positives = Array.from(isPositive).filter((one) => one === 1).length
  return {
    value: auroc(scores, isPositive),
    images: Math.min(positives, isPositive.length - positives),
    draws: Float64Array.from(draws, (rows) => {
      for (let k = 0; k < rows.length; k++) {
        s[k] = scores[rows[k]!]!
        y[k] = isPositive[rows[k]!] ? 1 : 0
      }
      return auroc(s, y)
    }),
  }
}

/**
 * The 95 % interval of an AUROC. Where all images are ranked right, or all wrong, every draw is the same, of two images too. There it is
 * exact: m, the number of the rarer kind, pairs without a common image were all ranked right, and the interval is that of Clopper and
 * Pearson for m of m.
 */
export function aurocInterval(estimate: Estimate): Interval {
  const { value, images: m } = estimate
  return value === 0 || value === 1 ? binomialInterval(value * m, m) : intervalOf(estimate, 0)
}

/**
 * Whether `other` differs from `best`: the interval of the difference best - other over the same draws. Where no draw differs it is exact:
 * none of m pairs was judged differently, so the share of those that are lies below the upper end of Clopper and Pearson's interval for 0
 * of m, and the difference is no larger.
 */
export function pairedDifference(best: Estimate, other: Estimate): { interval: Interval; isReal: boolean } {
  const draws = best.draws.map((value, k) => value - other.draws[k]!)
  const { images } = best
  if (draws.every((difference) => difference === 0)) {
    const most = binomialInterval(0, images)[1]
    return { interval: [-most, most], isReal: false }
  }
  const interval = intervalOf({ value: best.value - other.value, draws, images }, -1)
  return { interval, isReal: interval[0] > 0 || interval[1] < 0 }
}

/** From so many images on percentiles are taken as they are: they would be widened by less than a fifteenth. */
const many = 30
/** z with P(|Z| > z) = .05, where Z has the normal distribution. */
const normalQuantile = 1.959963984540054

/**
 * The 95 % interval. Of few images percentiles are too narrow: the bootstrap takes their spread for known, and for (m - 1) / m of what it
 * is. Both are mended as Hesterberg does (The American Statistician 69, 2015), with Student's quantile. One image says nothing.
 * @param least that the value can be; 1 is the most
 */
function intervalOf({ value, draws, images: m }: Estimate, least: number): Interval {
  if (m < 2) return [least, 1]
  const [low, high] = percentileInterval(draws)
  const factor = m < many ? (studentQuantile(0.05, m - 1) / normalQuantile) * Math.sqrt(m / (m - 1)) : 1
  return [Math.max(least, value - (value - low) * factor), Math.min(1, value + (high - value) * factor)]
}

/** Percentiles around the middle `level` of the values (linear interpolation). */
function percentileInterval(values: Float64Array, level = 0.95): Interval {
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
