/**
 * What a calibrated threshold promises about new positives, given n held-out scores.
 *
 * Rejected at alpha is what lies above the k-th largest held-out score, k = floor(alpha (n + 1)). The share of new positives
 * beyond it, the realised false-rejection rate of this one fit, has the Beta(k, n + 1 - k) distribution (Vovk, "Conditional
 * validity of inductive conformal predictors", ACML 2012): its mean is at most alpha, which is the average promise, and its
 * quantiles say how far one fit may be from it.
 *
 * Assumed: new positives come from where the photos came from, and the held-out scores are independent of each other. So each
 * group of near-duplicates gives one held-out score, and n is the number of groups (a photo alone is a group of one).
 *
 * With cross-fitting they are not quite independent, and they come from models of fewer photos. What is known is a bound: at most
 * twice alpha on average (jackknife+ and CV+: Barber et al., "Predictive inference with the jackknife+", Annals of Statistics 49,
 * 2021). What is printed is what was measured: somewhat fewer rejections, and a wider range.
 */
import { betaCdf, betaQuantile } from '../core/beta.ts'
import { OneclassError } from '../errors.ts'
import { type CalibrationMethod, loosestDefault, usualAlpha } from '../wire/fit-choices.ts'
import { assertAlpha, rejectable } from './calibration.ts'

/**
 * Cross-fitting, as measured with n of 30 to 1,000 (bench/results/calibration.md): positives are held out of members of fewer photos,
 * which costs few rejections where n is large. Between fits the rate varies as if fewer scores were independent: part of it is chance in
 * the final members, which does not get less with n.
 */
const crossFitted = (n: number) => ({ rate: Math.max(0.5, 1 - 3 / n), worth: 0.85 / (1 + n / 5000) })
const independent = { rate: 1, worth: 1 } as const

/** The range of `expectedFalseRejection` holds in this share of all fits. */
const rangeLevel = 0.9

export interface ExpectedRate {
  /** Over all fits on n positives. */
  readonly mean: number
  /** In `level` of all fits the realised rate lies between these. */
  readonly low: number
  readonly high: number
  readonly level: number
}

/**
 * The false-rejection rate to expect at alpha with n held-out scores; all 0 where nothing can be rejected. Where less than one score lies
 * beyond the threshold, rates crowd at 0: the range then begins there.
 */
export function expectedFalseRejection(
  n: number,
  alpha: number,
  method: CalibrationMethod,
  level = rangeLevel,
): ExpectedRate {
  const k = rejectable(n, alpha)
  if (k === 0) return { mean: 0, low: 0, high: 0, level }
  const { rate, worth } = method === 'split' ? independent : crossFitted(n)
  const mean = (rate * k) / (n + 1)
  const [a, b] = [worth * (n + 1) * mean, worth * (n + 1) * (1 - mean)]
  if (a < 1) return { mean, low: 0, high: betaQuantile(level, a, b), level }
  const tail = (1 - level) / 2
  return { mean, low: betaQuantile(tail, a, b), high: betaQuantile(1 - tail, a, b), level }
}

/** @returns what is known of a model, or what it most likely is: models of earlier builds do not say it */
export function calibrationOf(model: {
  readonly n: number
  readonly calibration?: CalibrationMethod | undefined
}): CalibrationMethod {
  return model.calibration ?? (model.n > splitFrom ? 'split' : 'cross-fit')
}

/** From more rows than this on, a part is set aside for calibration instead of cross-fitting, where nothing else is asked for. */
export const splitFrom = 1000

/** The smallest p-value that n held-out scores allow, 1 / (n + 1): below it no alpha rejects anything. */
export function smallestAlpha(n: number): number {
  return 1 / (n + 1)
}

/** The same in two digits, rounded up: a rounded-down one would reject nothing. */
export function smallestAlphaWords(n: number): string {
  const least = smallestAlpha(n)
  const unit = 10 ** (1 - Math.floor(Math.log10(least)))
  return `${Number((Math.ceil(least * unit - 1e-9) / unit).toPrecision(2))}`
}

/**
 * The alpha of a fit for which none was asked: 0.05, or where n held-out scores are too few to reject anything at 0.05 (n < 19) the
 * strictest that can, up to 0.1. A model that rejects nothing answers no question.
 */
export function defaultAlpha(n: number): number {
  const least = smallestAlpha(n)
  return least <= usualAlpha || least > loosestDefault ? usualAlpha : shortest(least, 2 * least)
}

/** Held-out scores that it takes to reject anything at alpha. */
export function scoresNeeded(alpha: number): number {
  let n = Math.max(1, Math.floor(1 / alpha) - 2)
  while (rejectable(n, alpha) === 0) n++
  return n
}

/** Positives that are no near-duplicates that it takes to reject anything at alpha: a split holds out a quarter of them. */
export function positivesNeeded(alpha: number, method: CalibrationMethod): number {
  return (method === 'split' ? 4 : 1) * scoresNeeded(alpha)
}

