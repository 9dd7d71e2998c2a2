import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matrix } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { createClassifier } from '../../src/pipeline/classify.ts'
import { fitFeatures } from '../../src/pipeline/fit-features.ts'
import { createScoreTogether } from '../../src/serving/score-together.ts'

test('images of one turn are scored in one call, as if each had come alone; one that is at fault fails alone', async () => {
  const random = createRandom(5)
  const X = matrix(40, 12)
  for (let k = 0; k < X.data.length; k++) X.data[k] = random.normal() + 2
  const real = createClassifier(await fitFeatures(X), { model: 'x@1' })
  const calls: number[] = []
  const classifier: typeof real = {
    ...real,
    scoreAll: (seen, alpha) => {
      calls.push(seen.length)
      return real.scoreAll(seen, alpha)
    },
  }
  const together = createScoreTogether()
  const images = Array.from({ length: 9 }, () => ({
    embedding: Float64Array.from({ length: 12 }, () => random.normal() + 2),
  }))
  const expected = images.map((image, i) => real.score(image, i < 6 ? undefined : 0.2))
  const found = await Promise.all(images.map((image, i) => together(classifier, image, i < 6 ? undefined : 0.2)))
  assert.deepEqual(found, expected)
  assert.deepEqual(calls, [6, 3])
  const [good, bad] = await Promise.allSettled([
    together(classifier, images[0]!, undefined),
    together(classifier, { embedding: images[0]!.embedding.with(3, Number.NaN) }, undefined),
  ])
  assert.deepEqual(good, { status: 'fulfilled', value: expected[0] })
  assert.equal(bad?.status === 'rejected' && bad.reason.code, 'FEATURES_NOT_FINITE')
})
