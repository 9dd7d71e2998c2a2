import assert from 'node:assert/strict'
import test from 'node:test'
import { createRandom } from '../../src/core/random.ts'
import { assertAlpha, calibratedScore, pValue, threshold } from '../../src/detectors/calibration.ts'

const heldOut = Float64Array.from({ length: 199 }, (_, i) => i)

test('p-values are (1 + #{held out >= s}) / (n + 1)', () => {
  assert.equal(pValue(heldOut, 198), 2 / 200)
  assert.equal(pValue(heldOut, 198.5), 1 / 200)
  assert.equal(pValue(heldOut, -1), 1)
  assert.equal(pValue(heldOut, 0), 1)
  assert.equal(pValue(Float64Array.of(1, 1, 1), 1), 1)
})

test('at every alpha: rejected by p-value, above the threshold and above 0.5 are the same thing', () => {
  const ties = Float64Array.of(0, 1, 1, 1, 2, 3, 3, 5, 8, 8)
  for (const scores of [heldOut, ties, Float64Array.of(4)]) {
    for (const alpha of [0.001, 0.01, 0.05, 0.1, 0.3, 0.5, 0.9, Math.min(0.99, 2 / (scores.length + 1))]) {
      for (let s = -3; s < scores.at(-1)! + 4; s += 0.25) {
        const isRejected = pValue(scores, s) <= alpha
        assert.equal(s > threshold(scores, alpha), isRejected, `threshold, alpha ${alpha}, s ${s}`)
        assert.equal(calibratedScore(scores, s, alpha) > 0.5, isRejected, `score, alpha ${alpha}, s ${s}`)
      }
      const limit = threshold(scores, alpha)
      if (Number.isFinite(limit)) assert.equal(calibratedScore(scores, limit, alpha), 0.5)
    }
  }
})

test('the calibrated score stays in [0, 1] and rises strictly, ties and far-away scores included', () => {
  const random = createRandom(3)
  const ties = Float64Array.from({ length: 50 }, () => Math.round(4 * random.normal()) / 4).sort()
  for (const alpha of [0.001, 0.05, 0.5]) {
    const grid = [-1e6, -1e3, -50, ...Array.from({ length: 2001 }, (_, i) => -10 + i / 100), 50, 1e3, 1e6]
    let last = -1
    for (const s of grid) {
      const score = calibratedScore(ties, s, alpha)
      assert.ok(score > last, `alpha ${alpha}: ${score} at ${s} after ${last}`)
      assert.ok(score >= 0 && score <= 1)
      last = score
    }
  }
})

test('alpha must lie between 0 and 1', () => {
  for (const alpha of [0, 1, -0.1, 2, Number.NaN]) assert.throws(() => assertAlpha(alpha), { code: 'ALPHA_INVALID' })
})
