import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { decodeImage } from '../../src/images/decode.ts'
import { groupByHash, hammingDistance, type PerceptualHash, perceptualHash } from '../../src/images/phash.ts'
import { noise } from '../support/image-files.ts'

/** A smooth random picture: a few random pixels, enlarged. */
const picture = (seed: number) =>
  sharp(noise(6 * 5 * 3, seed), { raw: { width: 6, height: 5, channels: 3 } }).resize(240, 200, { fit: 'fill' })

async function hashOf(bytes: Uint8Array): Promise<PerceptualHash> {
  return perceptualHash(await decodeImage({ name: 'x', bytes }, { width: 128, height: 128, resize: 'stretch' }))
}

describe('perceptualHash', () => {
  it('hardly changes with size, compression and brightness, and differs between pictures', async () => {
    const original = await hashOf(await picture(1).png().toBuffer())
    const copies = [
      await hashOf(
        await sharp(await picture(1).png().toBuffer())
          .resize(97, 81, { fit: 'fill' })
          .jpeg({ quality: 40 })
          .toBuffer(),
      ),
      await hashOf(await picture(1).modulate({ brightness: 1.1 }).webp().toBuffer()),
    ]
    for (const copy of copies) assert.ok(hammingDistance(original, copy) <= 8, String(hammingDistance(original, copy)))
    const other = await hashOf(await picture(2).png().toBuffer())
    assert.ok(hammingDistance(original, other) >= 16, String(hammingDistance(original, other)))
    const all = [original, other, ...copies]
    assert.deepEqual([...groupByHash(all, 8)], [0, 1, 0, 0])
  })

  it('takes images of one colour and of one pixel', () => {
    const flat = perceptualHash({ width: 1, height: 1, data: Uint8Array.of(9, 9, 9) })
    assert.deepEqual(flat, perceptualHash({ width: 50, height: 40, data: new Uint8Array(50 * 40 * 3).fill(200) }))
  })

  it('counts bits', () => {
    assert.equal(hammingDistance({ high: 0xffffffff, low: 0 }, { high: 0, low: 0xffffffff }), 64)
    assert.equal(hammingDistance({ high: 0x80000000, low: 5 }, { high: 0, low: 4 }), 2)
  })
})
