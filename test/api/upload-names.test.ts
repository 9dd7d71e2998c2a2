/** What the files of a form are called: as their sender calls them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameOf } from '../../src/api/http/uploads.ts'

test('names of files in forms: what HTML escapes is read back, and nothing else', () => {
  assert.equal(nameOf('so %22called%22.jpg', 0), 'so "called".jpg')
  assert.equal(nameOf('two%0D%0Alines.jpg', 0), 'twolines.jpg')
  assert.equal(nameOf('100%25 %2e%2e%2fsure.jpg', 0), '100%25 %2e%2e%2fsure.jpg')
})

test('names of files in forms: no way out of a folder, something to call each, and the end of long ones', () => {
  assert.equal(nameOf('C:\\parts\\..\\1.jpg', 0), 'C:/parts/1.jpg')
  assert.equal(nameOf('../../1.jpg', 0), '1.jpg')
  assert.equal(nameOf('', 4), 'image-5')
  const long = `${'deep/'.repeat(80)}1.jpg`
  assert.equal(nameOf(long, 0).length, 255)
  assert.ok(nameOf(long, 0).endsWith('/deep/1.jpg'))
})
