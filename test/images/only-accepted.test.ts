import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { decodeImage } from '../../src/images/decode.ts'
import { blockOtherDecoders } from '../../src/images/only-accepted.ts'
import { bmp } from '../support/image-files.ts'

test('accepted formats are decoded, others find no decoder even when they are handed to libvips', async () => {
  const plain = sharp({ create: { width: 20, height: 20, channels: 3, background: '#c83' } })
  const formats = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const
  const files = await Promise.all(formats.map((format) => plain.clone().toFormat(format).toBuffer()))
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
  await sharp(svg).raw().toBuffer()
  blockOtherDecoders()
  await assert.rejects(sharp(svg).raw().toBuffer(), /unsupported image format/)
  for (const [i, bytes] of [...files, bmp(9, 9, 24, [1, 2, 3])].entries()) {
    const pixels = await decodeImage({ name: String(formats[i]), bytes }, { width: 8, height: 8, resize: 'stretch' })
    assert.equal(pixels.data.length, 8 * 8 * 3)
  }
})
