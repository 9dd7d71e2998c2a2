/** Half of the forest cuts rotated rows; forests of earlier builds do not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matrix } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { growForest, scoreForest } from '../../src/detectors/isolation-forest.ts'
import { scoreIsolationTrees } from '../../src/detectors/isolation-trees.ts'
import { rotateColumns } from '../../src/detectors/rotation.ts'
import { auroc } from '../../src/evaluation/metrics.ts'

const normal = (random: ReturnType<typeof createRandom>) =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())

/** Rows of length about 1 in every column, `shift` more in each. */
function draw(rows: number, cols: number, seed: number, shift = 0) {
  const random = createRandom(seed)
  return matrix(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, () => normal(random) + shift),
  )
}

test('a rotation of as many columns as a power of two keeps lengths and angles, and is the same for every row', () => {
  const X = draw(5, 64, 1)
  const turned = matrix(5, 64, X.data.slice())
  rotateColumns(turned)
  for (let i = 0; i < 5; i++) {
    for (let j = 0; j < 5; j++) {
      const product = (m: typeof X) => {
        let sum = 0
        for (let c = 0; c < 64; c++) sum += m.data[i * 64 + c]! * m.data[j * 64 + c]!
        return sum
      }
      assert.ok(Math.abs(product(X) - product(turned)) < 1e-10)
    }
  }
  const alone = matrix(1, 64, X.data.slice(128, 192))
  rotateColumns(alone)
  assert.deepEqual(alone.data, turned.data.slice(128, 192))
  const one = matrix(1, 1, Float64Array.of(3))
  rotateColumns(one)
  assert.equal(Math.abs(one.data[0]!), 3)
})

test('what is a little odd in every column is told better by half of rotated trees than by columns alone', () => {
  const [fit, good, odd] = [draw(200, 256, 2), draw(200, 256, 3), draw(200, 256, 4, 0.35)]
  const judged = matrix(400, 256, Float64Array.from([...good.data, ...odd.data]))
  const isGood = Uint8Array.from({ length: 400 }, (_, i) => Number(i < 200))
  const forest = growForest(fit, { trees: 400, subsample: 128 }, createRandom(5)).trees
  const { rotatedFrom, ...plain } = forest
  assert.equal(rotatedFrom, 200)
  const scores = scoreForest(forest, judged)
  assert.ok(auroc(scores, isGood) > 0.6, `AUROC ${auroc(scores, isGood)}`)
  // a forest of an earlier build has no rotated trees
  assert.deepEqual(scoreForest(plain, judged), scoreIsolationTrees(plain, judged))
  assert.deepEqual(scoreForest(forest, judged), scores, 'rows that are scored stay as they were')
})
