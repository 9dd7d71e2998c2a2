/** Which of four parts each dropped image belongs to: of the thing or not, to learn from or to test with. */
import { type Split, splits } from '../../wire/splits.ts'
import type { Picked } from '../files/collect.ts'

export type Parts = Readonly<Record<Split, readonly Picked[]>>

const folders = {
  train: /^(train(ing)?|fit)$/i,
  test: /^(test(ing)?|val(id|idation)?|eval|holdout)$/i,
  positive: /^(positives?|pos|good|ok|normal|belongs)$/i,
  negative: /^(negatives?|neg|bad|ng|not|defect(ive|s)?|anomal(y|ous)|other|others)$/i,
}

/** Where no folder says what tests, every third image does. */
const testEvery = 3

function has(image: Picked, name: keyof typeof folders): boolean {
  return image.name
    .split('/')
    .slice(0, -1)
    .some((part) => folders[name].test(part))
}

/**
 * @param positives what was dropped as the thing; folders in it may say otherwise (positive/, bad/), and what is to test (test/)
 * @param negatives what was dropped as anything else
 */
export function partsOf(positives: readonly Picked[], negatives: readonly Picked[]): Parts {
  const good = [
    ...positives.filter((image) => !has(image, 'negative')),
    ...negatives.filter((image) => has(image, 'positive')),
  ]
  const bad = [
    ...positives.filter((image) => has(image, 'negative')),
    ...negatives.filter((image) => !has(image, 'positive')),
  ]
  const [trainPositive, testPositive] = split(good)
  const [trainNegative, testNegative] = split(bad)
  return { trainPositive, trainNegative, testPositive, testNegative }
}

function split(images: readonly Picked[]): [Picked[], Picked[]] {
  const isSorted = images.some((image) => has(image, 'test'))
  const tests = (image: Picked, i: number) => (isSorted ? has(image, 'test') : i % testEvery === testEvery - 1)
  return [images.filter((image, i) => !tests(image, i)), images.filter(tests)]
}

/** The fewest of each that a comparison can be made of. */
export const leastOf: Readonly<Record<Split, number>> = {
  trainPositive: 8,
  trainNegative: 0,
  testPositive: 1,
  testNegative: 1,
}

export function missing(found: Parts): Split | undefined {
  return splits.find((part) => found[part].length < leastOf[part])
}
