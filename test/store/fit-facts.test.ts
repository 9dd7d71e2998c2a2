/** The report of a fit at another alpha, and what the next version takes over. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { smallestAlphaWords, toleranceAlpha } from '../../src/detectors/promise.ts'
import { alphaWarning, askedOfBase, checkFitFacts, confidenceWarning, fitReport } from '../../src/store/fit-facts.ts'

const facts = { groups: 0, effectiveN: 200, reference: null, misfits: [], kinds: null }
const plain = { n: 200, calibrationScores: 200, calibration: 'cross-fit' as const, alpha: 0.05 }
const sure = {
  ...plain,
  alpha: toleranceAlpha(200, 0.05, 0.95)!,
  facts: { ...facts, asked: { alpha: 0.05, confidence: 0.95 } },
}

test('a promise with a confidence is told as long as alpha is strict enough for it', () => {
  assert.equal(fitReport(sure).confidence, 0.95)
  assert.equal(fitReport({ ...sure, alpha: 0.01 }).confidence, 0.95)
  assert.equal(confidenceWarning({ ...sure, alpha: 0.01 }), undefined)
  const loose = fitReport({ ...sure, alpha: 0.05 })
  assert.equal(loose.confidence, undefined)
  assert.match(loose.warnings.join(' '), /no longer promises, with probability 0\.95, that at most 0\.05/)
  assert.match(confidenceWarning({ ...sure, alpha: 0.05 })!, new RegExp(`alpha ${sure.alpha} does`))
  assert.equal(confidenceWarning(plain), undefined)
})

test('the share of the given negatives that is rejected follows alpha, and is absent without any', () => {
  const told = { ...facts, asked: null, negatives: { pValues: [0.01, 0.04, 0.05, 0.3] } }
  assert.deepEqual(fitReport({ ...plain, facts: told }).negativesPower, { share: 0.75, images: 4 })
  assert.deepEqual(fitReport({ ...plain, alpha: 0.02, facts: told }).negativesPower, { share: 0.25, images: 4 })
  assert.equal('negativesPower' in fitReport(plain), false)
  assert.throws(() => checkFitFacts({ ...told, negatives: { pValues: [0] } }, 200), /p-values of the negatives/)
})

test('the next version is asked for what this one was asked for, unless something else is given', () => {
  assert.deepEqual(askedOfBase(plain), { alpha: 0.05 })
  assert.deepEqual(askedOfBase(sure), { alpha: 0.05, confidence: 0.95 })
  assert.deepEqual(askedOfBase(sure, { alpha: 0.1 }), {})
  assert.deepEqual(askedOfBase({ ...sure, alpha: 0.2 }), { alpha: 0.2 })
  assert.deepEqual(askedOfBase({ ...plain, calibration: 'split' }), { alpha: 0.05, calibration: 'split' })
  // 11 positives allow no stricter alpha than 0.09; more do
  assert.deepEqual(askedOfBase({ ...plain, n: 11, calibrationScores: 11, alpha: 0.09 }), {})
})

test('the alpha that a model is said to need is one at which it rejects, whatever the rounding', () => {
  for (const n of [8, 15, 31, 80, 115, 200, 999]) {
    const words = smallestAlphaWords(n)
    assert.ok(Number(words) >= 1 / (n + 1) && Number(words) < 1.1 / (n + 1), `${n}: ${words}`)
    const small = { ...plain, n, calibrationScores: n }
    assert.match(alphaWarning(small, 0.9 / (n + 1))!, new RegExp(`= 1/${n + 1}, .* Take alpha ${words} or more`))
    assert.equal(alphaWarning(small, Number(words)), undefined)
    assert.match(alphaWarning(small, 1e-300)!, /, or more than a million positives that/)
  }
})

test('of a split, photos are asked for, not held-out scores; misfits are left out on request; rows are called rows', () => {
  const split = { ...plain, n: 30, calibrationScores: 8, calibration: 'split' as const }
  assert.match(fitReport(split).warnings[0]!, /or 76 positives .*a split holds out a quarter/)
  assert.match(fitReport({ ...split, calibration: 'cross-fit' }).warnings[0]!, /or 19 positives that are no near-dupl/)
  const unsure = { ...split, facts: { ...facts, asked: { alpha: 0.05, confidence: 0.9 } } }
  assert.match(fitReport(unsure).warnings[0]!, /That takes 45 \(a split holds out a quarter/)
  const misfit = { image: 'row 3', row: 3, pValue: 0.001, times: 3, nearest: 'row 4', similarity: 0.1 }
  const found = { ...plain, facts: { ...facts, asked: null, misfits: [misfit] } }
  assert.match(
    fitReport(found).warnings.join(' '),
    /1 of 200 images does not look as if it belonged: .* fit again without \(exclude "misfits"\)/,
  )
  const rows = fitReport({ ...found, backbone: null, facts: { ...found.facts, groups: 3, effectiveN: 20 } })
  assert.match(rows.warnings.join(' '), /200 rows with 3 groups .* take other rows\./)
  assert.match(rows.misfits[0]!.reason, /nine in ten of the rows do/)
  assert.match(
    fitReport({ ...found, backbone: null }).warnings.join(' '),
    /1 of 200 rows .* without \(exclude "misfits"\)/,
  )
})
