/** The area under the ROC curve. */
import { firstNotBelow } from './calibration.ts'

/** Share of pairs in which the negative has the higher score. */
export function areaUnder(positives: Float64Array, negatives: Float64Array): number {
  const sorted = positives.toSorted()
  let pairs = 0
  for (const score of negatives) pairs += firstNotBelow(sorted, score)
  return pairs / (positives.length * negatives.length)
}
