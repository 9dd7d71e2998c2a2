/** Whole files that cannot be read are unsupported, not damaged; cut-off files that can be used are used. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { decodeImage, probeImage } from '../../src/images/decode.ts'
import { imageLimits } from '../../src/images/limits.ts'
import { picture, tiffFile } from '../support/tiff-files.ts'

const [width, height] = [64, 48]
const grey = picture(width, height)
const small = { width: 16, height: 16, resize: 'stretch' } as const
const decode = (bytes: Uint8Array) => decodeImage({ name: 'x', bytes }, small)
const bytesOf = (samples: number) =>
  Uint8Array.from({ length: width * height * samples }, (_, i) => grey[Math.floor(i / samples)]!)
const page = { width, height, bits: 8 }

const jpegOf = await sharp(bytesOf(1), { raw: { width, height, channels: 1 } })
  .jpeg()
  .toBuffer()

describe('what is whole and not accepted: IMAGE_UNSUPPORTED, with what to do', () => {
  const cases: Record<string, [Uint8Array, RegExp]> = {
    'five channels': [tiffFile({ ...page, samples: 5 }, bytesOf(5)), /5 channels.*save it as RGB/],
    Lab: [tiffFile({ ...page, samples: 3, photometric: 8 }, bytesOf(3)), /Lab colours.*convert it to RGB/],
    LZMA: [tiffFile({ ...page, compression: 34925 }, bytesOf(1)), /LZMA compression.*without compression/],
    Zstandard: [tiffFile({ ...page, compression: 50000 }, bytesOf(1)), /Zstandard compression.*without compression/],
    'double floats': [tiffFile({ ...page, bits: 64, sampleFormat: 3 }, bytesOf(8)), /64 bits a sample.*32 bits/],
    'packed 12 bits': [tiffFile({ ...page, bits: 12 }, bytesOf(2)), /12 bits a sample.*8 or 16 bits/],
    'tiles of old JPEG': [
      tiffFile({ ...page, compression: 6, tags: { 322: 16, 323: 16 } }, bytesOf(1)),
      /old form of JPEG.*save it again/,
    ],
    'old JPEG': [tiffFile({ ...page, compression: 6 }, bytesOf(1)), /old form of JPEG.*save it again/],
    'grey and opacity of 4 bits': [
      tiffFile({ ...page, bits: 4, samples: 2, tags: { 338: 2 } }, bytesOf(1)),
      /2 channels of 4 bits.*save it with 8 bits/,
    ],
    'a TIFF that does not say what its samples mean': [
      withoutColours(tiffFile(page, bytesOf(1))),
      /no word about what its samples mean.*RGB or grey/,
    ],
    'HEIF in its short form': [
      Buffer.from('\0\0\0\x10ftypmif3heic\0\0\0\x08mini'),
      /is a HEIF\/HEIC image.*convert it/,
    ],
    'AVIF in its short form': [
      Buffer.from('\0\0\0\x10ftypmif3avif\0\0\0\x08mini'),
      /AVIF image in its short form.*convert it/,
    ],
    'a bitmap of 2 bits': [bitmap(2, 0), /bitmap with 2 bits a pixel.*convert it to PNG/],
    'a JPEG in a bitmap': [bitmap(0, 4), /bitmap that holds a JPEG or PNG.*convert it to PNG/],
    'a bitmap without the head of its file': [
      bitmap(24, 0).subarray(14),
      /bitmap without the head of its file.*save it as PNG/,
    ],
    DNG: [
      tiffFile({ ...page, samples: 3, tags: { 50706: 0x0401 } }, bytesOf(3)),
      /camera raw photo.*export it as JPEG/,
    ],
    'raw by its filter array': [tiffFile({ ...page, photometric: 32803 }, bytesOf(1)), /camera raw photo/],
    'raw by its compression': [tiffFile({ ...page, compression: 34713 }, bytesOf(1)), /camera raw photo/],
    Canon: [Buffer.concat([Buffer.from('II*\0\x10\0\0\0CR\x02\0'), Buffer.alloc(64)]), /camera raw photo/],
    Fujifilm: [Buffer.from('FUJIFILMCCD-RAW 0201'), /camera raw photo/],
    Panasonic: [Buffer.concat([Buffer.from('IIU\0\x08\0\0\0'), Buffer.alloc(64)]), /camera raw photo/],
    'JPEG of 12 bits': [twelveBits(jpegOf), /JPEG/],
  }
  for (const [name, [bytes, message]] of Object.entries(cases)) {
    it(name, async () => {
      await assert.rejects(decode(bytes), { code: 'IMAGE_UNSUPPORTED', message })
    })
  }

  it('a thumbnail inside a raw photo is not taken for the photo: the page of the filter array lies below the first', async () => {
    const raw = tiffFile({ ...page, photometric: 32803 }, bytesOf(1))
    const first = tiffFile({ ...page, tags: { 330: 0 } }, bytesOf(1))
    const whole = new Uint8Array(first.length + raw.length)
    whole.set(first)
    // the second file's directory, moved behind the first; its places of data are wrong and are not looked at
    whole.set(raw.subarray(8), first.length)
    const view = new DataView(whole.buffer)
    for (let at = 10; at < first.length; at += 12) {
      if (view.getUint16(at, true) !== 330) continue
      view.setUint32(at + 8, first.length, true)
      break
    }
    await assert.rejects(decode(whole), { code: 'IMAGE_UNSUPPORTED', message: /camera raw photo/ })
    assert.equal((await decode(tiffFile(page, bytesOf(1)))).width, 16)
  })
})

/** A black bitmap of 4 x 4 pixels, or what its header says. */
function bitmap(bits: number, compression: number): Uint8Array {
  const bytes = new Uint8Array(54 + 4 * 12)
  const view = new DataView(bytes.buffer)
  bytes.set(Buffer.from('BM'))
  for (const [at, value] of [
    [2, bytes.length],
    [10, 54],
    [14, 40],
    [18, 4],
    [22, 4],
    [30, compression],
  ] as const)
    view.setUint32(at, value, true)
  view.setUint16(26, 1, true)
  view.setUint16(28, bits, true)
  return bytes
}

