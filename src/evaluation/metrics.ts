/**
 * How well anomaly scores tell images of the class from others. Throughout, `scores` are anomaly scores (higher is more anomalous)
 * and `isPositive` is 1 for an image of the class, so a good method gives positives the low scores.
 */
import type { Confusion } from '../wire/comparison.ts'

/** ROC: of all thresholds, the share of negatives accepted (x) and of positives accepted (y), from (0, 0) to (1, 1). */
export interface RocPoint {
  readonly falsePositiveRate: number
  readonly truePositiveRate: number
}

/**
 * Probability that a positive scores lower than a negative, ties counting half (Mann-Whitney).
 * @returns NaN when either kind is missing
 */
export function auroc(scores: ArrayLike<number>, isPositive: ArrayLike<number>): number {
  const order = ascending(scores)
  let positivesBelow = 0
  let pairs = 0
  let positives = 0
  let negatives = 0
  for (let at = 0; at < order.length; ) {
    let tiedPositives = 0
    let tiedNegatives = 0
    const value = scores[order[at]!]!
    for (; at < order.length && scores[order[at]!]! === value; at++) {
      if (isPositive[order[at]!]) tiedPositives++
      else tiedNegatives++
    }
    pairs += tiedNegatives * (positivesBelow + tiedPositives / 2)
    positivesBelow += tiedPositives
    positives += tiedPositives
    negatives += tiedNegatives
  }
  return pairs / (positives * negatives)
}

/**
 * Mean precision over the recall steps, images ranked from the least anomalous on; ties enter together (as in scikit-learn's
 * `average_precision_score(isPositive, -scores)`). NaN without positives.
 */
export function averagePrecision(scores: ArrayLike<number>, isPositive: ArrayLike<number>): number {
  let sum = 0
  let before = 0
  const total = count(isPositive, 1)
  for (const { accepted, positives } of steps(scores, isPositive)) {
    sum += (positives - before) * (positives / accepted)
    before = positives
  }
  return sum / total
}

/** One point a distinct score, and the two corners. */
export function rocCurve(scores: ArrayLike<number>, isPositive: ArrayLike<number>): RocPoint[] {
  const positives = count(isPositive, 1)
  const negatives = isPositive.length - positives
  return [
    { falsePositiveRate: 0, truePositiveRate: 0 },
    ...steps(scores, isPositive).map((step) => ({
      falsePositiveRate: (step.accepted - step.positives) / negatives,
      truePositiveRate: step.positives / positives,
    })),
  ]
}

/** The largest share of positives accepted by any threshold that accepts at most the share `limit` of negatives. */
export function truePositiveRateAt(scores: ArrayLike<number>, isPositive: ArrayLike<number>, limit: number): number {
  let best = 0
  for (const point of rocCurve(scores, isPositive)) {
    if (point.falsePositiveRate <= limit + 1e-12) best = Math.max(best, point.truePositiveRate)
  }
  return best
}

/** Counts of the decision. `positive` is an image of the class, `accepted` what the method takes for one. */
export function confusion(accepted: ArrayLike<number>, isPositive: ArrayLike<number>): Confusion {
  const cells = [0, 0, 0, 0]
  for (let i = 0; i < isPositive.length; i++) cells[(isPositive[i] ? 0 : 2) + (accepted[i] ? 0 : 1)]!++
  return {
    positiveAccepted: cells[0]!,
    positiveRejected: cells[1]!,
    negativeAccepted: cells[2]!,
    negativeRejected: cells[3]!,
  }
}

/** Shares of the decision; null where their kind of image is missing. */
export function rates(c: Confusion): {
  falseRejectionRate: number | null
  falseAcceptanceRate: number | null
  accuracy: number | null
} {
  const positives = c.positiveAccepted + c.positiveRejected
  const negatives = c.negativeAccepted + c.negativeRejected
  const total = positives + negatives
  return {
    falseRejectionRate: positives > 0 ? c.positiveRejected / positives : null,
    falseAcceptanceRate: negatives > 0 ? c.negativeAccepted / negatives : null,
    accuracy: total > 0 ? (c.positiveAccepted + c.negativeRejected) / total : null,
  }
}

/** Share of accepted images that are of the class, when the share `prevalence` of all images is. Null when nothing is accepted. */
export function precisionAt(
  falseRejectionRate: number,
  falseAcceptanceRate: number,
  prevalence: number,
): number | null {
  const right = (1 - falseRejectionRate) * prevalence
  const wrong = falseAcceptanceRate * (1 - prevalence)
  return right + wrong > 0 ? right / (right + wrong) : null
}

function steps(scores: ArrayLike<number>, isPositive: ArrayLike<number>): { accepted: number; positives: number }[] {
  const order = ascending(scores)
  const out: { accepted: number; positives: number }[] = []
  let positives = 0
  order.forEach((row, at) => {
    if (isPositive[row]) positives++
    const next = order[at + 1]
    if (next === undefined || scores[next] !== scores[row]) out.push({ accepted: at + 1, positives })
  })
  return out
}

function ascending(scores: ArrayLike<number>): Int32Array {
  return Int32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!)
}

function count(values: ArrayLike<number>, wanted: number): number {
  let n = 0
  for (let i = 0; i < values.length; i++) if (values[i] === wanted) n++
  return n
}
