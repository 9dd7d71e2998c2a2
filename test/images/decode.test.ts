import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import sharp, { type Sharp } from 'sharp'
import { OneclassError } from '../../src/errors.ts'
import { decodeImage } from '../../src/images/decode.ts'
import { encodeImage } from '../../src/images/encode.ts'
import { imageLimits } from '../../src/images/limits.ts'
import type { DecodeTarget, Pixels } from '../../src/images/pixels.ts'
import { bmp, noise, pngHeader, sizeOf } from '../support/image-files.ts'

const small: DecodeTarget = { width: 8, height: 8, resize: 'stretch' }
const orange = { r: 200, g: 100, b: 50 }
const plain = (): Sharp => sharp({ create: { width: 40, height: 30, channels: 3, background: orange } })

const decode = (bytes: Uint8Array, target = small): Promise<Pixels> => decodeImage({ name: 'a.jpg', bytes }, target)

async function refusal(bytes: Uint8Array): Promise<OneclassError> {
  const error = await decode(bytes).then(
    () => assert.fail('it was decoded'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof OneclassError, String(error))
  assert.match(error.message, /"a\.jpg"/)
  return error
}

function assertColour(pixels: Pixels, expected: readonly number[], tolerance = 4): void {
  assert.equal(pixels.data.length, pixels.width * pixels.height * 3)
  expected.forEach((value, channel) => {
    const found = pixels.data[channel] ?? -1
    assert.ok(Math.abs(found - value) <= tolerance, `channel ${channel}: ${found}, expected ${value}`)
  })
}

describe('decodeImage: every accepted form gives 8-bit sRGB', () => {
  const rgb = [200, 100, 50]
  const grey = [128, 128, 128]
  const forms: Record<string, [() => Promise<Uint8Array>, readonly number[], number?]> = {
    jpeg: [() => plain().jpeg().toBuffer(), rgb],
    png: [() => plain().png().toBuffer(), rgb],
    'png, 16 bits': [() => plain().toColourspace('rgb16').png().toBuffer(), rgb],
    'png, palette': [() => plain().png({ palette: true }).toBuffer(), rgb],
    'png, grey': [() => plain().greyscale().png().toBuffer(), grey, 10],
    'png, grey, 16 bits': [() => plain().toColourspace('grey16').png().toBuffer(), grey, 10],
    'jpeg, grey': [() => plain().greyscale().jpeg().toBuffer(), grey, 10],
    'jpeg, CMYK': [() => plain().toColourspace('cmyk').jpeg().toBuffer(), rgb, 40],
    'tiff, CMYK': [() => plain().toColourspace('cmyk').tiff().toBuffer(), rgb, 40],
    'tiff, grey, 16 bits': [() => plain().toColourspace('grey16').tiff().toBuffer(), grey, 10],
    'jpeg, Display P3': [() => plain().withIccProfile('p3').jpeg().toBuffer(), rgb],
    webp: [() => plain().webp().toBuffer(), rgb],
    gif: [() => plain().gif().toBuffer(), rgb],
    tiff: [() => plain().tiff().toBuffer(), rgb],
    avif: [() => plain().avif().toBuffer(), rgb],
    'bmp, 24 bits': [async () => bmp(40, 30, 24, rgb), rgb],
    'bmp, 32 bits': [async () => bmp(40, 30, 32, rgb), rgb],
    'bmp, 16 bits': [async () => bmp(40, 30, 16, rgb), rgb, 8],
    'bmp, palette': [async () => bmp(40, 30, 8, rgb), rgb],
    'bmp, one bit': [async () => bmp(40, 30, 1, rgb), rgb],
  }
  for (const [name, [make, expected, tolerance]] of Object.entries(forms)) {
    it(name, async () => assertColour(await decode(await make()), expected, tolerance))
  }

  it('lays transparent pixels on white', async () => {
    const clear = await sharp({ create: { width: 9, height: 9, channels: 4, background: { ...orange, alpha: 0 } } })
      .png()
      .toBuffer()
    assertColour(await decode(clear), [255, 255, 255], 0)
  })

  it('turns the image as its EXIF orientation says', async () => {
    // left half black, right half white; orientation 6 shows it turned right, black on top
    const halves = Uint8Array.from({ length: 40 * 20 * 3 }, (_, i) => (Math.floor(i / 3) % 40 < 20 ? 0 : 255))
    const raw = { raw: { width: 40, height: 20, channels: 3 as const } }
    const turned = await sharp(halves, raw).withMetadata({ orientation: 6 }).png().toBuffer()
    const pixels = await decode(turned, { width: 64, height: 64, resize: 'inside' })
    assert.deepEqual([pixels.width, pixels.height], [20, 40])
    assert.deepEqual([pixels.data[0], pixels.data.at(-1)], [0, 255])
    assert.deepEqual(await sizeOf(turned), [20, 40])
  })

  it('takes the first page of an animation and of a document', async () => {
    const pages = [
      [255, 0, 0],
      [0, 0, 255],
    ].map(([r, g, b]) => ({
      create: { width: 16, height: 16, channels: 3 as const, background: { r: r!, g: g!, b: b! } },
    }))
    for (const format of ['gif', 'webp', 'tiff'] as const) {
      const joined = sharp(await Promise.all(pages.map((page) => sharp(page).png().toBuffer())), {
        join: { animated: true },
      })
      const bytes = await joined.toFormat(format).toBuffer()
      assertColour(await decode(bytes), [255, 0, 0], 6)
    }
  })

  it('resizes as asked', async () => {
    const wide = await sharp({ create: { width: 60, height: 20, channels: 3, background: '#fff' } })
      .png()
      .toBuffer()
    const size = async (target: DecodeTarget) => {
      const { width, height, data } = await decode(wide, target)
      return [width, height, data[0]]
    }
    assert.deepEqual(await size({ width: 30, height: 30, resize: 'stretch' }), [30, 30, 255])
    assert.deepEqual(await size({ width: 30, height: 30, resize: 'cover' }), [30, 30, 255])
    assert.deepEqual(await size({ width: 30, height: 30, resize: 'contain' }), [30, 30, 128])
    assert.deepEqual(await size({ width: 30, height: 30, resize: 'inside' }), [30, 10, 255])
    assert.deepEqual(await size({ width: 300, height: 300, resize: 'inside' }), [60, 20, 255])
  })

  it('goes through encodeImage and back', async () => {
    const pixels = await decode(await plain().png().toBuffer())
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      assertColour(await decode(await encodeImage(pixels, format)), [200, 100, 50])
    }
  })
})

