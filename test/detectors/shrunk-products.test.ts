import assert from 'node:assert/strict'
import test from 'node:test'
import { columnMeans, dot, l2Normalise, matrix, row, subtractFromRows, takeRows } from '../../src/core/matrix.ts'
import { gram } from '../../src/core/products.ts'
import { createRandom } from '../../src/core/random.ts'
import { heldOutDistances } from '../../src/detectors/shrunk-products.ts'
import { applySymmetricWhitening, fitWhitening } from '../../src/detectors/whitening.ts'

test('distances from inner products are the lengths of rows that eigenvectors whiten', () => {
  const random = createRandom(5)
  const [n, d] = [60, 140]
  const X = matrix(
    n,
    d,
    Float64Array.from({ length: n * d }, (_, k) => 2 + random.normal() * (1 + 20 / (1 + (k % d)))),
  )
  const [fit, held] = [Array.from({ length: 45 }, (_, i) => i), Array.from({ length: 15 }, (_, i) => 45 + i)]
  const unit = l2Normalise(X)
  subtractFromRows(unit, columnMeans(unit))
  const distances = heldOutDistances(gram(unit), fit, held, d)
  const whitened = applySymmetricWhitening(fitWhitening(takeRows(X, fit)), takeRows(X, held))
  assert.ok(distances)
  held.forEach((_, t) => {
    const z = row(whitened, t)
    const length = Math.sqrt(dot(z, z, d))
    assert.ok(Math.abs(distances[t]! - length) < 1e-9 * length, `${distances[t]} and ${length}`)
  })
})
