/** What is said of a fitted model, from its answers. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { tellEvaluation } from '../../src/evaluation/evaluation-text.ts'
import { type Judged, judgeAgainst, judgeModel } from '../../src/evaluation/judge-model.ts'

/** m images with evenly spread p-values among 199 held-out scores; the score falls with the p-value. */
function images(label: 'positive' | 'negative', pValues: readonly number[]): Judged[] {
  return pValues.map((pValue, i) => ({
    image: `${label}/${i}.jpg`,
    label,
    isPositive: pValue > 0.05,
    score: 0.05 / (0.05 + pValue),
    pValue,
  }))
}
const even = (count: number) => Array.from({ length: count }, (_, i) => Math.ceil((200 * (i + 0.5)) / count) / 200)
const promised = { alpha: 0.05, n: 199, method: 'split' } as const

test('a model that keeps its promise', () => {
  const found = judgeModel(
    [
      ...images('positive', even(100)),
      ...images(
        'negative',
        even(50).map((p) => p / 20),
      ),
    ],
    promised,
    2,
  )
  assert.deepEqual(found.images, { positive: 100, negative: 50, unreadable: 2 })
  assert.equal(found.falseRejectionRate, 0.05)
  assert.deepEqual(found.confusion, {
    positiveAccepted: 95,
    positiveRejected: 5,
    negativeAccepted: 0,
    negativeRejected: 50,
  })
  assert.ok(found.auroc! > 0.95 && found.aurocInterval![0] <= found.auroc! && found.auroc! <= found.aurocInterval![1])
  assert.equal(found.agrees, true)
  assert.equal(found.uniformity!.isUniform, true)
  assert.ok(found.expectedFalseRejection.low > 0.02 && found.expectedFalseRejection.high < 0.09)
  assert.equal(found.worst.falselyRejected.length, 5)
  const text = tellEvaluation({ model: 'part@1', ...found }).join('\n')
  assert.match(text, /rejects 5 of 100 positives, 5\.0 % .* The promise is kept\./)
  assert.match(text, /lets 0 of 50 negatives through/)
})

test('positives that are not like those of the fit: the promise is broken, p-values are not even', () => {
  const found = judgeModel(
    images(
      'positive',
      even(100).map((p) => Math.max(0.005, p ** 2)),
    ),
    promised,
    0,
  )
  assert.equal(found.agrees, false)
  assert.equal(found.uniformity!.isUniform, false)
  assert.deepEqual([found.auroc, found.aurocInterval, found.roc, found.falseAcceptanceRate], [null, null, null, null])
  const text = tellEvaluation({ model: 'part@1', ...found }).join('\n')
  assert.match(
    text,
    /more than the promise allows \(p below 0\.001; chance alone .* 1 of 20 evaluations\): if it is not/,
  )
  assert.match(text, /more unusual than those of the fit \(their mean is 0\.3\d, not 0\.50\)/)
})

test('a few rejected positives too many, the others as ever: it may be chance, and both sentences say so', () => {
  const found = judgeModel(images('positive', [...even(92), ...Array<number>(8).fill(0.01)]), promised, 0)
  assert.deepEqual([found.agrees, found.uniformity!.isUniform], [false, true])
  const text = tellEvaluation({ model: 'part@1', ...found }).join('\n')
  assert.match(text, /more than the promise allows \(p = 0\.0\d\d; chance alone/)
  assert.match(text, /together spread evenly .* only the share that is rejected stands out, which is chance, or a few/)
  assert.doesNotMatch(text, /as they should/)
})

test('all images ranked right, but few of them: the interval is wide', () => {
  const found = judgeModel([...images('positive', even(30)), ...images('negative', [0.005])], promised, 0)
  assert.equal(found.auroc, 1)
  const [low, high] = found.aurocInterval!
  assert.ok(Math.abs(low - 0.025) < 1e-9 && high === 1)
  assert.match(
    tellEvaluation({ model: 'part@1', ...found }).join(' '),
    /AUROC 1\.000 \(95 % interval 0\.025 to 1\.000\) on 30 positives and 1 negative\. .* lets 0 of 1 negative through/,
  )
})

test('too few held-out scores to reject anything: nothing rejected is what was promised', () => {
  const found = judgeModel(images('positive', [0.5, 1]), { alpha: 0.05, n: 10, method: 'split' }, 0)
  assert.deepEqual([found.expectedFalseRejection.mean, found.agrees], [0, true])
})

test('two models on the same images: differences that are paired', () => {
  const negatives = images(
    'negative',
    even(60).map((p) => p / 5),
  )
  const good = [
    ...images(
      'positive',
      even(80).map((p) => 0.06 + 0.9 * p),
    ),
    ...negatives,
  ]
  const worse = [...images('positive', even(80)), ...negatives]
  const found = judgeAgainst(good, worse, 'part@1')
  assert.ok(found.difference > 0 && found.interval[0] > 0 && found.isReal, JSON.stringify(found))
  const { pValue, ...decision } = found.decisions[0]!
  assert.ok(Math.abs(pValue - 0.125) < 1e-9)
  assert.deepEqual(decision, {
    label: 'positive',
    rejectedByModel: 0,
    rejectedByOther: 4,
    onlyByModel: 0,
    onlyByOther: 4,
    isReal: false,
  })
  const same = judgeAgainst(good, good, 'part@1')
  // none of 60 pairs was ranked differently, which happens by chance where up to 6 in 100 are
  assert.deepEqual([same.difference, same.isReal], [0, false])
  assert.ok(same.interval[0] === -same.interval[1] && Math.abs(same.interval[1] - 0.0596) < 1e-4)
  const alone = judgeAgainst(good.slice(0, 80), worse.slice(0, 80), 'part@1')
  assert.deepEqual([alone.of, alone.difference, alone.auroc], ['falseRejectionRate', -0.05, null])
  const told = tellEvaluation({ model: 'part@2', ...judgeModel(good, promised, 0), against: found }).join('\n')
  assert.match(told, /part@2 rejects 4 fewer positives \(0 against 4\), which may be chance/)
})
