import assert from 'node:assert/strict'
import test from 'node:test'
import { betaCdf, betaQuantile } from '../../src/core/beta.ts'
import { createRandom } from '../../src/core/random.ts'
import { pValue } from '../../src/detectors/calibration.ts'
import {
  calibrationOf,
  defaultAlpha,
  expectedFalseRejection,
  fewestDiscoveries,
  flagDiscoveries,
  scoresNeeded,
  scoresNeededForTolerance,
  smallestAlpha,
  toleranceAlpha,
  verdictLevels,
  verdictOf,
} from '../../src/detectors/promise.ts'

const near = (value: number, expected: number, within = 1e-11) =>
  assert.ok(Math.abs(value - expected) <= within * Math.max(1, Math.abs(expected)), `${value}, expected ${expected}`)

test('the Beta distribution is that of scipy.stats.beta', () => {
  // cdf(x, a, b)
  near(betaCdf(0.05, 10, 191), 0.5452901913191844)
  near(betaCdf(0.05, 1, 30), 0.7853612360570624)
  near(betaCdf(0.05, 5, 196), 0.9735531999908801)
  near(betaCdf(0.3, 0.5, 0.5), 0.36901011956554536)
  near(betaCdf(0.05, 50, 951), 0.5202589429126763)
  near(betaCdf(0.001, 2.5, 300), 0.01207929038160877)
  assert.deepEqual([betaCdf(0, 3, 4), betaCdf(1, 3, 4)], [0, 1])
  // ppf(p, a, b)
  near(betaQuantile(0.05, 10, 191), 0.027374253525114488)
  near(betaQuantile(0.95, 10, 191), 0.0772109750173381)
  near(betaQuantile(0.05, 1, 30), 0.0017083156444657344)
  near(betaQuantile(0.95, 1, 30), 0.09503385285530411)
  near(betaQuantile(0.95, 50, 951), 0.061758578828174114)
  near(betaQuantile(0.5, 3, 4), 0.42140719069071303)
})

test('200 photos at alpha .05: .027 to .077 in nine of ten fits; the strictest alpha is 1/201', () => {
  const { mean, low, high, level } = expectedFalseRejection(200, 0.05, 'split')
  near(mean, 10 / 201)
  assert.deepEqual([low.toFixed(3), high.toFixed(3), level], ['0.027', '0.077', 0.9])
  assert.equal(smallestAlpha(200), 1 / 201)
  assert.deepEqual(expectedFalseRejection(18, 0.05, 'split'), { mean: 0, low: 0, high: 0, level: 0.9 })
  for (const alpha of [0.5, 0.1, 0.05, 0.01, 0.001, 1 / 3]) {
    const n = scoresNeeded(alpha)
    assert.ok(smallestAlpha(n) <= alpha && (n === 1 || smallestAlpha(n - 1) > alpha), `${alpha}: ${n}`)
  }
})

test('cross-fitting: fewer rejections are expected, in a wider range that begins at 0 with few photos', () => {
  const { mean, low, high } = expectedFalseRejection(200, 0.05, 'cross-fit')
  assert.deepEqual([mean.toFixed(3), low.toFixed(3), high.toFixed(3)], ['0.049', '0.025', '0.079'])
  const few = expectedFalseRejection(30, 0.05, 'cross-fit')
  assert.deepEqual([few.mean.toFixed(3), few.low, few.high.toFixed(3)], ['0.029', 0, '0.071'])
  assert.equal(calibrationOf({ n: 1000 }), 'cross-fit')
  assert.equal(calibrationOf({ n: 1001 }), 'split')
  assert.equal(calibrationOf({ n: 1001, calibration: 'cross-fit' }), 'cross-fit')
})

test('the tolerance limit of 200 at .95 is the 196th score; 59 is the fewest for .05 at .95, as in the tables', () => {
  const alpha = toleranceAlpha(200, 0.05, 0.95)!
  assert.equal(alpha, 0.025)
  assert.ok(alpha >= 5 / 201 && alpha < 6 / 201) // above the 5th largest, which is the 196th of 200
  assert.equal(scoresNeededForTolerance(0.05, 0.95), 59)
  assert.equal(scoresNeededForTolerance(0.01, 0.95), 299)
  assert.equal(toleranceAlpha(58, 0.05, 0.95), undefined)
  assert.ok(toleranceAlpha(59, 0.05, 0.95)! >= 1 / 60)
  for (const c of [0, 1, Number.NaN]) assert.throws(() => toleranceAlpha(200, 0.05, c), { code: 'INVALID_ARGUMENT' })
})

