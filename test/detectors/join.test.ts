/** Joining members: the pooled pair alone is the plain mean, a third member shares the held-out rows, weights count. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Matrix, matrix, takeRows } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { fitEnsemble, joinMembers, scoreEnsemble } from '../../src/detectors/ensemble.ts'
import { calibrate, joinScores, membersOf } from '../../src/detectors/join.ts'
import { mahalanobis } from '../../src/detectors/mahalanobis.ts'
import { fitPooled } from '../../src/detectors/pooled-fit.ts'

function gaussian(n: number, d: number, seed: number): Matrix {
  const random = createRandom(seed)
  const X = matrix(n, d)
  for (let i = 0; i < X.data.length; i++) {
    X.data[i] = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  }
  return X
}

test('two members join as the plain mean in units, with and without explicit equal weights', async () => {
  const X = gaussian(60, 8, 1)
  const pooled = await fitPooled(X, {}, createRandom(1))
  const { state, heldOut } = joinMembers(pooled)
  assert.deepEqual(state, await fitEnsemble(X, {}, createRandom(1)))
  const { unit } = state.calibration
  heldOut.forEach((joint, i) => {
    const z = (key: 'isolationForest' | 'oneClassSvm') =>
      (pooled.heldOut[key][i]! - unit[key].median) / unit[key].spread
    assert.equal(joint, (z('isolationForest') + z('oneClassSvm')) / 2)
  })
  const weighted = joinMembers(pooled, {}, { isolationForest: 2, oneClassSvm: 2 })
  weighted.heldOut.forEach((joint, i) => {
    assert.ok(Math.abs(joint - heldOut[i]!) < 1e-12)
  })
})

for (const n of [60, 1200]) {
  test(`a further member scored in the same rounds joins ${n} rows, and new positives get uniform p-values`, async () => {
    const X = gaussian(n, 8, 2)
    const pooled = await fitPooled(X, {}, createRandom(1))
    const { rounds, fit } = pooled.holdOut
    const seen = rounds.flatMap(({ held }) => held)
    assert.equal(new Set(seen).size, seen.length)
    const patches = new Float64Array(n).fill(Number.NaN)
    for (const { fit, held } of rounds) {
      assert.ok(held.every((i) => !fit.includes(i)))
      const state = await mahalanobis.fit(takeRows(X, [...fit]), mahalanobis.defaults, createRandom(1))
      mahalanobis.score(state, takeRows(X, [...held])).forEach((s, at) => {
        patches[held[at]!] = s
      })
    }
    const { state, heldOut } = joinMembers(pooled, { patches }, { isolationForest: 1, oneClassSvm: 1, patches: 3 })
    assert.deepEqual(membersOf(state.calibration.unit), ['isolationForest', 'oneClassSvm', 'patches'])
    assert.equal(heldOut.filter((s) => !Number.isNaN(s)).length, seen.length)
    // of rows that lie near each other by chance, not all count
    const counted = state.calibration.heldOut.ensemble.length
    assert.equal(state.calibration.heldOut.patches!.length, counted)
    assert.ok(counted <= seen.length && counted >= 0.75 * seen.length, `${counted} of ${seen.length} count`)

    const fresh = gaussian(400, 8, 3)
    const member = await mahalanobis.fit(takeRows(X, [...fit]), mahalanobis.defaults, createRandom(1))
    const plain = joinMembers(pooled).state
    const { isolationForest, oneClassSvm } = scoreEnsemble(plain, fresh)
    const scores = { isolationForest, oneClassSvm, patches: mahalanobis.score(member, fresh) }
    const joined = { ...scores, ensemble: joinScores(state.calibration, scores) }
    let rejected = 0
    for (let i = 0; i < fresh.rows; i++) {
      const result = calibrate(state.calibration, joined, i, 0.2)
      assert.ok(result.detectors.patches!.pValue > 0)
      if (result.pValue <= 0.2) rejected++
    }
    assert.ok(rejected / fresh.rows < 0.32, `${rejected} of ${fresh.rows} rejected at 0.2`)
    assert.throws(() => joinScores(state.calibration, { isolationForest, oneClassSvm }), /patches/)
  })
}
