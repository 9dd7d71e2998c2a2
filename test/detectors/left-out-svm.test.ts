/** Scores of rows without their groups are near those of an SVM that was fitted without them, and lie where scores of new rows lie. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Matrix, matrix, row, takeRows } from '../../src/core/matrix.ts'
import { createRandom, type Random } from '../../src/core/random.ts'
import { drawFolds } from '../../src/detectors/held-out.ts'
import { oneClassSvm } from '../../src/detectors/index.ts'
import { pooledKeys, unitOf } from '../../src/detectors/join.ts'
import { trainOnRows } from '../../src/detectors/kernel-svm.ts'
import { leaveOut } from '../../src/detectors/left-out.ts'
import { leftOutSvm } from '../../src/detectors/left-out-svm.ts'
import { scoreMembers } from '../../src/detectors/members.ts'
import { fitPooled } from '../../src/detectors/pooled-fit.ts'
import { applyWhitening, fitWhitening, whiten } from '../../src/detectors/whitening.ts'

function rows(n: number, d: number): Matrix {
  const random = createRandom(d)
  return matrix(
    n,
    d,
    Float64Array.from({ length: n * d }, (_, at) => 1 + random.normal() / (1 + (at % d))),
  )
}

/** Rows without their groups by `leftOutSvm`, and by SVMs that are fitted without the group or the fold. */
async function compare(n: number, d: number, isByFold: boolean) {
  const X = rows(n, d)
  const all = Array.from({ length: n }, (_, i) => i)
  const groups = all.map((i) => (i < 4 ? 0 : i))
  const folds = drawFolds(n, 8, createRandom(1), groups)
  const svm = await trainOnRows(applyWhitening(fitWhitening(X), X), oneClassSvm.defaults)
  const scores = await leftOutSvm(X, leaveOut(X, groups)(all), svm, all, folds, createRandom(1))
  const partOf = isByFold ? folds.of : groups
  const expected = new Float64Array(n)
  for (const part of new Set(partOf)) {
    const [own, others] = [all.filter((i) => partOf[i] === part), all.filter((i) => partOf[i] !== part)]
    const state = await oneClassSvm.fit(takeRows(X, others), oneClassSvm.defaults, createRandom(1))
    oneClassSvm.score(state, takeRows(X, own)).forEach((score, at) => {
      expected[own[at]!] = score
    })
  }
  const { spread } = unitOf(expected)
  const apart = scores.map((score, i) => Math.abs(score - expected[i]!) / spread).sort()
  return { middle: apart[n >> 1]!, most: apart[n - 1]!, largest: Math.max(...svm.state.coefficients) }
}

for (const [what, n, d] of [
  ['more columns than rows', 60, 90],
  ['more rows than columns', 90, 20],
] as const) {
  test(`${what}: as SVMs that are fitted without the group`, async () => {
    const { middle, most } = await compare(n, d, false)
    assert.ok(middle < 0.05 && most < 0.2, `${middle} ${most}`)
  })
}

test('few columns, whose coefficients differ: as SVMs of the other folds', async () => {
  const { most, largest } = await compare(90, 3, true)
  assert.ok(largest > 2 * oneClassSvm.defaults.nu)
  assert.ok(most < 1e-5, `${most}`)
})

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
  const shift = { isolationForest: 0, oneClassSvm: 0 }
  for (let fit = 0; fit < fits; fit++) {
    const random = createRandom(100 + fit)
    const { heldOut, whitening, ...members } = await fitPooled(draw(n, random), {}, random)
    const { symmetric, principal } = whiten(whitening, draw(300, random))
    const fresh = scoreMembers(members, symmetric, principal)
    for (const key of pooledKeys) {
      const held = heldOut[key].toSorted()
      shift[key] += (median(fresh[key]) - median(held)) / (held[Math.floor(0.9 * n)]! - median(held)) / fits
    }
  }
  for (const key of pooledKeys) {
    assert.ok(Math.abs(shift[key]) < 0.1, `${key}: ${shift[key]} of the way from the median to nine in ten`)
  }
})
