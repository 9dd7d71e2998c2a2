/** A number with its noun. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { plural } from '../../src/wire/plural.ts'

test('one is one, and nothing is many', () => {
  assert.deepEqual(
    [0, 1, 2].map((n) => plural(n, 'image')),
    ['0 images', '1 image', '2 images'],
  )
  assert.equal(plural(1, 'entry', 'entries'), '1 entry')
  assert.equal(
    plural(1200, 'entry', 'entries', (n) => n.toLocaleString('en')),
    '1,200 entries',
  )
})
