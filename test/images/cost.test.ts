import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import type { OneclassError } from '../../src/errors.ts'
import { checkCost } from '../../src/images/cost.ts'
import { decodeImage } from '../../src/images/decode.ts'
import { detectFormat } from '../../src/images/format.ts'
import { imageLimits } from '../../src/images/limits.ts'
import { avifThatClaims, chainOfPages, jpegOfScans, tiffOf, webpOfFrames } from '../support/costly-images.ts'
import { bmp, noise, pngHeader } from '../support/image-files.ts'

const cost = (bytes: Uint8Array, limits = imageLimits) => checkCost(bytes, detectFormat(bytes, 'x'), 'x', limits)

/** The message with which an image is refused, and that it took no time. */
function refusal(bytes: Uint8Array, limits = imageLimits): string {
  const started = performance.now()
  try {
    cost(bytes, limits)
  } catch (error) {
    assert.equal((error as OneclassError).code, 'IMAGE_TOO_LARGE')
    assert.ok(performance.now() - started < 5000)
    return (error as OneclassError).message
  }
  return assert.fail('it was accepted')
}

describe('the cost of an image, from its header', () => {
  it('an ordinary image of each format is accepted, and its sides are seen', async () => {
    const photo = sharp(noise(300 * 200 * 3, 1), { raw: { width: 300, height: 200, channels: 3 } })
    const forms = {
      jpeg: photo.clone().jpeg(),
      progressive: photo.clone().jpeg({ progressive: true }),
      png: photo.clone().png(),
      interlaced: photo.clone().png({ progressive: true }),
      webp: photo.clone().webp(),
      lossless: photo.clone().webp({ lossless: true }),
      alpha: photo.clone().ensureAlpha(0.5).webp(),
      gif: photo.clone().gif(),
      tiff: photo.clone().tiff(),
      tiled: photo.clone().tiff({ tile: true, tileWidth: 64, tileHeight: 64 }),
      avif: photo.clone().avif({ effort: 0 }),
      'avif, alpha': photo.clone().ensureAlpha(0.5).avif({ effort: 0 }),
    }
    for (const [name, image] of Object.entries(forms)) {
      const bytes = await image.toBuffer()
      const found = cost(bytes)
      assert.ok(found && found.milliseconds > 0.1 && found.milliseconds < 200 && found.mebibytes < 8, name)
      const narrow = { ...imageLimits, maxSide: 299 }
      assert.match(refusal(bytes, narrow), /no side may be longer/, name)
      cost(bytes, { ...imageLimits, maxSide: name === 'tiled' ? 320 : 300 })
    }
    assert.match(refusal(bmp(30, 20, 24, [1, 2, 3]), { ...imageLimits, maxSide: 29 }), /side/)
  })

  it('a photo of a telephone costs less than the limit in every common form', async () => {
    const photo = sharp({ create: { width: 4000, height: 3000, channels: 3, background: '#876' } })
    for (const image of [
      photo.clone().jpeg({ progressive: true, chromaSubsampling: '4:4:4' }),
      photo.clone().png(),
      photo.clone().webp(),
      photo.clone().avif({ effort: 0 }),
    ]) {
      const found = cost(await image.toBuffer())
      assert.ok(found && found.milliseconds < 4000 && found.mebibytes < 300, JSON.stringify(found))
    }
  })

  it('sides, in every format', () => {
    assert.match(refusal(pngHeader(1, 67_000_000)), /no side may be longer/)
    assert.match(refusal(pngHeader(60_000, 60_000)), /megapixels/)
    assert.match(refusal(tiffOf({ 256: 1, 257: 67_000_000 })), /side/)
    assert.match(refusal(tiffOf({ 256: 10, 257: 10, 322: 65_488, 323: 65_488 })), /megapixels/)
  })

  it('scans of a JPEG: each goes over all blocks', () => {
    assert.match(refusal(jpegOfScans(2048, 2048, 800)), /200 scans/)
    assert.match(refusal(jpegOfScans(8192, 8192, 199), { ...imageLimits, maxMilliseconds: 5000 }), /s to decode/)
    const few = cost(jpegOfScans(2048, 2048, 10))!
    const many = cost(jpegOfScans(2048, 2048, 190))!
    assert.ok(many.milliseconds > 5 * few.milliseconds)
  })

  it('frames of an animation, pages of a document; a chain of pages that is a loop ends', async () => {
    assert.match(refusal(await webpOfFrames(20_000)), /10000 frames/)
    cost(await webpOfFrames(100))
    assert.match(refusal(chainOfPages(10_001)), /10000 pages/)
    assert.ok(cost(tiffOf({ 256: 9, 257: 9 }, 8)))
    assert.match(refusal(tiffOf({ 256: 8000, 257: 8000, 322: 1, 323: 1 })), /1000000 tiles/)
  })

  it('an AVIF is as large as its AV1 image, whatever its boxes say', async () => {
    const bytes = await avifThatClaims(512, 64)
    assert.match(refusal(bytes, { ...imageLimits, maxSide: 500 }), /512 x 512/)
    assert.ok(cost(bytes)!.milliseconds > cost(await avifThatClaims(64, 64))!.milliseconds * 10)
  })

  it('memory: what 8 bytes a pixel of an AVIF of 64 megapixels would take', async () => {
    const huge = await sharp({ create: { width: 256, height: 256, channels: 3, background: '#fff' } })
      .avif({ effort: 0, chromaSubsampling: '4:4:4' })
      .toBuffer()
    assert.match(refusal(huge, { ...imageLimits, maxMebibytes: 1 }), /MiB to decode/)
  })

  it('a header that is cut short is the decoder’s to judge', async () => {
    const bytes = await sharp({ create: { width: 99, height: 9, channels: 3, background: '#fff' } })
      .avif({ effort: 0 })
      .toBuffer()
    for (let length = 12; length < bytes.length; length += 7)
      assert.doesNotThrow(() => checkCost(bytes.subarray(0, length), 'avif', 'x', imageLimits))
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif', 'bmp'] as const)
      for (let seed = 1; seed < 40; seed++) {
        const started = performance.now()
        try {
          checkCost(noise(4000, seed), format, 'x', imageLimits)
        } catch (error) {
          assert.equal((error as OneclassError).code, 'IMAGE_TOO_LARGE')
        }
        assert.ok(performance.now() - started < 5000)
      }
  })

  it('decodeImage refuses before it decodes', async () => {
    const started = performance.now()
    const bytes = jpegOfScans(8192, 8192, 880)
    await assert.rejects(decodeImage({ name: 'a.jpg', bytes }, { width: 8, height: 8, resize: 'stretch' }), {
      code: 'IMAGE_TOO_LARGE',
      message: /"a\.jpg" has more than the 200 scans/,
    })
    assert.ok(performance.now() - started < 10_000)
  })
})