/**
 * A tolerance limit (Wilks, "Determination of sample sizes for setting tolerance limits", Ann. Math. Stat. 12, 1941): the largest
 * level at which, with probability `confidence` over the draw of the photos, at most alpha of new positives are rejected.
 * It is a p-value's level k / (n + 1), rounded up to the fewest digits that decide the same.
 * @returns undefined where n held-out scores are too few for any such level
 * @throws ALPHA_INVALID, INVALID_ARGUMENT
 */
export function toleranceAlpha(n: number, alpha: number, confidence: number): number | undefined {
  const k = strictRank(n, alpha, confidence)
  return k === 0 ? undefined : shortest(k / (n + 1), (k + 1) / (n + 1))
}

/** Held-out scores that it takes for a tolerance limit: (1 - alpha)^n <= 1 - confidence. */
export function scoresNeededForTolerance(alpha: number, confidence: number): number {
  return Math.ceil(Math.log(1 - confidence) / Math.log1p(-alpha) - 1e-12)
}

/** @throws INVALID_ARGUMENT */
export function assertConfidence(confidence: number): void {
  if (!(confidence > 0 && confidence < 1)) {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected the confidence between 0 and 1, such as 0.95, but received ${confidence}.`,
    )
  }
}

export type Verdict = 'positive' | 'negative' | 'unsure'

/**
 * Three answers instead of two. Of images at least as anomalous as this one, the class has a share that n held-out scores tell
 * only roughly. `negative`: it is below alpha with 95 % confidence. `positive`: it is above alpha with 95 % confidence.
 * `unsure`: n held-out scores cannot tell.
 */
export function verdictOf(n: number, p: number, alpha: number): Verdict {
  const { negative, positive } = verdictLevels(n, alpha)
  return p <= negative ? 'negative' : p > positive ? 'positive' : 'unsure'
}

/** The two alphas between which the verdict is `unsure`: rejected at `negative`, accepted at `positive`. 0: none is rejected. */
export function verdictLevels(n: number, alpha: number): { readonly negative: number; readonly positive: number } {
  assertAlpha(alpha)
  const confidence = 1 - (1 - rangeLevel) / 2
  const k = strictRank(n, alpha, confidence)
  // the smallest rank whose tail is at least alpha with this confidence: P(Beta(k, n + 1 - k) >= alpha)
  const exceeds = (rank: number) => rank > n || 1 - betaCdf(alpha, rank, n + 1 - rank) >= confidence
  const loose = firstWhere(1, n + 1, exceeds)
  // a p-value of (1 + c) / (n + 1) says that the image lies no farther out than the c-th of the held-out scores
  return { negative: k / (n + 1), positive: loose / (n + 1) }
}

/**
 * Which of m images to flag so that of those flagged at most `rate` are positives, on average over folders: Benjamini and Hochberg,
 * "Controlling the false discovery rate", JRSS B 57, 1995, on conformal p-values (valid there: Bates et al., arXiv 2104.08279,
 * theorem 2, where the held-out scores come from one model; close to it with cross-fitting).
 * @param pValues NaN for what has none, which is neither counted nor flagged
 * @throws INVALID_ARGUMENT
 */
export function flagDiscoveries(pValues: ArrayLike<number>, rate: number): { flagged: Uint8Array; limit: number } {
  assertDiscoveryRate(rate)
  const sorted = Float64Array.from(Array.from(pValues).filter((p) => !Number.isNaN(p))).sort()
  let limit = 0
  sorted.forEach((p, i) => {
    if (p <= (rate * (i + 1)) / sorted.length + 1e-15) limit = p
  })
  return { flagged: Uint8Array.from(pValues, (p) => (p <= limit ? 1 : 0)), limit }
}

/** @throws INVALID_ARGUMENT */
export function assertDiscoveryRate(rate: number): void {
  if (!(rate > 0 && rate < 1)) {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected the false-discovery rate between 0 and 1, such as 0.1, but received ${rate}.`,
    )
  }
}

/** The fewest of m images that must have the smallest p-value of n held-out scores before any is flagged at `rate`. */
export function fewestDiscoveries(n: number, m: number, rate: number): number {
  return Math.ceil((smallestAlpha(n) * m) / rate - 1e-12)
}

/** The largest k in [0, n] with P(Beta(k, n + 1 - k) <= alpha) >= confidence. */
function strictRank(n: number, alpha: number, confidence: number): number {
  assertAlpha(alpha)
  assertConfidence(confidence)
  return firstWhere(1, n + 1, (k) => k > n || betaCdf(alpha, k, n + 1 - k) < confidence) - 1
}

/** The first whole number in [from, to] for which it holds; it holds from there on, and at `to`. */
function firstWhere(from: number, to: number, holds: (value: number) => boolean): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** The number of fewest digits in [low, high). */
function shortest(low: number, high: number): number {
  for (let digits = 1; digits < 15; digits++) {
    const unit = 10 ** (digits - 1 - Math.floor(Math.log10(low)))
    const rounded = Number((Math.ceil(low * unit - 1e-9) / unit).toPrecision(digits))
    if (rounded >= low && rounded < high) return rounded
  }
  return low
}
