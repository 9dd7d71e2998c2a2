/** Scores of held-out rows from inner products are those of an SVM over whitened rows. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Matrix, matrix, takeRows } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { heldOutSvm } from '../../src/detectors/held-out-svm.ts'
import { oneClassSvm } from '../../src/detectors/index.ts'
import { splitWhitening } from '../../src/detectors/split-whitening.ts'

function rows(n: number, d: number): Matrix {
  const random = createRandom(d)
  return matrix(
    n,
    d,
    Float64Array.from({ length: n * d }, (_, at) => 1 + random.normal() / (1 + (at % d))),
  )
}

for (const [what, n, d, gamma, maxRows] of [
  ['more columns than rows', 50, 70, 0.5, 4000],
  ['a wide kernel, whose coefficients are not all equal', 50, 70, 0.002, 4000],
  ['more rows than columns', 90, 20, 0.05, 4000],
  ['more rows than the kernel takes', 50, 70, 0.01, 25],
] as const) {
  test(what, async () => {
    const X = rows(n, d)
    const fit = Array.from({ length: n }, (_, i) => i).filter((i) => i % 5 !== 2)
    const held = Array.from({ length: n }, (_, i) => i).filter((i) => i % 5 === 2)
    const options = { nu: 0.2, gamma, maxRows }
    const scores = await heldOutSvm(X, splitWhitening(X), options)(fit, held, createRandom(1))
    const state = await oneClassSvm.fit(takeRows(X, fit), options, createRandom(1))
    const expected = oneClassSvm.score(state, takeRows(X, held))
    // LIBSVM stops at a tolerance of 1e-6, and rounding may lead it another way there
    scores.forEach((score, k) => {
      assert.ok(Math.abs(score - expected[k]!) < 1e-5 * Math.max(1, Math.abs(expected[k]!)), `${score} ${expected[k]}`)
    })
  })
}
