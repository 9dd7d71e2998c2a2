/** Scores of held-out rows from inner products are those of an SVM over whitened rows. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { dot, type Matrix, matrix, row, takeRows } from '../../src/core/matrix.ts'
import { createRandom, type Random } from '../../src/core/random.ts'
import { heldOutSvm } from '../../src/detectors/held-out-svm.ts'
import { oneClassSvm } from '../../src/detectors/index.ts'
import { scoreMembers } from '../../src/detectors/members.ts'
import { fitPooled } from '../../src/detectors/pooled-fit.ts'
import { splitWhitening } from '../../src/detectors/split-whitening.ts'
import { whiten } from '../../src/detectors/whitening.ts'

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
    const whiten = splitWhitening(X)
    const { scores, squaredLengths } = await heldOutSvm(X, whiten, options)(fit, held, createRandom(1))
    const state = await oneClassSvm.fit(takeRows(X, fit), options, createRandom(1))
    const expected = oneClassSvm.score(state, takeRows(X, held))
    // LIBSVM stops at a tolerance of 1e-6, and rounding may lead it another way there
    scores.forEach((score, k) => {
      assert.ok(Math.abs(score - expected[k]!) < 1e-5 * Math.max(1, Math.abs(expected[k]!)), `${score} ${expected[k]}`)
    })
    const whitened = whiten(fit, held)
    squaredLengths.forEach((squared, k) => {
      const z = row(whitened, k)
      const length = dot(z, z, d)
      assert.ok(Math.abs(squared - length) < 1e-6 * length, `${squared} ${length}`)
    })
  })
}

test('held-out scores lie where those of new rows lie, though the models that give them had fewer rows', async () => {
  const [n, d, fits] = [120, 300, 4]
  const mixes = createRandom(3)
  // sixty directions of falling strength, and a little noise in all columns, as embeddings
  const mix = Float64Array.from({ length: 60 * d }, (_, k) => mixes.normal() / (1 + Math.floor(k / d) / 4))
  const draw = (count: number, random: Random) => {
    const X = matrix(count, d)
    for (let i = 0; i < count; i++) {
      const x = row(X, i)
      for (let k = 0; k < 60; k++) {
        const z = random.normal()
        for (let j = 0; j < d; j++) x[j]! += z * mix[k * d + j]!
      }
      for (let j = 0; j < d; j++) x[j]! += 3 + 0.05 * random.normal()
    }
    return X
  }
  const median = (values: Float64Array) => values.toSorted()[values.length >> 1]!
  let shift = 0
  for (let fit = 0; fit < fits; fit++) {
    const random = createRandom(100 + fit)
    const { heldOut, whitening, ...members } = await fitPooled(draw(n, random), {}, random)
    const { symmetric, principal } = whiten(whitening, draw(300, random))
    const { oneClassSvm: fresh } = scoreMembers(members, symmetric, principal)
    const held = heldOut.oneClassSvm.toSorted()
    shift += (median(fresh) - median(held)) / (held[Math.floor(0.9 * n)]! - median(held)) / fits
  }
  assert.ok(Math.abs(shift) < 0.1, `${shift} of the way from the median to nine in ten`)
})
