/** When places join a model: drawn defects must be told from good images clearly better with them. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { createRandom } from '../../src/core/random.ts'
import { choosePatchWeight } from '../../src/detectors/patches/patch-weight.ts'

/** Scores of 400 good images and of as many with a defect, which shifts the pooled and the places' scores by so many deviations. */
function choose(pooled: number, patches: number, isLarger = false) {
  const random = createRandom(7)
  const judged = (a: number, b: number) => ({
    pooled: Float64Array.from({ length: 400 }, () => a + random.normal()),
    patches: Float64Array.from({ length: 400 }, () => b + random.normal()),
  })
  return choosePatchWeight(judged(0, 0), judged(pooled, patches), isLarger)
}

test('places join where they tell more defects', () => {
  const { weight, without, with: joined } = choose(0.8, 1.5)
  assert.ok(weight > 0 && joined > without + 0.02, `${weight}: ${without} to ${joined}`)
})

test('places join where little is left to gain, if they gain a third of it', () => {
  const { weight, without, with: joined } = choose(2.9, 2.9)
  assert.ok(without > 0.97 && joined - without < 0.02, `${without} to ${joined}`)
  assert.ok(weight > 0)
})

test('a small gain is enough where the large image is looked at anyway, for the smallest weight', () => {
  assert.equal(choose(1.4, 0.7).weight, 0)
  const { weight, without, with: joined } = choose(1.4, 0.7, true)
  assert.equal(weight, 0.25)
  assert.ok(joined > without && joined - without < 0.02, `${without} to ${joined}`)
})

test('places stay out where they add nothing', () => {
  assert.equal(choose(1, 0).weight, 0)
  assert.equal(choose(0, 0).weight, 0)
  assert.equal(choose(1, 0, true).weight, 0)
})
