/** The images that a method judges best and worst. */
import type { ImageScore } from '../compare-report.ts'

const each = 6

export interface Gallery {
  readonly title: string
  readonly images: readonly ImageScore[]
}

/** Between the most anomalous image that a method accepts and the least that it rejects; none where it decides alike on all. */
export function thresholdOf(images: readonly ImageScore[], key: string): number | undefined {
  const scores = (accepted: boolean) =>
    images.flatMap(({ scores }) => (scores[key]?.accepted === accepted ? scores[key].score : []))
  const [below, above] = [scores(true), scores(false)]
  return below.length > 0 && above.length > 0 ? (Math.max(...below) + Math.min(...above)) / 2 : undefined
}

/** Four rows of images: the least and the most anomalous of the class, and of the others. */
export function bestAndWorst(images: readonly ImageScore[], key: string): Gallery[] {
  const of = (positive: boolean) =>
    images
      .filter((image) => image.isPositive === positive && image.scores[key])
      .toSorted((a, b) => (a.scores[key]?.score ?? 0) - (b.scores[key]?.score ?? 0))
  const [positives, negatives] = [of(true), of(false)]
  return [
    { title: 'Of the class, the most typical', images: positives.slice(0, each) },
    { title: 'Of the class, the most unusual', images: positives.slice(-each).toReversed() },
    { title: 'Others, most like the class', images: negatives.slice(0, each) },
    { title: 'Others, least like the class', images: negatives.slice(-each).toReversed() },
  ].filter((gallery) => gallery.images.length > 0)
}
