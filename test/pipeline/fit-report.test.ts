import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matrix } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { fitFeatures } from '../../src/pipeline/fit-features.ts'
import { factsOfPositives, misfitRows } from '../../src/pipeline/fit-report.ts'

const cols = 16
/** Rows around one place each, in the order given. */
function rowsAround(places: readonly number[]) {
  const random = createRandom(7)
  const noise = () => random.next() - 0.5
  const data = Float64Array.from({ length: places.length * cols }, (_, at) => {
    const place = places[Math.floor(at / cols)]!
    return (at % cols === place ? 8 : 0) + noise()
  })
  return matrix(places.length, cols, data)
}

function kindsOf(places: readonly number[], groups: readonly number[]) {
  const heldOut = new Float64Array(places.length)
  const given = { heldOut, counted: places.length, random: createRandom(1) }
  return factsOfPositives(rowsAround(places), groups, given, (row) => `${row}.jpg`).kinds
}

const alone = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i)

test('copies of one photo are no second kind; photos of another thing are, and their copies are counted with them', () => {
  const places = [...Array<number>(50).fill(0), ...Array<number>(12).fill(1)]
  assert.equal(kindsOf(places, alone(62))?.size, 12)
  assert.equal(kindsOf(places, [...alone(50), ...Array<number>(12).fill(50)]), null)
  const twice = [...places, ...Array<number>(12).fill(1)]
  assert.equal(kindsOf(twice, [...alone(62), ...alone(12, 50)])?.size, 24)
})

test('what a fit names as misfits is what --exclude misfits leaves out, whatever the seed', async () => {
  const random = createRandom(11)
  // three rows lie out, each its own way; every third row has a copy nearby
  const data = Float64Array.from({ length: 60 * cols }, (_, at) => {
    const i = Math.floor(at / cols)
    return 4 + random.normal() + (i < 3 && at % cols === i ? 20 : 0)
  })
  for (let i = 10; i < 58; i += 3) for (let k = 0; k < cols; k++) data[(i + 1) * cols + k] = data[i * cols + k]! + 0.01
  const X = matrix(60, cols, data)
  const groups = Array.from({ length: 60 }, (_, i) => i)
  let named = 0
  for (const seed of [1, 2, 3]) {
    const { facts } = await fitFeatures(X, { seed, groups })
    const rows = facts?.misfits.map(({ row }) => row) ?? []
    assert.deepEqual([...misfitRows(X, groups, seed)], rows)
    named += rows.length
  }
  assert.ok(named > 0)
})
