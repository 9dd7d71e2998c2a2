/** Windows bitmaps as programs write them: opacity in 16 and 32 bits, and places of the pixels that are wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeImage } from '../../src/images/decode.ts'

const [width, height] = [8, 6]

interface Parts {
  readonly bits: 8 | 16 | 24 | 32 | 64
  readonly compression?: number
  readonly headerSize?: number
  readonly masks?: readonly number[]
  readonly palette?: Uint8Array
  /** Where the file says that its pixels are; default: where they are. */
  readonly offset?: number
  readonly colours?: number
}

/** @param value of the pixel at x, y, from the top left */
function bitmap(parts: Parts, value: (x: number, y: number) => number): Uint8Array {
  const { bits, compression = 0, headerSize = 40, masks = [], palette = new Uint8Array() } = parts
  const head = Math.max(headerSize, 40 + 4 * masks.length)
  const start = 14 + head + palette.length
  const stride = Math.ceil((width * bits) / 32) * 4
  const bytes = new Uint8Array(start + stride * height)
  const view = new DataView(bytes.buffer)
  bytes.set([0x42, 0x4d])
  view.setUint32(10, parts.offset ?? start, true)
  view.setUint32(14, headerSize, true)
  view.setInt32(18, width, true)
  view.setInt32(22, height, true)
  view.setUint16(28, bits, true)
  view.setUint32(30, compression, true)
  view.setUint32(46, parts.colours ?? 0, true)
  masks.forEach((mask, i) => {
    view.setUint32(54 + 4 * i, mask, true)
  })
  bytes.set(palette, 14 + head)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let i = 0; i < bits / 8; i++)
        bytes[start + (height - 1 - y) * stride + (x * bits) / 8 + i] = (value(x, y) >>> (8 * i)) & 255
  return bytes
}

async function pixelsOf(bytes: Uint8Array): Promise<number[][]> {
  const { data } = await decodeImage({ name: 'x.bmp', bytes }, { width, height, resize: 'stretch' })
  return Array.from({ length: width * height }, (_, i) => [...data.subarray(3 * i, 3 * i + 3)])
}

const isLeft = (x: number) => x < width / 2
const halves = (left: readonly number[], right: readonly number[]) =>
  Array.from({ length: width * height }, (_, i) => [...(isLeft(i % width) ? left : right)])

test('transparent pixels of bitmaps are white, however many bits say so', async () => {
  const red = halves([255, 0, 0], [255, 255, 255])
  const of16 = { bits: 16, compression: 3 } as const
  for (const headerSize of [56, 108, 124]) {
    const five = { ...of16, headerSize, masks: [0x7c00, 0x03e0, 0x001f, 0x8000] }
    assert.deepEqual(await pixelsOf(bitmap(five, (x) => (isLeft(x) ? 0xfc00 : 0))), red, `1 bit, ${headerSize}`)
    const four = { ...of16, headerSize, masks: [0x0f00, 0x00f0, 0x000f, 0xf000] }
    assert.deepEqual(await pixelsOf(bitmap(four, (x) => (isLeft(x) ? 0xff00 : 0))), red, `4 bits, ${headerSize}`)
    // a mask over zeros only means that nobody set it
    assert.deepEqual(await pixelsOf(bitmap(four, () => 0x0f00)), halves([255, 0, 0], [255, 0, 0]))
  }
  const alphaFields = { bits: 32, compression: 6, masks: [0xff0000, 0xff00, 0xff, 0xff000000] } as const
  assert.deepEqual(await pixelsOf(bitmap(alphaFields, (x) => (isLeft(x) ? 0xffff0000 : 0))), red)
  // half of the light of the page comes through
  const half = await pixelsOf(bitmap(alphaFields, (x) => (isLeft(x) ? 0xffff0000 : 0x80000000)))
  assert.deepEqual(half, halves([255, 0, 0], [127, 127, 127]))
})

test('pixels whose place is that of the header, the masks or the palette stand behind these', async () => {
  const palette = Uint8Array.from({ length: 1024 }, (_, i) => (i % 4 === 3 ? 0 : (i * 37) % 256))
  const few = { bits: 8, colours: 16, palette: palette.subarray(0, 64) } as const
  const all = { bits: 8, palette } as const
  const masks = { bits: 16, compression: 3, masks: [0xf800, 0x07e0, 0x001f] } as const
  const files: [Parts, number[]][] = [
    [few, [0, 54]],
    [all, [0, 54]],
    [masks, [0, 54, 62]],
    [{ bits: 24 }, [0, 14, 53]],
    [{ bits: 32, compression: 6, masks: [0xff0000, 0xff00, 0xff, 0] }, [0, 54, 66]],
  ]
  for (const [parts, offsets] of files) {
    const value = (x: number, y: number) => ((x * 5 + y * 3) % 16) * (parts.bits === 8 ? 1 : 4097)
    const right = await pixelsOf(bitmap(parts, value))
    assert.ok(new Set(right.map(String)).size > 8)
    for (const offset of offsets)
      assert.deepEqual(await pixelsOf(bitmap({ ...parts, offset }, value)), right, `${parts.bits} bits, ${offset}`)
  }
  const without = { code: 'IMAGE_UNREADABLE', message: /without its palette/ }
  await assert.rejects(pixelsOf(bitmap({ bits: 8 }, () => 1)), without)
})

test('bitmaps of 64 bits are a kind that is not accepted, not damaged ones', async () => {
  const message = /64 bits a pixel.*convert it to PNG/
  await assert.rejects(pixelsOf(bitmap({ bits: 64 }, () => 1)), { code: 'IMAGE_UNSUPPORTED', message })
})
