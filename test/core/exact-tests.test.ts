/** Golden values by SciPy 1.11: binomtest(...).proportion_ci('exact'), betabinom.sf, binomtest(k, n).pvalue, ks_2samp(mode='exact'). */
import assert from 'node:assert/strict'
import test from 'node:test'
import { studentQuantile } from '../../src/core/beta.ts'
import { betaBinomialTail, binomialInterval, mcNemar } from '../../src/core/exact-tests.ts'
import { createRandom } from '../../src/core/random.ts'
import { pValue } from '../../src/detectors/calibration.ts'
import { checkUniformity } from '../../src/detectors/uniformity.ts'

const near = (a: number, b: number, tolerance = 1e-9) => assert.ok(Math.abs(a - b) < tolerance, `${a} is not ${b}`)

test('intervals of a share', () => {
  // 0 of n: 1 - (0.025)^(1/n); n of n mirrors it; 5 of 100 is in every table
  near(binomialInterval(0, 20)[1], 1 - 0.025 ** (1 / 20))
  near(binomialInterval(20, 20)[0], 0.025 ** (1 / 20))
  const [low, high] = binomialInterval(5, 100)
  near(low, 0.01643, 1e-5)
  near(high, 0.11283, 1e-5)
  assert.ok(binomialInterval(0, 0).every(Number.isNaN))
})

test("Student's quantiles are those of the tables", () => {
  near(studentQuantile(0.05, 1), 12.7062, 1e-4)
  near(studentQuantile(0.05, 4), 2.776445, 1e-6)
  near(studentQuantile(0.01, 30), 2.749996, 1e-6)
})

test('the tail of a share that is itself uncertain', () => {
  // Beta(1, 1): every count from 0 to n is equally likely
  near(betaBinomialTail(3, 9, 1, 1), 0.7)
  near(betaBinomialTail(0, 9, 4, 80), 1)
  // one trial: the mean of the Beta
  near(betaBinomialTail(1, 1, 10, 191), 10 / 201)
})

test("McNemar's exact test", () => {
  near(mcNemar(0, 5), 2 / 32)
  near(mcNemar(5, 0), 2 / 32)
  assert.equal(mcNemar(0, 0), 1)
  assert.equal(mcNemar(4, 4), 1)
  near(mcNemar(1, 9), (2 * (1 + 10)) / 1024)
})

test('uniformity: exact for small samples, an alarm as often as is said, and where it should', () => {
  // both samples of two: the two orders of six that are furthest apart have distance 1
  near(checkUniformity([1 / 3, 1 / 3], 2)!.pValue, 1 / 3)
  near(checkUniformity([1, 1], 2)!.pValue, 1 / 3)
  near(checkUniformity([2 / 3, 2 / 3], 2)!.distance, 0.5)
  assert.equal(checkUniformity([], 10), undefined)
  const random = createRandom(4)
  const draw = (count: number, shift = 0) => Float64Array.from({ length: count }, () => random.next() + shift)
  let alarms = 0
  for (let k = 0; k < 2000; k++) {
    const heldOut = draw(40).sort()
    if (
      !checkUniformity(
        Array.from(draw(25), (s) => pValue(heldOut, s)),
        40,
      )!.isUniform
    )
      alarms++
  }
  assert.ok(alarms > 0.03 * 2000 && alarms <= 0.06 * 2000, `${alarms} alarms of 2000`)
  const heldOut = draw(200).sort()
  assert.equal(
    checkUniformity(
      Array.from(draw(100, 0.3), (s) => pValue(heldOut, s)),
      200,
    )!.isUniform,
    false,
  )
})

test('uniformity: the limit for large samples is near the exact value', () => {
  const spread = Array.from({ length: 1500 }, (_, i) => Math.min(1, ((i + 1) / 1500) ** 1.08))
  const exact = checkUniformity(spread.slice(0, 1500), 3000)!
  const limit = checkUniformity(spread, 3400)!
  assert.ok(Math.abs(exact.pValue - limit.pValue) < 0.05, `${exact.pValue} ${limit.pValue}`)
})
