import assert from 'node:assert/strict'
import test from 'node:test'
import { dot, l2Normalise, matrix, row, takeRows } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { cosineSimilarities, describePositives } from '../../src/detectors/similarity.ts'
import { fitWhitening, whiten } from '../../src/detectors/whitening.ts'

const random = createRandom(4)
const rows = (n: number, d: number) =>
  matrix(
    n,
    d,
    Float64Array.from({ length: n * d }, (_, k) => 1 + (k % 3) + random.normal()),
  )

for (const [name, n, fitted, d, short] of [
  ['fewer positives than dimensions', 21, 21, 50, true],
  ['more positives than dimensions', 40, 40, 12, false],
  ['positives that the whitening has not seen', 21, 15, 50, false],
] as const) {
  test(`similarities are cosines: ${name}`, () => {
    const X = rows(n, d)
    const T = rows(7, d)
    row(T, 6).fill(0)
    const whitening = fitWhitening(
      takeRows(
        X,
        Int32Array.from({ length: fitted }, (_, i) => i),
      ),
    )
    const positives = describePositives(whitening, X)
    assert.equal(positives.principal !== null, short)
    const whitened = whiten(whitening, T)
    const [x, t] = [l2Normalise(T), l2Normalise(X)]
    for (let i = 0; i < T.rows; i++) {
      cosineSimilarities(positives, whitening, whitened, T, i).forEach((similarity, p) => {
        const expected = dot(x.data, t.data, d, i * d, p * d)
        assert.ok(
          Math.abs(similarity - expected) < (short ? 1e-12 : 1e-7),
          `${i}, ${p}: ${similarity}, not ${expected}`,
        )
      })
    }
  })
}
