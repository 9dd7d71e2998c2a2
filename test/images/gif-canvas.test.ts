/** GIF files whose first frame covers a part of the canvas: what it leaves free is transparent, so white. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeImage } from '../../src/images/decode.ts'
import { sizeOf } from '../support/image-files.ts'

interface Frame {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** One frame of colour 1 (red); colour 0 is black. @param transparent says that black is transparent, although none of the frame is */
function gif(canvas: readonly [number, number], { left, top, width, height }: Frame, transparent = false): Uint8Array {
  const u16 = (value: number) => [value & 255, value >> 8]
  // LZW of 3 bits a code: clear (4) before each pixel (1), so that codes never grow; then the end (5)
  const codes = [...Array.from({ length: width * height }, () => [4, 1]).flat(), 5]
  const packed = new Uint8Array(Math.ceil((codes.length * 3) / 8))
  codes.forEach((code, i) => {
    for (let bit = 0; bit < 3; bit++) {
      const at = i * 3 + bit
      packed[at >> 3]! |= ((code >> bit) & 1) << (at & 7)
    }
  })
  const blocks: number[] = []
  for (let at = 0; at < packed.length; at += 255) {
    const block = packed.subarray(at, at + 255)
    blocks.push(block.length, ...block)
  }
  return Uint8Array.from([
    ...Buffer.from('GIF89a'),
    ...[...u16(canvas[0]), ...u16(canvas[1]), 0x80, 0, 0],
    ...[0, 0, 0, 255, 0, 0],
    ...(transparent ? [0x21, 0xf9, 4, 1, 0, 0, 0, 0] : []),
    ...[0x2c, ...u16(left), ...u16(top), ...u16(width), ...u16(height), 0],
    ...[2, ...blocks, 0, 0x3b],
  ])
}

async function colours(bytes: Uint8Array, width: number, height: number): Promise<string[]> {
  const { data } = await decodeImage({ name: 'x.gif', bytes }, { width, height, resize: 'stretch' })
  const names: Record<string, string> = { '255,0,0': 'r', '255,255,255': '.', '0,0,0': 'black' }
  const at = (i: number) => names[String([...data.subarray(3 * i, 3 * i + 3)])] ?? '?'
  return Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => at(y * width + x)).join(''))
}

test('what the first frame does not cover is white, with a transparent colour and without', async () => {
  const frame = { left: 2, top: 1, width: 3, height: 2 }
  for (const isTransparent of [false, true]) {
    const bytes = gif([6, 4], frame, isTransparent)
    const before = Uint8Array.from(bytes)
    assert.deepEqual(await colours(bytes, 6, 4), ['......', '..rrr.', '..rrr.', '......'])
    assert.deepEqual(bytes, before, "the caller's bytes stay as they are")
    assert.deepEqual(await sizeOf(bytes), [6, 4])
  }
})

test('a frame that covers the canvas, or is larger', async () => {
  const frame = { left: 0, top: 0, width: 3, height: 2 }
  for (const canvas of [
    [3, 2],
    [2, 1],
    [0, 0],
  ] as const)
    assert.deepEqual(await colours(gif(canvas, frame), 3, 2), ['rrr', 'rrr'], String(canvas))
  assert.deepEqual(await colours(gif([2, 2], { ...frame, left: 1 }), 4, 2), ['.rrr', '.rrr'])
})

test('a frame that is cut off is no image, on a canvas or not', async () => {
  const bytes = gif([60, 40], { left: 0, top: 0, width: 50, height: 40 })
  await assert.rejects(colours(bytes.subarray(0, bytes.length / 2), 6, 4), { code: 'IMAGE_UNREADABLE' })
})
