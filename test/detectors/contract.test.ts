/** What every detector of the registry must do. A new detector is tested by being registered. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Matrix, matrix, row, takeRows } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import type { Detector } from '../../src/detectors/detector.ts'
import { detectors } from '../../src/detectors/index.ts'
import { OneclassError } from '../../src/errors.ts'
import { auroc } from '../../src/evaluation/metrics.ts'
import { flatten, type Plain, unflatten } from '../../src/store/plain-data.ts'

/** Rows about one direction, in a few of the columns; others lie about another one. */
export function cloud(n: number, d: number, seed: number, shift = 0): Matrix {
  const random = createRandom(seed)
  const X = matrix(n, d)
  for (let i = 0; i < n; i++) {
    const common = random.normal()
    for (let j = 0; j < d; j++)
      X.data[i * d + j] = 3 + (j % 3) + 0.4 * common * (j % 2) + 0.5 * random.normal() + (j < d / 4 ? shift : 0)
  }
  return X
}

const isCode = (code: string) => (error: unknown) => error instanceof OneclassError && error.code === code

for (const entry of Object.values(detectors)) {
  // states and options differ by detector; the contract is about what they share
  const detector = entry as Detector<unknown, unknown>
  const fit = (X: Matrix, seed = 1) => detector.fit(X, detector.defaults, createRandom(seed))
  const X = cloud(60, 24, 1)
  const T = cloud(20, 24, 2)

  test(`${detector.key}: odd rows score higher`, async () => {
    const state = await fit(X)
    const odd = cloud(20, 24, 3, 1.5)
    const scores = [...detector.score(state, T), ...detector.score(state, odd)]
    const area = auroc(
      scores,
      scores.map((_, i) => Number(i < 20)),
    )
    assert.ok(area > 0.9, `AUROC ${area}`)
    assert.ok(scores.every(Number.isFinite))
  })

  test(`${detector.key}: a subset scores as the whole does, and scoring changes nothing`, async () => {
    const state = await fit(X)
    const whole = detector.score(state, T)
    assert.deepEqual(detector.score(state, takeRows(T, [7, 3])), Float64Array.of(whole[7]!, whole[3]!))
    assert.deepEqual(detector.score(state, T), whole)
  })

  test(`${detector.key}: the same seed gives the same state, fitting does not change the rows`, async () => {
    const before = X.data.slice()
    const [a, b] = [await fit(X, 5), await fit(X, 5)]
    assert.deepEqual(a, b)
    assert.deepEqual(X.data, before)
  })

  test(`${detector.key}: saved and loaded, it scores the same to the last bit`, async () => {
    const state = await fit(X)
    const { tree, length, parts } = flatten(state as Plain)
    const data = Buffer.concat(parts)
    assert.equal(data.length, length)
    assert.deepEqual(detector.score(unflatten(tree, data), T), detector.score(state, T))
  })

  test(`${detector.key}: rows that do not vary, and rows of another width, are named errors`, async () => {
    const same = matrix(12, 24)
    for (let i = 0; i < 12; i++) row(same, i).set(row(X, 0))
    await assert.rejects(fit(same), isCode('IMAGES_IDENTICAL'))
    const state = await fit(X)
    assert.throws(() => detector.score(state, cloud(3, 23, 1)), isCode('FEATURES_WRONG_WIDTH'))
  })

  test(`${detector.key}: more rows than columns, fewer rows than columns, constant and empty columns`, async () => {
    for (const [n, d] of [
      [100, 5],
      [10, 200],
    ] as const) {
      const wide = cloud(n, d, 4)
      for (let i = 0; i < n; i++) {
        row(wide, i)[0] = 0
        row(wide, i)[1] = 7
      }
      const scores = detector.score(await fit(wide), cloud(5, d, 5))
      assert.ok(scores.every(Number.isFinite))
    }
  })
}
