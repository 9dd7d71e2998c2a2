/**
 * Metrics against scikit-learn 1.9.1. The recipe of the golden values:
 *   y = np.array([(i*7)%3 == 0 for i in range(40)])
 *   s = np.array([np.floor((((i*37)%23)/10 - (0.8 if y[i] else 0)) * 5) / 5 for i in range(40)])   # 15 distinct values
 *   roc_auc_score(y, -s); average_precision_score(y, -s); f, t, _ = roc_curve(y, -s); [max(t[f <= a]) for a in (.05, .1, .3)]
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../../src/core/random.ts'
import { aurocInterval, drawResamples, pairedDifference, resampledAuroc } from '../../src/evaluation/bootstrap.ts'
import {
  auroc,
  averagePrecision,
  confusion,
  precisionAt,
  rates,
  rocCurve,
  truePositiveRateAt,
} from '../../src/evaluation/metrics.ts'

const y = Array.from({ length: 40 }, (_, i) => ((i * 7) % 3 === 0 ? 1 : 0))
const s = y.map((positive, i) => Math.floor((((i * 37) % 23) / 10 - (positive ? 0.8 : 0)) * 5) / 5)
const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`)

test('AUROC and average precision are those of scikit-learn, with ties', () => {
  close(auroc(s, y), 0.7486263736263735)
  close(averagePrecision(s, y), 0.6756344532660321)
  close(truePositiveRateAt(s, y, 0.05), 0.35714285714285715)
  close(truePositiveRateAt(s, y, 0.1), 0.35714285714285715)
  close(truePositiveRateAt(s, y, 0.3), 0.5)
})

test('a perfect, a reversed and a constant score', () => {
  const truth = [1, 1, 0, 0]
  assert.equal(auroc([0, 1, 2, 3], truth), 1)
  assert.equal(auroc([3, 2, 1, 0], truth), 0)
  assert.equal(auroc([5, 5, 5, 5], truth), 0.5)
  assert.equal(averagePrecision([5, 5, 5, 5], truth), 0.5)
  assert.deepEqual(rocCurve([5, 5, 5, 5], truth), [
    { falsePositiveRate: 0, truePositiveRate: 0 },
    { falsePositiveRate: 1, truePositiveRate: 1 },
  ])
  assert.ok(Number.isNaN(auroc([1, 2], [1, 1])))
})

test('rates of a decision, and precision at a realistic share', () => {
  const cells = confusion([1, 1, 0, 1, 0, 0], [1, 1, 1, 0, 0, 0])
  assert.deepEqual(cells, { positiveAccepted: 2, positiveRejected: 1, negativeAccepted: 1, negativeRejected: 2 })
  const shares = rates(cells)
  close(shares.falseRejectionRate!, 1 / 3)
  close(shares.falseAcceptanceRate!, 1 / 3)
  close(shares.accuracy!, 2 / 3)
  assert.equal(rates(confusion([1], [1])).falseAcceptanceRate, null)
  close(precisionAt(0.1, 0.05, 0.01)!, 0.009 / (0.009 + 0.0495))
  assert.equal(precisionAt(1, 0, 0.05), null)
})

test('bootstrap intervals hold the AUROC, repeat, and pairs of equal methods do not differ', () => {
  const resamples = drawResamples(y, 400, 3)
  const area = resampledAuroc(s, y, resamples)
  assert.deepEqual(area, resampledAuroc(s, y, drawResamples(y, 400, 3)))
  assert.deepEqual([area.value, area.images], [auroc(s, y), 14])
  const [low, high] = aurocInterval(area)
  assert.ok(low < auroc(s, y) && auroc(s, y) < high && low > 0.4 && high <= 1)
  const same = pairedDifference(area, area)
  close(same.interval[1], 1 - 0.025 ** (1 / 14))
  assert.deepEqual([same.interval[0], same.isReal], [-same.interval[1], false])
  const perfect = resampledAuroc(
    y.map((positive) => 1 - positive),
    y,
    resamples,
  )
  assert.equal(pairedDifference(perfect, area).isReal, true)
})

test('the interval of a perfect and of a reversed ranking says how few images there were', () => {
  const intervalOf = (isPositive: readonly number[], isRight: boolean) => {
    const scores = isPositive.map((one) => ((one === 1) === isRight ? 0 : 1))
    return aurocInterval(resampledAuroc(scores, isPositive, drawResamples(isPositive, 50, 1)))
  }
  // of m pairs all right: the lower end is the share at which that happens in one case of 40
  const low = (m: number) => 0.025 ** (1 / m)
  const [from, to] = intervalOf([1, 1, 1, 0, 0], true)
  close(from, low(2))
  assert.equal(to, 1)
  close(intervalOf([1, 0], true)[0], low(1))
  close(intervalOf([...y, ...y], true)[0], low(28))
  const reversed = intervalOf([1, 0, 0, 0], false)
  assert.equal(reversed[0], 0)
  close(reversed[1], 1 - low(1))
})

test('with few images of a kind intervals hold the truth, and equal methods are called different in at most one case of 20', () => {
  const random = createRandom(5)
  const truth = 0.7602 // of two normal distributions that lie 1 apart
  const cases = 100
  for (const few of [2, 3, 5]) {
    const isPositive = Array.from({ length: 40 + few }, (_, i) => (i < 40 ? 1 : 0))
    let held = 0
    let different = 0
    for (let k = 0; k < cases; k++) {
      const resamples = drawResamples(isPositive, 100, k)
      const measure = () =>
        resampledAuroc(
          isPositive.map((positive) => random.normal() + (positive ? 0 : 1)),
          isPositive,
          resamples,
        )
      const [one, other] = [measure(), measure()]
      const [low, high] = aurocInterval(one)
      if (low <= truth && truth <= high) held++
      if (pairedDifference(one, other).isReal) different++
    }
    assert.ok(held >= 0.88 * cases, `${few}: ${held}`)
    assert.ok(different <= 0.05 * cases, `${few}: ${different}`)
  }
})

test('one image of a kind says nothing of its kind: any AUROC, no real difference', () => {
  const isPositive = [...Array<number>(20).fill(1), 0]
  const scores = (of: number) => isPositive.map((positive, i) => (positive ? i : of))
  const measure = (of: number) => resampledAuroc(scores(of), isPositive, drawResamples(isPositive, 50, 1))
  assert.deepEqual(aurocInterval(measure(15.5)), [0, 1])
  assert.deepEqual(pairedDifference(measure(15.5), measure(3.5)), { interval: [-1, 1], isReal: false })
})