describe('decodeImage: what it refuses', () => {
  it('nothing, text, and random bytes', async () => {
    assert.equal((await refusal(new Uint8Array())).code, 'IMAGE_UNREADABLE')
    const text = await refusal(Buffer.from('just a text in a file named .jpg'))
    assert.equal(text.code, 'IMAGE_UNREADABLE')
    assert.match(text.message, /text file/)
    assert.equal((await refusal(noise(1000, 1))).code, 'IMAGE_UNREADABLE')
  })

  it('formats that are not accepted, whatever their name', async () => {
    const files = [
      '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
      '<?xml version="1.0"?>\n<!-- x -->\n<svg width="9" height="9"/>',
      '%PDF-1.7 ...',
      '\u0000\u0000\u0000\u0018ftypheic\u0000\u0000\u0000\u0000mif1heic',
      '8BPS',
    ]
    for (const file of files) assert.equal((await refusal(Buffer.from(file, 'latin1'))).code, 'IMAGE_UNSUPPORTED', file)
  })

  it('every accepted format cut short', async () => {
    const image = sharp(noise(120 * 80 * 3, 2), { raw: { width: 120, height: 80, channels: 3 } })
    const formats = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const
    for (const format of formats) {
      const bytes = await image.clone().toFormat(format).toBuffer()
      await decode(bytes)
      for (const share of [0.02, 0.4, 0.97]) {
        const error = await refusal(bytes.subarray(0, Math.floor(bytes.length * share)))
        assert.equal(error.code, 'IMAGE_UNREADABLE', `${format} at ${share}: ${error.message}`)
      }
    }
    const bitmap = bmp(40, 30, 24, [1, 2, 3])
    for (const length of [30, 60, bitmap.length - 1]) {
      assert.equal((await refusal(bitmap.subarray(0, length))).code, 'IMAGE_UNREADABLE')
    }
  })

  it('bombs, from their header', async () => {
    const started = performance.now()
    assert.equal((await refusal(pngHeader(30_000, 30_000))).code, 'IMAGE_TOO_LARGE')
    const bitmap = bmp(4, 4, 24, [0, 0, 0])
    new DataView(bitmap.buffer).setInt32(18, 60_000, true)
    new DataView(bitmap.buffer).setInt32(22, 60_000, true)
    assert.equal((await refusal(bitmap)).code, 'IMAGE_TOO_LARGE')
    assert.ok(performance.now() - started < 5000)
  })

  it('too many bytes', async () => {
    const bytes = await plain().png().toBuffer()
    const limits = { ...imageLimits, maxBytes: bytes.length - 1 }
    await assert.rejects(decodeImage({ name: 'x', bytes }, small, limits), { code: 'IMAGE_TOO_LARGE' })
  })

  it('flipped bits do no more than fail or decode', async () => {
    const image = sharp(noise(64 * 48 * 3, 3), { raw: { width: 64, height: 48, channels: 3 } })
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff'] as const) {
      const bytes = await image.clone().toFormat(format).toBuffer()
      for (let round = 0; round < 25; round++) {
        const damaged = Uint8Array.from(bytes)
        const flips = noise(6, round + 10)
        for (let i = 0; i < 3; i++)
          damaged[Math.floor(((flips[i * 2]! * 256 + flips[i * 2 + 1]!) / 65536) * damaged.length)]! ^= 1 << (round % 8)
        await decode(damaged).then(
          (pixels) => assert.equal(pixels.data.length, 8 * 8 * 3),
          (error) => assert.ok(error instanceof OneclassError && error.code.startsWith('IMAGE_'), String(error)),
        )
      }
    }
  })

  it('a polyglot is the image of its first bytes, and what follows is not looked at', async () => {
    const bytes = await plain().jpeg().toBuffer()
    assertColour(await decode(Buffer.concat([bytes, Buffer.from('<svg/>%PDF-1.7')])), [200, 100, 50])
  })
})

describe('decodeImage: files', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oneclass-decode-'))
  })
  after(() => rm(folder, { recursive: true }))

  it('reads a file, and says what is wrong with one that it cannot read', async () => {
    const path = join(folder, 'é 1.png')
    await writeFile(path, await plain().png().toBuffer())
    assertColour(await decodeImage({ name: 'a', path }, small), [200, 100, 50])
    await assert.rejects(decodeImage({ name: 'gone.png', path: join(folder, 'gone.png') }, small), {
      code: 'IMAGE_NOT_FOUND',
      message: /"gone\.png"/,
    })
    await assert.rejects(decodeImage({ name: 'folder.png', path: folder }, small), { code: 'IMAGE_NOT_FOUND' })
  })
})
