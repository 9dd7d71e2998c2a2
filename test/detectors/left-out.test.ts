import assert from 'node:assert/strict'
import test from 'node:test'
import { cholesky, solveLower } from '../../src/core/cholesky.ts'
import {
  columnMeans,
  dot,
  l2Normalise,
  matrix,
  row,
  squaredLengths,
  subtractFromRows,
  takeRows,
} from '../../src/core/matrix.ts'
import { gramOfColumns } from '../../src/core/products.ts'
import { createRandom } from '../../src/core/random.ts'
import { ledoitWolf } from '../../src/detectors/ledoit-wolf.ts'
import { leaveOut, leftOutLengths } from '../../src/detectors/left-out.ts'

/** What the covariance of the other groups itself makes of a row and of those others, shrunk as that of all rows that are learnt from. */
function directly(X: ReturnType<typeof matrix>, groups: ArrayLike<number>, learnt: readonly number[], i: number) {
  const d = X.cols
  const unit = l2Normalise(X)
  const covarianceOf = (rows: readonly number[]) => {
    const part = takeRows(unit, rows)
    const mean = columnMeans(part)
    subtractFromRows(part, mean)
    return { mean, scatter: gramOfColumns(part), lengths: squaredLengths(part) }
  }
  const whole = covarianceOf(learnt)
  const { shrinkage, mu } = ledoitWolf(whole.scatter, whole.lengths, d)
  const others = learnt.filter((j) => groups[j] !== groups[i])
  const { mean, scatter } = covarianceOf(others)
  const share = others.length / learnt.length
  for (let p = 0; p < d * d; p++) scatter.data[p]! *= (1 - shrinkage) / others.length
  for (let p = 0; p < d; p++)
    scatter.data[p * (d + 1)]! += (shrinkage * mu * (learnt.length - 1)) / learnt.length / share
  const L = cholesky(scatter)
  const from = (zero: (j: number) => number) => {
    const x = Float64Array.from({ length: d }, (_, j) => unit.data[i * d + j]! - zero(j))
    const y = solveLower(L, x)
    return dot(y, y, d)
  }
  return {
    squaredLength: from((j) => mean[j]!),
    others,
    squaredDistances: others.map((k) => from((j) => unit.data[k * d + j]!)),
  }
}

for (const [n, d] of [
  [60, 90],
  [90, 20],
] as const) {
  test(`${n} rows of ${d} columns: lengths and distances are those from the covariance of the other groups`, () => {
    const random = createRandom(5)
    const X = matrix(
      n,
      d,
      Float64Array.from({ length: n * d }, (_, k) => 2 + random.normal() * (1 + 20 / (1 + (k % d)))),
    )
    const groups = Int32Array.from({ length: n }, (_, i) => (i < 5 ? 0 : i < 8 ? 5 : i))
    const learnt = Array.from({ length: n }, (_, i) => i).filter((i) => i !== 3 && i !== 30)
    const isNear = (value: number, expected: number, what: string) =>
      assert.ok(Math.abs(value - expected) < 1e-8 * expected, `${what}: ${value} and ${expected}`)
    const seen = new Set<number>()
    for (const { rows, squaredLengths, squaredDistances } of leaveOut(X, groups)(learnt)) {
      rows.forEach((i, at) => {
        const expected = directly(X, groups, learnt, i)
        isNear(squaredLengths[at]!, expected.squaredLength, `row ${i}`)
        const distances = row(squaredDistances(expected.others), at)
        distances.forEach((distance, t) => {
          isNear(distance, expected.squaredDistances[t]!, `rows ${i} and ${expected.others[t]}`)
        })
        seen.add(i)
      })
    }
    assert.equal(seen.size, n)
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
    const lengths = leftOutLengths(leaveOut(X, groups)(all), n)
    assert.ok(lengths.every((length) => length > 0 && Number.isFinite(length)))
  }
})
