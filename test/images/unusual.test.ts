/** Files that were cut off, images that show nothing, what is no image, bitmaps, and CMYK. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { decodeImage } from '../../src/images/decode.ts'
import { imageLimits } from '../../src/images/limits.ts'
import { picture } from '../support/tiff-files.ts'

const [width, height] = [64, 48]
const grey = picture(width, height)
const small = { width: 16, height: 16, resize: 'stretch' } as const
const decode = (bytes: Uint8Array) => decodeImage({ name: 'x', bytes }, small)
const bytesOf = (samples: number) =>
  Uint8Array.from({ length: width * height * samples }, (_, i) => grey[Math.floor(i / samples)]!)

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
