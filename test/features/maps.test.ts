import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { OneclassError } from '../../src/errors.ts'
import type { Backbone, Look } from '../../src/features/backbone.ts'
import { atDetail, meanEmbedding, shrink, tilesOf } from '../../src/features/detail.ts'
import { parseManifest } from '../../src/features/manifest.ts'
import { openBackbone } from '../../src/features/registry.ts'
import type { Pixels } from '../../src/images/pixels.ts'
import { sha256 } from '../../src/system/sha256.ts'
import type { Detail } from '../../src/wire/fit-choices.ts'
import { assertClose, expectedMean, meanColourNetwork, pixels } from '../support/networks.ts'

const folder = await mkdtemp(join(tmpdir(), 'oneclass-maps-'))
after(() => rm(folder, { recursive: true }))

const input = { name: 'image', width: 8, height: 8, layout: 'NCHW', channels: 'RGB', mean: 0, std: 1 }
const blocks = { name: 'blocks', channels: 3, stride: 4 }

function manifestOf(bytes: Uint8Array, changes: { input?: object; maps?: unknown; patches?: unknown } = {}): string {
  const { maps, patches } = changes
  const outputs = {
    embedding: { name: 'embedding', dim: 4 },
    ...(maps ? { maps } : {}),
    ...(patches ? { patches } : {}),
  }
  const head = { id: 'blocks', version: 1, file: 'net.onnx', sha256: sha256(bytes) }
  return JSON.stringify({ ...head, input: { ...input, ...changes.input }, outputs })
}

async function open(
  isFree: boolean,
  changes: Parameters<typeof manifestOf>[1] = { maps: [blocks] },
): Promise<Backbone> {
  const bytes = meanColourNetwork({ blocks: true, side: isFree ? 'side' : 8 })
  await writeFile(join(folder, 'net.onnx'), bytes)
  await writeFile(join(folder, 'net.json'), manifestOf(bytes, changes))
  return openBackbone(join(folder, 'net.onnx'), { home: folder, threads: 1 })
}

async function look(backbone: Backbone, ...images: Pixels[]): Promise<Look[]> {
  return (await backbone.look!(images)).map((seen) => {
    if (seen instanceof OneclassError) throw seen
    return seen
  })
}

/** Mean colour of each block of 4 x 4 pixels, shape (3, height, width). */
function expectedBlocks({ width, height, data }: Pixels): Float32Array {
  const [w, h] = [width / 4, height / 4]
  const out = new Float32Array(3 * w * h)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) out[(c * h + (y >> 2)) * w + (x >> 2)]! += data[(y * width + x) * 3 + c]! / 255 / 16
  return out
}

/** Left to right. */
function mirrored({ width, height, data }: Pixels): Pixels {
  return { width, height, data: data.map((_, i) => data[i + 3 * (width - 1 - 2 * (Math.trunc(i / 3) % width))]!) }
}

describe('maps of a network', () => {
  it('come with the embedding, in the same run', async () => {
    const backbone = await open(false)
    const images = [pixels(8, 8, 1), pixels(8, 8, 2)]
    const seen = await look(backbone, ...images)
    const plain = await backbone.embed(images)
    seen.forEach(({ embedding, maps }, i) => {
      assert.deepEqual(embedding, plain[i])
      assert.deepEqual([maps[0]!.channels, maps[0]!.height, maps[0]!.width], [3, 2, 2])
      assertClose(maps[0]!.data, expectedBlocks(images[i]!))
    })
    await backbone.close()
  })

  for (const isFree of [false, true]) {
    for (const detail of [2, 3] as Detail[]) {
      const way = isFree ? 'one pass' : 'tiles'
      it(`of images ${detail} times as large, by ${way}; the embedding is that of the small image`, async () => {
        const own = await open(isFree, { maps: [blocks], input: isFree ? { multipleOf: 4 } : {} })
        const backbone = atDetail(own, detail, undefined)
        assert.equal(backbone.target.width, 8 * detail)
        assert.equal(backbone.hash, own.hash)
        const image = pixels(8 * detail, 8 * detail, 3)
        const [seen] = await look(backbone, image)
        assertClose(seen!.maps[0]!.data, expectedBlocks(image))
        assertClose(seen!.embedding, expectedMean(image, 0, 1), 0.02) // colours are rounded to 8 bits once more
        const [alone] = await backbone.embed([image])
        assert.deepEqual(alone, seen!.embedding)
        await assert.rejects(backbone.embed([pixels(9, 8, 1)]), { code: 'INTERNAL' })
        await backbone.close()
      })

      it(`of images ${detail} times as large, by ${way}, judged at both sizes: the embedding is the mean of both`, async () => {
        const own = await open(isFree, { maps: [blocks], input: isFree ? { multipleOf: 4 } : {} })
        assert.deepEqual(atDetail(own, detail, 'both').target.sizes, 'both')
        const image = pixels(8 * detail, 8 * detail, 3)
        const [small, seen] = await look(own, image, { ...image, sizes: 'both' })
        const parts = isFree ? [image] : tilesOf(image, detail)
        const large = meanEmbedding(parts.map((part) => Float32Array.from(expectedMean(part, 0, 1))))
        assertClose(seen!.embedding, meanEmbedding([small!.embedding, large]))
        assert.deepEqual(seen!.maps, small!.maps)
        const [alone] = await own.embed([{ ...image, sizes: 'both' }])
        assert.deepEqual(alone, seen!.embedding)
        const mirrorImage = (await own.embed([mirrored(shrink(image, detail))]))[0] as Float32Array
        const ofOwnSize = small!.embedding.map((value, j) => (value + mirrorImage[j]!) / 2)
        const [both] = await own.embed([{ ...image, sizes: 'both and mirrored' }])
        assertClose(both as Float32Array, meanEmbedding([ofOwnSize, large]))
        const [unchanged] = await own.embed([{ ...pixels(8, 8, 3), sizes: 'both and mirrored' }])
        assert.deepEqual(unchanged, (await own.embed([pixels(8, 8, 3)]))[0])
        await own.close()
      })
    }
  }

  it('are named in the manifest, in the older form too', () => {
    const bytes = meanColourNetwork()
    const patches = { name: 'blocks', channels: 3, height: 2, width: 2 }
    assert.deepEqual(parseManifest(manifestOf(bytes, { patches }), 'm').outputs.maps, [blocks])
    assert.deepEqual(parseManifest(manifestOf(bytes, { maps: [blocks] }), 'm').outputs.maps, [blocks])
    assert.equal(parseManifest(manifestOf(bytes), 'm').outputs.maps, undefined)
    assert.throws(() => parseManifest(manifestOf(bytes, { maps: [{ ...blocks, stride: 0 }] }), 'm'), {
      code: 'BACKBONE_INVALID',
      message: /outputs\.maps\[0\]\.stride/,
    })
  })

  it('must be there as the manifest says', async () => {
    const wrong: [Parameters<typeof manifestOf>[1], RegExp][] = [
      [{ maps: [{ ...blocks, name: 'none' }] }, /no output "none"/],
      [{ maps: [{ ...blocks, channels: 4 }] }, /n x 4 x 2 x 2/],
      [{ maps: [blocks], input: { multipleOf: 4 } }, /free/],
    ]
    for (const [changes, message] of wrong) {
      await assert.rejects(open(false, changes), { code: 'BACKBONE_INVALID', message })
    }
  })
})
