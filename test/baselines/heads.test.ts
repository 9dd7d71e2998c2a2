/** The heads over frozen embeddings: transfer head, deep one-class features, and what they stand on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deepOneClassDefaults, fitDeepOneClass, scoreDeepOneClass } from '../../src/baselines/deep-one-class.ts'
import { minimise } from '../../src/baselines/lbfgs.ts'
import { kindsByClustering } from '../../src/baselines/reference-kinds.ts'
import { renderedKinds, renderReference } from '../../src/baselines/rendered-reference.ts'
import { fitTransferHead, transferLogits } from '../../src/baselines/transfer-head.ts'
import { fromRows, type Matrix, matrix } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'

/** `n` points around a direction: axis `axis` is larger by `shift`. */
function cloud(n: number, d: number, axis: number, shift: number, seed: number): Matrix {
  const random = createRandom(seed)
  return fromRows(
    Array.from({ length: n }, () =>
      Float64Array.from({ length: d }, (_, j) => random.normal() + (j === axis ? shift : 0)),
    ),
  )
}

test('L-BFGS finds the minimum of the Rosenbrock function', () => {
  const w = minimise(
    (p, g) => {
      const [x, y] = [p[0]!, p[1]!]
      g[0] = -2 * (1 - x) - 400 * x * (y - x * x)
      g[1] = 200 * (y - x * x)
      return (1 - x) ** 2 + 100 * (y - x * x) ** 2
    },
    Float64Array.of(-1.2, 1),
    500,
    1e-9,
  )
  assert.ok(Math.abs(w[0]! - 1) < 1e-5 && Math.abs(w[1]! - 1) < 1e-5, `${w}`)
})

test('the transfer head separates two clouds and repeats with its seed', () => {
  const state = fitTransferHead(cloud(60, 20, 0, 4, 1), cloud(70, 20, 1, 4, 2), createRandom(9))
  const again = fitTransferHead(cloud(60, 20, 0, 4, 1), cloud(70, 20, 1, 4, 2), createRandom(9))
  assert.deepEqual(state, again)
  const positive = transferLogits(state, cloud(50, 20, 0, 4, 3))
  const negative = transferLogits(state, cloud(50, 20, 1, 4, 4))
  assert.ok(positive.filter((z) => z > 0).length >= 48)
  assert.ok(negative.filter((z) => z < 0).length >= 48)
})

test('the transfer head says what it lacks', () => {
  assert.throws(() => fitTransferHead(cloud(60, 4, 0, 1, 1), matrix(0, 4), createRandom(1)), { code: 'TOO_FEW_IMAGES' })
})

test('deep one-class features put the class nearer than others, with a reference of other kinds only', () => {
  const positives = cloud(60, 20, 0, 5, 1)
  const reference = fromRows([0, 1, 2].flatMap((kind) => rowsOf(cloud(30, 20, 5 + kind, 5, 20 + kind))))
  const kinds = Array.from({ length: 90 }, (_, i) => Math.floor(i / 30))
  const state = fitDeepOneClass(positives, reference, kinds, deepOneClassDefaults, createRandom(4))
  const inside = scoreDeepOneClass(state, cloud(40, 20, 0, 5, 5))
  const outside = scoreDeepOneClass(state, cloud(40, 20, 6, 5, 6))
  const wins = inside.reduce((sum, a) => sum + outside.filter((b) => b > a).length, 0) / 1600
  assert.ok(wins > 0.9, `AUROC ${wins}`)
  assert.deepEqual(state, fitDeepOneClass(positives, reference, kinds, deepOneClassDefaults, createRandom(4)))
})

test('clustering finds kinds that are there', () => {
  const X = fromRows([0, 1, 2].flatMap((axis) => rowsOf(cloud(20, 12, axis, 9, 30 + axis))))
  const kinds = kindsByClustering(X, 3, createRandom(2))
  for (const group of [0, 1, 2]) assert.equal(new Set(kinds.slice(group * 20, group * 20 + 20)).size, 1)
  assert.equal(new Set(kinds).size, 3)
})

test('rendered reference images come in kinds, with the size asked for, and repeat', () => {
  const images = renderReference(2, 24, 16, createRandom(1))
  assert.equal(images.length, 2 * renderedKinds)
  assert.ok(images.every(({ width, height, data }) => width === 24 && height === 16 && data.length === 24 * 16 * 3))
  assert.deepEqual(images, renderReference(2, 24, 16, createRandom(1)))
})

function rowsOf(m: Matrix): Float64Array[] {
  return Array.from({ length: m.rows }, (_, i) => m.data.slice(i * m.cols, (i + 1) * m.cols))
}
