/** Which images a method is proud of, and which it should be ashamed of. */
import type { ImageScore } from '../compare-report.ts'

const each = 6

export interface Gallery {
  readonly title: string
  readonly images: readonly ImageScore[]
}

/** Four rows of images: surest and least sure positives, most and least alien negatives. */
export function bestAndWorst(images: readonly ImageScore[], key: string): Gallery[] {
  const of = (positive: boolean) =>
    images
      .filter((image) => image.isPositive === positive && image.scores[key])
      .toSorted((a, b) => a.scores[key]!.score - b.scores[key]!.score)
  const [positives, negatives] = [of(true), of(false)]
  return [
    { title: 'Of the class, surest', images: positives.slice(0, each) },
    { title: 'Of the class, oddest', images: positives.slice(-each).toReversed() },
    { title: 'Others, nearest to the class', images: negatives.slice(0, each) },
    { title: 'Others, farthest', images: negatives.slice(-each).toReversed() },
  ].filter((gallery) => gallery.images.length > 0)
}
