/** The area under the ROC curve. */

/** Share of pairs in which the negative has the higher score. */
export function areaUnder(positives: Float64Array, negatives: Float64Array): number {
  const sorted = positives.toSorted()
  let pairs = 0
  for (const score of negatives) {
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (sorted[middle]! < score) low = middle + 1
      else high = middle
    }
    pairs += low
  }
  return pairs / (positives.length * negatives.length)
}
