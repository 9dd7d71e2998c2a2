/** Image files that sharp cannot write, and bytes that look random and are always the same. */
import { crc32, deflateSync } from 'node:zlib'
import { decodeImage } from '../../src/images/decode.ts'

export function noise(length: number, seed: number): Uint8Array {
  let state = seed * 2654435761 + 1
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  })
}

/** An uncompressed Windows bitmap of one colour. */
export function bmp(
  width: number,
  height: number,
  bits: 1 | 8 | 16 | 24 | 32,
  [r, g, b]: readonly number[],
): Uint8Array {
  const palette = bits <= 8 ? 2 ** bits : 0
  const stride = Math.ceil((width * bits) / 32) * 4
  const start = 54 + palette * 4
  const bytes = new Uint8Array(start + stride * height)
  const view = new DataView(bytes.buffer)
  bytes.set([0x42, 0x4d])
  view.setUint32(10, start, true)
  view.setUint32(14, 40, true)
  view.setInt32(18, width, true)
  view.setInt32(22, height, true)
  view.setUint16(28, bits, true)
  for (let i = 0; i < palette; i++) bytes.set([b!, g!, r!, 0], 54 + i * 4)
  for (let y = 0; y < height && bits > 8; y++) {
    for (let x = 0; x < width; x++) {
      const at = start + y * stride + (x * bits) / 8
      if (bits === 16) view.setUint16(at, ((r! >> 3) << 10) | ((g! >> 3) << 5) | (b! >> 3), true)
      else bytes.set([b!, g!, r!], at)
    }
  }
  return bytes
}

/** A PNG whose header claims any size, over a little data. */
export function pngHeader(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2], 8)
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crcOf(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

function crcOf(data: Buffer): number {
  return crc32(data)
}

/** Width and height of an image as it is shown. */
export async function sizeOf(bytes: Uint8Array): Promise<unknown> {
  const target = { width: 16, height: 16, resize: 'stretch', withOriginal: true } as const
  const { original } = await decodeImage({ name: 'x', bytes }, target)
  return [original?.width, original?.height]
}
