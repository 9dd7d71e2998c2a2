import assert from 'node:assert/strict'
import test from 'node:test'
import { type Matrix, matrix } from '../../src/core/matrix.ts'
import { createRandom, type Random } from '../../src/core/random.ts'
import { independentRows } from '../../src/detectors/effective.ts'
import { findMisfits } from '../../src/detectors/misfits.ts'

const d = 24
const alone = (n: number) => Int32Array.from({ length: n }, (_, i) => i)

/** Rows of one class: a mean, a covariance that is not round, and a somewhat heavy tail. */
function drawRows(n: number, random: Random, shift: (i: number) => number = () => 0): Matrix {
  const X = matrix(n, d)
  for (let i = 0; i < n; i++) {
    const size = 1 + 0.15 * Math.abs(random.normal())
    for (let j = 0; j < d; j++)
      X.data[i * d + j] = 6 + shift(i) * random.normal() + size * random.normal() * (1 + 2 / (j + 1))
  }
  return X
}

test('ten wrong images among 200 are named, and hardly any other', () => {
  const random = createRandom(2)
  const X = drawRows(200, random, (i) => (i >= 190 ? 5 : 0))
  const named = findMisfits(X, alone(200), createRandom(1)).map(({ row }) => row)
  assert.ok(named.filter((i) => i >= 190).length >= 8, String(named))
  assert.ok(named.filter((i) => i < 190).length <= 4, String(named))
})

test('of 50 folders without misfits at most one names any, with 200 rows and with 30', () => {
  for (const n of [200, 30]) {
    let naming = 0
    for (let folder = 0; folder < 50; folder++) {
      const random = createRandom(1000 + folder)
      if (findMisfits(drawRows(n, random), alone(n), random).length > 0) naming++
    }
    assert.ok(naming <= 1, `${n} rows: ${naming} of 50 folders`)
  }
})

test('a misfit has a small p-value and a large distance; too few rows name none; the same seed names the same', () => {
  const X = drawRows(60, createRandom(4), (i) => (i === 7 ? 6 : 0))
  const [first, ...rest] = findMisfits(X, alone(60), createRandom(1))
  assert.equal(first?.row, 7)
  assert.equal(rest.length, 0)
  assert.ok(first.pValue < 1e-4 && first.times > 1.5, JSON.stringify(first))
  assert.deepEqual(findMisfits(X, alone(60), createRandom(1)), [first])
  assert.deepEqual(findMisfits(drawRows(12, createRandom(4)), alone(12), createRandom(1)), [])
})

test('of copies that score alike one counts, of a group whose scores differ nearly all do', () => {
  const random = createRandom(6)
  const rows = Array.from({ length: 120 }, (_, i) => i)
  const groups = Int32Array.from(rows, (i) => Math.floor(i / 6))
  const ofGroup = Float64Array.from({ length: 20 }, () => random.normal())
  const alike = Float64Array.from(rows, (i) => ofGroup[groups[i]!]! + 1e-3 * random.normal())
  assert.equal(independentRows(rows, groups, alike).length, 20)
  const apart = Float64Array.from(rows, () => random.normal())
  assert.ok(independentRows(rows, groups, apart).length >= 80)
  const half = Float64Array.from(rows, (i) => ofGroup[groups[i]!]! + random.normal())
  const count = independentRows(rows, groups, half).length
  assert.ok(count > 20 && count < 80, String(count))
  assert.deepEqual(independentRows(rows, Int32Array.from(rows), half), rows)
})

test('copies of a few photos are too few to look for misfits among, however many', () => {
  const random = createRandom(4)
  const few = drawRows(4, random, (i) => (i === 3 ? 3 : 0))
  const X = matrix(200, d)
  const of = Int32Array.from({ length: 200 }, (_, i) => i % 4)
  of.forEach((group, i) => {
    for (let j = 0; j < d; j++) X.data[i * d + j] = few.data[group * d + j]! + 1e-6 * random.normal()
  })
  assert.deepEqual(findMisfits(X, of, random), [])
})
