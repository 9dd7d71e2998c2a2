/**
 * Conformal calibration: from a raw anomaly score to a p-value, a decision and a score in [0, 1], given the raw scores that
 * held-out positives got. The p-value is p(s) = (1 + #{sᵢ >= s}) / (n + 1) of Bates et al., "Testing for outliers with conformal
 * p-values", arXiv 2104.08279: rejecting at p <= alpha rejects an exchangeable positive with probability at most alpha.
 */
import { power } from '../core/power.ts'
import { OneclassError } from '../errors.ts'

/** Raw scores of held-out positives, ascending. */
export type HeldOutScores = Float64Array

/** @throws ALPHA_INVALID */
export function assertAlpha(alpha: number): void {
  if (!(alpha > 0 && alpha < 1)) {
    throw new OneclassError('ALPHA_INVALID', `Expected alpha between 0 and 1, such as 0.05, but received ${alpha}.`)
  }
}

/** (1 + #{sᵢ >= s}) / (n + 1), in [1 / (n + 1), 1]. */
export function pValue(heldOut: HeldOutScores, s: number): number {
  return (1 + heldOut.length - firstNotBelow(heldOut, s)) / (heldOut.length + 1)
}

/** Raw scores above this are rejected at alpha: s > threshold is the same as p(s) <= alpha. Infinite when n < 1/alpha - 1. */
export function threshold(heldOut: HeldOutScores, alpha: number): number {
  const n = heldOut.length
  const k = rejectable(n, alpha)
  return k === 0 ? Number.POSITIVE_INFINITY : heldOut[n - k]!
}

/**
 * The calibrated score, in [0, 1]: strictly increasing in s, 0.5 where the decision falls, above it exactly for what is rejected.
 * It is a / (a + q(s)), where q is a strictly decreasing curve along the p-values (geometric between held-out scores,
 * hyperbolic beyond the largest) and a = q(threshold): the odds of "as anomalous as what alpha allows" against "as anomalous as this
 * image".
 */
export function calibratedScore(heldOut: HeldOutScores, s: number, alpha: number): number {
  const limit = threshold(heldOut, alpha)
  const q = smoothPValue(heldOut, s)
  // so few positives that nothing can be rejected at this alpha: everything lies below 0.5
  if (limit === Number.POSITIVE_INFINITY) return 0.5 * (1 - q)
  const a = smoothPValue(heldOut, limit)
  return a / (a + q)
}

/** k such that p <= alpha when fewer than k held-out scores are >= s: floor(alpha (n + 1)), without rounding accidents. */
export function rejectable(n: number, alpha: number): number {
  const exact = alpha * (n + 1)
  let k = Math.floor(exact)
  while ((k + 1) / (n + 1) <= alpha) k++
  while (k > 0 && k / (n + 1) > alpha) k--
  return k
}

/** (1/2 + #{sᵢ >= s}) / (n + 1) at each distinct held-out score and strictly decreasing everywhere, in (0, 1). */
function smoothPValue(heldOut: HeldOutScores, s: number): number {
  const n = heldOut.length
  const lowest = heldOut[0]!
  const highest = heldOut[n - 1]!
  const spread = (highest - lowest) / 4 || Math.abs(highest) || 1
  const at = (value: number): number => pValue(heldOut, value) - 0.5 / (n + 1)
  if (s >= highest) return at(highest) / (1 + (s - highest) / spread)
  if (s < lowest) return 1 - (1 - at(lowest)) / (1 + (lowest - s) / spread)
  const upper = firstAbove(heldOut, s)
  const left = heldOut[upper - 1]!
  const from = at(left)
  return from * power(at(heldOut[upper]!) / from, (s - left) / (heldOut[upper]! - left))
}

/** Index of the first element >= s. */
export function firstNotBelow(sorted: Float64Array, s: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < s) low = middle + 1
    else high = middle
  }
  return low
}

/** Index of the first element > s. */
function firstAbove(sorted: Float64Array, s: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! <= s) low = middle + 1
    else high = middle
  }
  return low
}
