import assert from 'node:assert/strict'
import test from 'node:test'
import { matrix } from '../../src/core/matrix.ts'
import { createRandom, type Random } from '../../src/core/random.ts'
import { growIsolationTrees } from '../../src/detectors/isolation-trees.ts'

test('copies of one row are a leaf at once: no column is looked at in vain', () => {
  const [originals, copies, d] = [20, 10, 500]
  const values = createRandom(1)
  const rows = Array.from({ length: originals }, () => Float64Array.from({ length: d }, () => values.normal()))
  const X = matrix(originals * copies, d)
  for (let i = 0; i < X.rows; i++) X.data.set(rows[i % originals]!, i * d)
  let drawn = 0
  const counted = (random: Random): Random => ({
    ...random,
    int(n) {
      drawn++
      return random.int(n)
    },
    fork: (label) => counted(random.fork(label)),
  })
  const trees = 50
  const { roots } = growIsolationTrees(X, { trees, subsample: 128 }, counted(createRandom(2))).trees
  assert.equal(roots.length, trees)
  // the rows of each tree, and a shuffle of the columns for each depth now and then; looking in vain takes a hundred times as many
  assert.ok(drawn < trees * 128 + 20 * d, `${drawn} numbers were drawn`)
})