test('over many draws the realised rate keeps its range, and the tolerance limit its confidence', () => {
  const random = createRandom(5)
  const fits = 4000
  for (const n of [59, 100, 200]) {
    const range = expectedFalseRejection(n, 0.05, 'split')
    const strict = toleranceAlpha(n, 0.05, 0.95)!
    let inside = 0
    let kept = 0
    let sum = 0
    for (let fit = 0; fit < fits; fit++) {
      const heldOut = Float64Array.from({ length: n }, () => random.next()).sort()
      const rateAt = (alpha: number) => {
        // scores are uniform: the share of new ones above the k-th largest is one less that score
        const threshold = heldOut.find((s) => pValue(heldOut, s + 1e-12) <= alpha)
        return threshold === undefined ? 0 : 1 - threshold
      }
      const rate = rateAt(0.05)
      sum += rate
      if (rate >= range.low && rate <= range.high) inside++
      if (rateAt(strict) <= 0.05) kept++
    }
    near(sum / fits, range.mean, 0.002)
    assert.ok(Math.abs(inside / fits - 0.9) < 0.015, `n ${n}: ${inside / fits} in the range`)
    assert.ok(kept / fits > 0.94, `n ${n}: ${kept / fits} of the fits at or below alpha`)
  }
})

test('a verdict is unsure where the held-out scores cannot tell, and only there', () => {
  const { negative, positive } = verdictLevels(200, 0.05)
  assert.ok(negative < 0.05 && positive > 0.05)
  assert.equal(negative, 5 / 201)
  assert.equal(verdictOf(200, 1 / 201, 0.05), 'negative')
  assert.equal(verdictOf(200, 5 / 201, 0.05), 'negative')
  assert.equal(verdictOf(200, 6 / 201, 0.05), 'unsure')
  assert.equal(verdictOf(200, 10 / 201, 0.05), 'unsure')
  assert.equal(verdictOf(200, 0.5, 0.05), 'positive')
  assert.equal(verdictOf(30, 1 / 31, 0.05), 'unsure')
  // P(Beta(5, 46) >= .05) is .90, P(Beta(6, 45) >= .05) is .96: the image lies within the fifth, or the sixth, of 50 scores
  assert.equal(verdictOf(50, 6 / 51, 0.05), 'unsure')
  assert.equal(verdictOf(50, 7 / 51, 0.05), 'positive')
  const many = verdictLevels(5000, 0.05)
  assert.ok(many.positive - many.negative < 0.012)
})

test('Benjamini-Hochberg: a worked example, ties, and what has no p-value', () => {
  // Benjamini and Hochberg 1995, section 2.2: four are rejected at .05
  const p = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
  ]
  const { flagged, limit } = flagDiscoveries(p, 0.05)
  assert.equal(
    flagged.reduce((sum, f) => sum + f, 0),
    4,
  )
  assert.equal(limit, 0.0095)
  assert.deepEqual([...flagDiscoveries([0.02, Number.NaN, 0.02, 0.9], 0.05).flagged], [1, 0, 1, 0])
  assert.deepEqual([...flagDiscoveries([0.2, 0.3], 0.05).flagged], [0, 0])
  assert.deepEqual([...flagDiscoveries([], 0.05).flagged], [])
  assert.equal(fewestDiscoveries(200, 100, 0.1), 5)
  assert.throws(() => flagDiscoveries([0.1], 1), { code: 'INVALID_ARGUMENT' })
})

test('with conformal p-values at most the asked share of what is flagged is positive, on average', () => {
  const random = createRandom(11)
  for (const share of [0.1, 0.3, 0.5]) {
    let sum = 0
    const folders = 300
    for (let folder = 0; folder < folders; folder++) {
      const heldOut = Float64Array.from({ length: 200 }, () => random.normal()).sort()
      const anomalies = Math.round(100 * share)
      const ps = Array.from({ length: 100 }, (_, i) => pValue(heldOut, random.normal() + (i < anomalies ? 4 : 0)))
      const { flagged } = flagDiscoveries(ps, 0.1)
      const all = flagged.reduce((total, f) => total + f, 0)
      const wrong = flagged.subarray(anomalies).reduce((total, f) => total + f, 0)
      sum += all === 0 ? 0 : wrong / all
    }
    assert.ok(sum / folders <= 0.1 + 0.01, `${share}: ${sum / folders}`)
  }
})

test('where nobody asks for an alpha it is 0.05, or the strictest that can reject anything up to 0.1', () => {
  assert.deepEqual([1000, 19, 18, 14, 9, 8, 3].map(defaultAlpha), [0.05, 0.05, 0.06, 0.07, 0.1, 0.05, 0.05])
  for (const n of [18, 14, 9]) assert.ok(expectedFalseRejection(n, defaultAlpha(n), 'cross-fit').mean > 0)
})