/** The same TIFF, whose tag that tells grey from colour is one that nobody knows. */
function withoutColours(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer)
  for (let at = 10; at < bytes.length; at += 12) {
    if (view.getUint16(at, true) !== 262) continue
    view.setUint16(at, 261, true)
    break
  }
  return bytes
}

/** The same file, saying that its samples have 12 bits. */
function twelveBits(jpeg: Buffer): Uint8Array {
  const bytes = Uint8Array.from(jpeg)
  const at = bytes.findIndex((value, i) => value === 0xff && bytes[i + 1] === 0xc0)
  bytes[at + 4] = 12
  return bytes
}

it('of an animated AVIF the still picture is taken; a film without one is unsupported', async () => {
  const still = await sharp(bytesOf(1), { raw: { width, height, channels: 1 } })
    .avif({ quality: 90 })
    .toBuffer()
  const animated = Uint8Array.from(still)
  animated.set(Buffer.from('avis'), 8)
  assert.deepEqual((await decode(animated)).data, (await decode(still)).data)
  assert.equal(Buffer.from(animated.subarray(8, 12)).toString(), 'avis')
  const at = Buffer.from(animated).indexOf('pitm')
  animated.set(Buffer.from('free'), at)
  await assert.rejects(decode(animated), { code: 'IMAGE_UNSUPPORTED', message: /AVIF/ })
})

it('what an image is refused for is the same when only its size is asked for', async () => {
  const bytes = tiffFile({ ...page, samples: 3, photometric: 8 }, bytesOf(3))
  await assert.rejects(probeImage({ name: 'x', bytes }), { code: 'IMAGE_UNSUPPORTED', message: /Lab colours/ })
})

