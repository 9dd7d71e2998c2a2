import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chunksOf } from '../../src/queue/chunks.ts'

test('chunks cover every image once, none longer than said, short at both ends', () => {
  for (const size of [1, 2, 16]) {
    for (let total = 0; total <= 400; total++) {
      const chunks = chunksOf(total, size)
      let next = 0
      for (const { first, end } of chunks) {
        assert.equal(first, next)
        assert.ok(end > first && end - first <= size)
        next = end
      }
      assert.equal(next, total)
    }
  }
  const lengths = chunksOf(400, 16).map(({ first, end }) => end - first)
  assert.deepEqual(lengths.slice(0, 7), [8, 8, 8, 8, 8, 8, 16])
  assert.ok(lengths.slice(-6).every((length) => length <= 8))
  assert.equal(lengths.filter((length) => length === 16).length, 19)
})
