import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { OneclassError } from '../../src/errors.ts'
import type { Backbone } from '../../src/features/backbone.ts'
import { type Embedded, embedImages } from '../../src/features/embed.ts'
import { openBackbone } from '../../src/features/registry.ts'
import type { ImageSource } from '../../src/images/decode.ts'
import { encodeImage } from '../../src/images/encode.ts'
import { assertClose, expectedMean, meanColourNetwork, pixels } from '../support/networks.ts'

describe('embedImages', () => {
  let folder = ''
  let backbone: Backbone
  let sources: ImageSource[]
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oneclass-embed-'))
    await writeFile(join(folder, 'net.onnx'), meanColourNetwork())
    backbone = await openBackbone(join(folder, 'net.onnx'), { home: folder, threads: 1 })
    sources = await Promise.all(
      Array.from({ length: 21 }, async (_, i) => {
        const bytes = i % 5 === 3 ? Buffer.from('no image') : await encodeImage(pixels(8, 8, i), 'png')
        return { name: `${i}.png`, bytes }
      }),
    )
  })
  after(async () => {
    await backbone.close()
    await rm(folder, { recursive: true })
  })

  async function collect(batch?: number): Promise<Embedded[]> {
    const found: Embedded[] = []
    for await (const entry of embedImages(backbone, sources, batch ? { batch } : {})) found.push(entry)
    return found
  }

  it('gives one entry an image, in order, with errors in their places', async () => {
    const found = await collect()
    assert.deepEqual(
      found.map(({ index }) => index),
      sources.map((_, i) => i),
    )
    for (const { index, embedding, error } of found) {
      if (index % 5 === 3)
        assert.match(`${error?.code} ${error?.message}`, new RegExp(`IMAGE_UNREADABLE .*"${index}\\.png"`))
      else assertClose(embedding!, expectedMean(pixels(8, 8, index), 0.5, 0.5))
    }
  })

  it('gives the same whatever the batch', async () => {
    const eight = await collect(8)
    for (const batch of [1, 5, 100]) assert.deepEqual(await collect(batch), eight)
  })

  it('reports progress and pixels, and yields nothing for no images', async () => {
    const progress: number[] = []
    const seen: number[] = []
    const options = { onProgress: (done: number) => progress.push(done), onPixels: (index: number) => seen.push(index) }
    for await (const _ of embedImages(backbone, sources, options));
    assert.deepEqual(
      progress,
      sources.map((_, i) => i + 1),
    )
    assert.deepEqual(
      seen,
      sources.flatMap((_, i) => (i % 5 === 3 ? [] : [i])),
    )
    for await (const _ of embedImages(backbone, [])) assert.fail()
  })

  it('can be cancelled', async () => {
    const controller = new AbortController()
    await assert.rejects(
      async () => {
        for await (const _ of embedImages(backbone, sources, { signal: controller.signal, batch: 2 }))
          controller.abort()
      },
      { code: 'CANCELLED' },
    )
  })

  it('names the image in what a backbone says of it', async () => {
    const picky: Backbone = {
      ...{ id: 'picky', hash: '', dim: 1, target: { width: 8, height: 8, resize: 'stretch' }, close: async () => {} },
      embed: async (images) => images.map(() => new OneclassError('NO_FACE', 'no face was found.')),
    }
    for await (const { error } of embedImages(picky, sources.slice(0, 1)))
      assert.equal(error?.message, '"0.png": no face was found.')
  })
})