it("CMYK in JPEG is the same with Adobe's mark and without", async () => {
  const ink = await sharp(bytesOf(3), { raw: { width, height, channels: 3 } })
    .toColourspace('cmyk')
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer()
  const at = ink.indexOf('Adobe')
  const marked = await decode(ink)
  const isNear = (other: { data: Uint8Array }) =>
    Math.max(...other.data.map((value, i) => Math.abs(value - marked.data[i]!))) <= 4
  assert.ok(at > 0)
  const bare = Buffer.concat([ink.subarray(0, at - 4), ink.subarray(at + 12)])
  assert.ok(isNear(await decode(bare)))
  // light as 8 bits would show it: no inversion
  const plain = await decode(
    await sharp(bytesOf(3), { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  )
  const offBy = plain.data.map((value, i) => Math.abs(value - marked.data[i]!))
  assert.ok(offBy.reduce((a, b) => a + b, 0) / offBy.length < 30)
})

describe('files that were cut off at their end', () => {
  const noise = (() => {
    let state = 1
    return Uint8Array.from({ length: 200 * 300 * 3 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state >>> 24
    })
  })()
  const image = () => sharp(noise, { raw: { width: 300, height: 200, channels: 3 } })
  const codes = async (bytes: Uint8Array) => (await decode(bytes)).notes?.map(({ code }) => code)

  it('a JPEG without its last two bytes, or its last one, is used, with a note, as it is', async () => {
    for (const progressive of [false, true]) {
      const whole = await image().jpeg({ progressive }).toBuffer()
      const { data } = await decode(whole)
      for (const cut of [1, 2]) {
        const short = whole.subarray(0, whole.length - cut)
        const pixels = await decode(short)
        assert.deepEqual(pixels.data, data)
        assert.equal(pixels.notes?.[0]?.code, 'TRUNCATED')
        await assert.rejects(decodeImage({ name: 'x', bytes: short }, small, { ...imageLimits, strict: true }), {
          code: 'IMAGE_UNREADABLE',
        })
      }
      await assert.rejects(decode(whole.subarray(0, whole.length / 2)), { code: 'IMAGE_UNREADABLE' })
      const otherEnd = await decode(Buffer.concat([whole.subarray(0, -2), Buffer.from('cam1\x01\x02')]))
      assert.deepEqual(otherEnd.data, data)
    }
  })

  it('other formats: their last bytes may be missing, not their last rows', async () => {
    const png = await image().png().toBuffer()
    assert.deepEqual(await codes(png.subarray(0, -16)), ['TRUNCATED'])
    await assert.rejects(decode(png.subarray(0, png.length * 0.9)), { code: 'IMAGE_UNREADABLE' })
    const jpeg = await image().jpeg().toBuffer()
    await assert.rejects(decode(jpeg.subarray(0, -40)), { code: 'IMAGE_UNREADABLE' })
    await assert.rejects(decode(jpeg.subarray(0, jpeg.length * 0.9)), { code: 'IMAGE_UNREADABLE' })
    const gif = await image().gif().toBuffer()
    await assert.rejects(decode(gif.subarray(0, gif.length / 2)), { code: 'IMAGE_UNREADABLE' })
  })
})

describe('images that show nothing', () => {
  const flat = async (colour: [number, number, number]) =>
    await decode(
      await sharp({
        create: { width: 40, height: 40, channels: 3, background: { r: colour[0], g: colour[1], b: colour[2] } },
      })
        .jpeg()
        .toBuffer(),
    )
  it('are used, with a note', async () => {
    for (const colour of [
      [0, 0, 0],
      [255, 255, 255],
      [10, 120, 60],
    ] as [number, number, number][]) {
      assert.deepEqual(
        (await flat(colour)).notes?.map(({ code }) => code),
        ['BLANK'],
      )
    }
    const dot = Uint8Array.from({ length: 100 * 100 * 3 }, (_, i) => (i < 30 ? 200 : 0))
    const dark = await sharp(dot, { raw: { width: 100, height: 100, channels: 3 } })
      .png()
      .toBuffer()
    const pixels = await decodeImage({ name: 'x', bytes: dark }, { width: 100, height: 100, resize: 'stretch' })
    assert.deepEqual(
      pixels.notes?.map(({ code }) => code),
      ['EXTREME'],
    )
  })
})

it('what is no image is called by its name', async () => {
  for (const [text, message] of [
    ['version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n', /pointer of Git LFS.*git lfs pull/],
    ['<!DOCTYPE html><title>404</title>', /is a web page/],
    ['hello', /is a text file/],
  ] as const)
    await assert.rejects(decode(Buffer.from(text)), { code: 'IMAGE_UNREADABLE', message })
  const drawing = Buffer.from('\uFEFF<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>')
  await assert.rejects(decode(drawing), { code: 'IMAGE_UNSUPPORTED', message: /SVG/ })
})

it('a bitmap may lack the bytes that fill its last row, and no others', async () => {
  const header = Buffer.alloc(54)
  header.write('BM', 'latin1')
  header.writeUInt32LE(54, 10)
  header.writeUInt32LE(40, 14)
  header.writeInt32LE(3, 18)
  header.writeInt32LE(2, 22)
  header.writeUInt16LE(1, 26)
  header.writeUInt16LE(24, 28)
  const whole = Buffer.concat([header, Buffer.alloc(24, 90)])
  assert.equal((await decode(whole.subarray(0, -3))).data[0], 90)
  await assert.rejects(decode(whole.subarray(0, -4)), { code: 'IMAGE_UNREADABLE' })
})

describe('bitmaps with an alpha channel', () => {
  const cut = (alphaOf: (i: number) => number) => {
    const side = 32
    const header = Buffer.alloc(138)
    header.write('BM', 'latin1')
    header.writeUInt32LE(138 + side * side * 4, 2)
    header.writeUInt32LE(138, 10)
    header.writeUInt32LE(124, 14)
    header.writeInt32LE(side, 18)
    header.writeInt32LE(side, 22)
    header.writeUInt16LE(1, 26)
    header.writeUInt16LE(32, 28)
    header.writeUInt32LE(3, 30)
    for (const [i, mask] of [0xff0000, 0xff00, 0xff, 0xff000000].entries()) header.writeUInt32LE(mask, 54 + 4 * i)
    const body = Buffer.alloc(side * side * 4)
    for (let i = 0; i < side * side; i++) body.set([0, 0, 200, alphaOf(i)], 4 * i)
    return Buffer.concat([header, body])
  }
  const first = async (bytes: Uint8Array) => [...(await decode(bytes)).data.subarray(0, 3)]
  it('are laid on white, as cut-outs of other formats; an alpha of zeros everywhere means none', async () => {
    assert.deepEqual(await first(cut((i) => (i < 512 ? 255 : 0))), [255, 255, 255]) // rows go up
    assert.deepEqual(await first(cut((i) => (i < 512 ? 0 : 255))), [200, 0, 0])
    assert.deepEqual(await first(cut(() => 0)), [200, 0, 0])
    assert.deepEqual(await first(cut(() => 51)), [244, 204, 204])
  })
})
