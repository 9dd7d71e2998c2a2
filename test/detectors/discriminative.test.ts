/** The head that uses negatives: what it is by definition, that it helps where it can, and that it never breaks the promise. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { cholesky, solveCholesky } from '../../src/core/cholesky.ts'
import { type Matrix, matrix, takeRows } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { pValue } from '../../src/detectors/calibration.ts'
import { fitDiscriminative, scoreDiscriminative } from '../../src/detectors/discriminative.ts'
import { joinMembers, scoreWhitened } from '../../src/detectors/ensemble.ts'
import { fitPooled } from '../../src/detectors/pooled-fit.ts'
import { whiten } from '../../src/detectors/whitening.ts'
import { auroc } from '../../src/evaluation/metrics.ts'
import { joinHead } from '../../src/pipeline/negatives.ts'

const d = 60
/** Rows around a common direction; `shift` moves them along axis `axis`. */
function draw(rows: number, seed: number, shift = 0, axis = 1): Matrix {
  const random = createRandom(seed)
  const X = matrix(rows, d)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < d; j++) X.data[i * d + j] = (j === 0 ? 12 : 0) + random.normal() + (j === axis ? shift : 0)
  return X
}

test('Cholesky solves what it should, and refuses what is not positive definite', () => {
  const A = matrix(3, 3, Float64Array.of(4, 2, 0, 2, 5, 1, 0, 1, 3))
  const x = solveCholesky(cholesky(A), Float64Array.of(8, 15, 11))
  const expected = [1, 2, 3]
  for (const [i, value] of x.entries()) assert.ok(Math.abs(value - expected[i]!) < 1e-12)
  assert.throws(() => cholesky(matrix(2, 2, Float64Array.of(1, 2, 2, 1))), RangeError)
})

test('one negative: the score is higher towards it; the middle between the means has the score 0', () => {
  const positives = draw(100, 1)
  const negative = draw(1, 2, 8)
  const head = fitDiscriminative(positives, negative)
  assert.equal(head.negatives, 1)
  assert.ok(scoreDiscriminative(head, negative)[0]! > 0)
  const scores = scoreDiscriminative(head, draw(200, 3))
  assert.ok(scores.filter((score) => score < 0).length > 180)
  assert.ok(
    auroc([...scores, ...scoreDiscriminative(head, draw(50, 4, 8))], [...Array(200).fill(1), ...Array(50).fill(0)]) >
      0.9,
  )
  assert.throws(() => scoreDiscriminative(head, matrix(1, 3)), { code: 'FEATURES_WRONG_WIDTH' })
})

async function judge(negatives: Matrix | undefined, tests: readonly Matrix[]) {
  const X = draw(120, 1)
  const pooled = await fitPooled(X, {}, createRandom(1))
  const head = negatives && joinHead(X, negatives, pooled, createRandom(1))
  const { state } = head ? joinMembers(pooled, head.extra, head.weight) : joinMembers(pooled)
  const score = (rows: Matrix) =>
    scoreWhitened(
      state,
      whiten(state.whitening, rows),
      head ? { discriminative: scoreDiscriminative(head.state, rows) } : {},
    ).ensemble
  const fresh = score(draw(400, 7))
  const rejected = fresh.filter((s) => pValue(state.calibration.heldOut.ensemble, s) <= 0.1).length / 400
  const areas = tests.map((rows) => {
    const others = score(rows)
    return auroc([...fresh, ...others], [...Array(400).fill(1), ...Array(others.length).fill(0)])
  })
  const found = tests.map((rows) => share(score(rows)))
  return { rejected, areas, head, state, found }

  function share(scores: Float64Array): number {
    return scores.filter((s) => pValue(state.calibration.heldOut.ensemble, s) <= 0.1).length / scores.length
  }
}

test('given kinds are told better, other kinds hardly worse, and the promise about positives holds whatever the negatives are', async () => {
  const [seen, unseen] = [draw(300, 20, 2.2), draw(300, 21, 2.2, 5)]
  const without = await judge(undefined, [seen, unseen])
  const results = await Promise.all(
    [draw(150, 30, 2.2), draw(5, 31, 2.2), draw(1, 32, 2.2), draw(60, 33)].map((negatives) =>
      judge(negatives, [seen, unseen]),
    ),
  )
  const [many] = results
  assert.ok(many!.areas[0]! > without.areas[0]! + 0.05, `${without.areas} ${many!.areas}`)
  for (const { rejected, areas } of [without, ...results]) {
    // 120 positives, alpha .1: nine of ten fits lie in .06 to .15
    assert.ok(rejected > 0.03 && rejected < 0.19, `${rejected} rejected`)
    // an area of 300 and 300 rows has a standard error of .024
    assert.ok(areas[1]! > without.areas[1]! - 0.04, `${without.areas} ${areas}`)
  }
  // held out, given negatives are rejected as often as new ones of their kind, and positives among them as positives are
  const given = results.map(({ head }) => head!.pValues.filter((p) => p <= 0.1).length / head!.pValues.length)
  assert.ok(Math.abs(given[0]! - many!.found[0]!) < 0.12, `${given[0]} given, ${many!.found[0]} new`)
  assert.ok(given[3]! < 0.25, `${given[3]}`)
  assert.deepEqual(
    results.map(({ head }) => head!.pValues.length),
    [150, 5, 1, 60],
  )
  // negatives that are positives teach nothing, and weigh least
  const { weight } = results[3]!.state.calibration
  assert.ok(weight!.discriminative! <= 0.5, `${weight!.discriminative}`)
})

test('the same positives, negatives and seed give the same head, also with more negatives than it is fitted on', async () => {
  const X = draw(40, 1)
  const negatives = draw(1100, 5, 2)
  const once = async () => joinHead(X, negatives, await fitPooled(X, {}, createRandom(3)), createRandom(3))
  const [a, b] = [await once(), await once()]
  assert.deepEqual(a, b)
  assert.equal(a.state.negatives, 1100)
  assert.notDeepEqual(a.state.weights, fitDiscriminative(X, takeRows(negatives, [0, 1])).weights)
})
