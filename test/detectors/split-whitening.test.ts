/** Whitening without eigenvectors is whitening with them. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Matrix, matrix, row, takeRows } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { splitWhitening } from '../../src/detectors/split-whitening.ts'
import { applySymmetricWhitening, fitWhitening } from '../../src/detectors/whitening.ts'
import { OneclassError } from '../../src/errors.ts'

/** Rows like pooled features: not negative, a common mean, a few strong directions. */
function featureLike(n: number, d: number): Matrix {
  const random = createRandom(n)
  const loads = Float64Array.from({ length: 8 * d }, () => random.normal())
  const X = matrix(n, d)
  for (let i = 0; i < n; i++) {
    const factors = Float64Array.from({ length: 8 }, (_, k) => random.normal() / (1 + k))
    for (let j = 0; j < d; j++) {
      const strong = factors.reduce((sum, value, k) => sum + value * loads[k * d + j]!, 0)
      X.data[i * d + j] = Math.max(0, 1 + strong + 0.2 * random.normal())
    }
  }
  return X
}

/** Largest distance of two rows, relative to the row's length. */
function difference(actual: Matrix, expected: Matrix): number {
  let worst = 0
  for (let i = 0; i < expected.rows; i++) {
    const length = Math.hypot(...row(expected, i))
    const gap = Math.hypot(...row(expected, i).map((value, j) => value - row(actual, i)[j]!))
    worst = Math.max(worst, gap / length)
  }
  return worst
}

for (const [what, n, d] of [
  ['more columns than rows', 60, 131],
  ['as many', 60, 60],
  ['more rows than columns', 150, 40],
  ['fit rows fewer than columns, all rows more', 60, 50],
] as const) {
  test(`${what}: the result of eigenvectors within 1e-9`, () => {
    const X = featureLike(n, d)
    const fit = Array.from({ length: n }, (_, i) => i).filter((i) => i % 3 !== 0)
    const targets = [0, 3, 6, 9, 1]
    const expected = applySymmetricWhitening(fitWhitening(takeRows(X, fit)), takeRows(X, targets))
    assert.ok(difference(splitWhitening(X)(fit, targets), expected) < 1e-9)
  })
}

test('rows that fill their space without need of shrinkage, and rows of rank one', () => {
  // many rows of few columns: next to no shrinkage
  const tall = featureLike(400, 3)
  const fit = Array.from({ length: 300 }, (_, i) => i)
  const expected = applySymmetricWhitening(fitWhitening(takeRows(tall, fit)), takeRows(tall, [350, 351]))
  assert.ok(difference(splitWhitening(tall)(fit, [350, 351]), expected) < 1e-9)
  const line = matrix(10, 30)
  for (let i = 0; i < 10; i++) for (let j = 0; j < 30; j++) line.data[i * 30 + j] = j < 15 ? 1 : 1 + i / 10
  const all = Array.from({ length: 8 }, (_, i) => i)
  const along = applySymmetricWhitening(fitWhitening(takeRows(line, all)), takeRows(line, [8, 9]))
  assert.ok(difference(splitWhitening(line)(all, [8, 9]), along) < 1e-9)
})

test('equal rows are refused by name', () => {
  const X = matrix(8, 5, new Float64Array(40).fill(2))
  assert.throws(
    () => splitWhitening(X)([0, 1, 2, 3], [4]),
    (error) => error instanceof OneclassError && error.code === 'IMAGES_IDENTICAL',
  )
})
