import assert from 'node:assert/strict'
import test from 'node:test'
import { cholesky, solveLower } from '../../src/core/cholesky.ts'
import { columnMeans, dot, l2Normalise, matrix, subtractFromRows, takeRows } from '../../src/core/matrix.ts'
import { gramOfColumns } from '../../src/core/products.ts'
import { createRandom } from '../../src/core/random.ts'
import { ledoitWolf } from '../../src/detectors/ledoit-wolf.ts'
import { leftOutDistances } from '../../src/detectors/left-out-distances.ts'

/** By the covariance of the other groups itself, shrunk as that of all rows that are learnt from. */
function directly(X: ReturnType<typeof matrix>, groups: ArrayLike<number>, learnt: readonly number[]): number[] {
  const d = X.cols
  const unit = l2Normalise(X)
  const covarianceOf = (rows: readonly number[]) => {
    const part = takeRows(unit, rows)
    const mean = columnMeans(part)
    subtractFromRows(part, mean)
    const scatter = gramOfColumns(part)
    const lengths = Float64Array.from(rows, (_, i) => dot(part.data, part.data, d, i * d, i * d))
    return { mean, scatter, lengths }
  }
  const whole = covarianceOf(learnt)
  const { shrinkage, mu } = ledoitWolf(whole.scatter, whole.lengths, d)
  return Array.from({ length: X.rows }, (_, i) => {
    const others = learnt.filter((j) => groups[j] !== groups[i])
    const { mean, scatter } = covarianceOf(others)
    const share = others.length / learnt.length
    for (let p = 0; p < d * d; p++) scatter.data[p]! *= (1 - shrinkage) / others.length
    for (let p = 0; p < d; p++) scatter.data[p * (d + 1)]! += (shrinkage * mu) / share
    const x = Float64Array.from({ length: d }, (_, j) => unit.data[i * d + j]! - mean[j]!)
    const y = solveLower(cholesky(scatter), x)
    return Math.sqrt(dot(y, y, d))
  })
}

for (const [n, d] of [
  [60, 90],
  [90, 20],
] as const) {
  test(`${n} rows of ${d} columns: distances are those from the covariance of the other groups`, () => {
    const random = createRandom(5)
    const X = matrix(
      n,
      d,
      Float64Array.from({ length: n * d }, (_, k) => 2 + random.normal() * (1 + 20 / (1 + (k % d)))),
    )
    const groups = Int32Array.from({ length: n }, (_, i) => (i < 5 ? 0 : i < 8 ? 5 : i))
    const learnt = Array.from({ length: n }, (_, i) => i).filter((i) => i !== 3 && i !== 30)
    const expected = directly(X, groups, learnt)
    for (const [i, distance] of leftOutDistances(X, groups)(learnt).entries()) {
      assert.ok(Math.abs(distance - expected[i]!) < 1e-8 * expected[i]!, `row ${i}: ${distance} and ${expected[i]}`)
    }
  })
}

test('rows of a covariance that is hardly shrunk, and rows that are all one group, have distances', () => {
  const random = createRandom(6)
  const [n, d] = [400, 6]
  const X = matrix(
    n,
    d,
    Float64Array.from({ length: n * d }, (_, k) => 9 + random.normal() * 10 ** -(k % d)),
  )
  const all = Array.from({ length: n }, (_, i) => i)
  for (const groups of [all, new Int32Array(n)]) {
    assert.ok(leftOutDistances(X, groups)(all).every((distance) => distance > 0 && Number.isFinite(distance)))
  }
})
