/** The same picture in another file gives the same pixels: what is scored does not depend on how it was saved. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { decodeImage } from '../../src/images/decode.ts'
import type { DecodeTarget } from '../../src/images/pixels.ts'
import { noise } from '../support/image-files.ts'

const [width, height] = [600, 450]
const raw = { width, height, channels: 3 } as const
const pixels = noise(width * height * 3, 5)
const image = () => sharp(pixels, { raw })
const target = (side: number): DecodeTarget => ({ width: side, height: side, resize: 'cover' })

async function mostApart(a: Uint8Array, b: Uint8Array, side: number): Promise<number> {
  const [first, second] = await Promise.all(
    [a, b].map(async (bytes) => (await decodeImage({ name: 'x', bytes }, target(side))).data),
  )
  return first!.reduce((most, value, i) => Math.max(most, Math.abs(value - second![i]!)), 0)
}

test('files that lose nothing, at sizes that decoders could make smaller while they read', async () => {
  const png = await image().png().toBuffer()
  const files = {
    WebP: await image().webp({ lossless: true, effort: 0 }).toBuffer(),
    TIFF: await image().tiff({ compression: 'none' }).toBuffer(),
    'PNG in seven passes': await image().png({ progressive: true }).toBuffer(),
  }
  for (const [format, bytes] of Object.entries(files))
    for (const side of [32, 60, 224, 400]) assert.equal(await mostApart(png, bytes, side), 0, `${format}, ${side}`)
})

test('a WebP that loses something is made smaller as its own pixels are', async () => {
  const webp = await image().webp({ quality: 80, effort: 0 }).toBuffer()
  const decoded = await sharp(webp).png().toBuffer()
  for (const side of [60, 224]) assert.equal(await mostApart(decoded, webp, side), 0, String(side))
})

test('a picture that is stored turned differs by rounding only', async () => {
  const upright = await image().png().toBuffer()
  for (const [orientation, turn] of [
    [3, 180],
    [6, 270],
    [8, 90],
  ] as const) {
    const { data, info } = await image().rotate(turn).raw().toBuffer({ resolveWithObject: true })
    const stored = sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
    for (const format of ['png', 'tiff', 'webp'] as const) {
      const options = format === 'webp' ? { lossless: true, effort: 0 } : {}
      const file =
        format === 'tiff' ? stored.clone().tiff({ compression: 'none' }) : stored.clone().toFormat(format, options)
      const bytes = await file.withMetadata({ orientation }).toBuffer()
      const apart = await mostApart(upright, bytes, 224)
      assert.ok(apart <= 1, `${format}, ${orientation}: ${apart}`)
    }
  }
})
