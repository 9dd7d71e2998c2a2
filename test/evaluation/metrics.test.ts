/**
 * Metrics against scikit-learn 1.9.1. The recipe of the golden values:
 *   y = np.array([(i*7)%3 == 0 for i in range(40)])
 *   s = np.array([np.floor((((i*37)%23)/10 - (0.8 if y[i] else 0)) * 5) / 5 for i in range(40)])   # 15 distinct values
 *   roc_auc_score(y, -s); average_precision_score(y, -s); f, t, _ = roc_curve(y, -s); [max(t[f <= a]) for a in (.05, .1, .3)]
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawResamples, pairedDifference, percentileInterval, resampledAuroc } from '../../src/evaluation/bootstrap.ts'
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
  const draws = resampledAuroc(s, y, resamples)
  assert.deepEqual(draws, resampledAuroc(s, y, drawResamples(y, 400, 3)))
  const [low, high] = percentileInterval(draws)
  assert.ok(low < auroc(s, y) && auroc(s, y) < high && low > 0.4 && high <= 1)
  assert.deepEqual(pairedDifference(draws, draws), { interval: [0, 0], isReal: false })
  const perfect = resampledAuroc(
    y.map((positive) => 1 - positive),
    y,
    resamples,
  )
  assert.equal(pairedDifference(perfect, draws).isReal, true)
})
