/** Small pictures, decoded for themselves or made of what was decoded for a network. */
import assert from 'node:assert/strict'
import test from 'node:test'
import sharp from 'sharp'
import { createRandom } from '../../src/core/random.ts'
import { decodeImage } from '../../src/images/decode.ts'
import { renderPart } from '../../src/images/demo-images.ts'
import type { DecodeTarget } from '../../src/images/pixels.ts'
import { makeThumbnail, thumbnailOfPixels } from '../../src/images/thumbnail.ts'

const part = renderPart(createRandom(1).fork(0))
const raw = { width: part.width, height: part.height, channels: 3 } as const
const fileOf = async (width: number, height: number) => ({
  name: 'x.jpg',
  bytes: await sharp(part.data, { raw }).resize(width, height, { fit: 'fill' }).jpeg({ quality: 95 }).toBuffer(),
})
const target: DecodeTarget = { width: 160, height: 160, resize: 'stretch', withOriginal: true }

for (const [width, height] of [
  [640, 480],
  [300, 900],
  [2000, 40],
] as const) {
  test(`of pixels that a network sees: as if decoded for itself (${width} x ${height})`, async () => {
    const file = await fileOf(width, height)
    const own = await sharp(await makeThumbnail(file))
      .raw()
      .toBuffer({ resolveWithObject: true })
    const made = thumbnailOfPixels(await decodeImage(file, target))
    const seen = await sharp(await made!)
      .raw()
      .toBuffer({ resolveWithObject: true })
    assert.deepEqual([seen.info.width, seen.info.height], [own.info.width, own.info.height])
    const difference = own.data.reduce((sum, value, i) => sum + Math.abs(value - seen.data[i]!), 0) / own.data.length
    assert.ok(difference < 6, String(difference))
  })
}

test('not of pixels that show a part of the image, too few of them, or do not say its size', async () => {
  const file = await fileOf(640, 480)
  const pixelsFor = async (change: Partial<DecodeTarget>) => await decodeImage(file, { ...target, ...change })
  assert.equal(thumbnailOfPixels(await pixelsFor({ withOriginal: false })), undefined)
  assert.equal(thumbnailOfPixels(await pixelsFor({ resize: 'cover' })), undefined)
  assert.equal(thumbnailOfPixels(await pixelsFor({ resize: 'contain' })), undefined)
  assert.equal(thumbnailOfPixels(await pixelsFor({ width: 128, height: 128 })), undefined)
  assert.equal(thumbnailOfPixels(await decodeImage(await fileOf(40, 30), target)), undefined)
})
