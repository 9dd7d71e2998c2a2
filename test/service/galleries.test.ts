/** Galleries as the page asks for them: read in a thread, once, and refused where they cannot be read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGalleries } from '../../src/service/galleries.ts'
import { encodeGallery } from '../../src/store/gallery.ts'
import type { Registry } from '../../src/store/registry.ts'
import type { Model } from '../../src/wire/model.ts'
import { blankGallery, noBackbone } from '../support/gallery.ts'

test('a gallery is read once, beside the event loop; what cannot be read is refused, and read again', async () => {
  const model = { name: 'm', version: 1, n: 30, dim: 8, backbone: noBackbone, gallery: 'x' } as Model
  let reads = 0
  let bytes = Uint8Array.from(encodeGallery(blankGallery(model)))
  const registry = {
    async gallery() {
      reads++
      return bytes
    },
  } as unknown as Registry
  const galleries = createGalleries(registry)
  const [shown, again] = await Promise.all([galleries.get(model), galleries.get(model)])
  assert.equal(shown, again)
  assert.deepEqual([shown?.images.length, shown?.leaders[29], shown?.judge(0, 0.05).pValue], [30, 29, 1])
  assert.deepEqual([reads, bytes.length], [1, 0]) // given away to a thread: of a large one the loop would stand for half a second
  bytes = Uint8Array.from(Buffer.from('no gallery'))
  for (let i = 0; i < 2; i++) {
    await assert.rejects(galleries.get({ ...model, gallery: 'y' }), { code: 'MODEL_CORRUPT' })
    bytes = Uint8Array.from(Buffer.from('no gallery'))
  }
  assert.equal(reads, 3)
})
