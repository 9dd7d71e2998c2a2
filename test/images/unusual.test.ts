/** Whole files that cannot be read are unsupported, not damaged; cut-off files that can be used are used. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { decodeImage } from '../../src/images/decode.ts'
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

/** The same file, saying that its samples have 12 bits. */
function twelveBits(jpeg: Buffer): Uint8Array {
  const bytes = Uint8Array.from(jpeg)
  const at = bytes.findIndex((value, i) => value === 0xff && bytes[i + 1] === 0xc0)
  bytes[at + 4] = 12
  return bytes
}

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
