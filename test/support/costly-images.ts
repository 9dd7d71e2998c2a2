/** Small files that are dear to decode, each legal for its decoder. */
import sharp from 'sharp'

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255])
const u24 = (value: number): Buffer => Buffer.from([value & 255, (value >> 8) & 255, value >> 16])
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const segment = (marker: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([0xff, marker]), u16(body.length + 2), body])
}

/** A grey progressive JPEG of one code a table, each scan some bytes: every coefficient alone, bit by bit, until `scans`. */
export function jpegOfScans(width: number, height: number, scans: number): Buffer {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8)
  const table = (kind: number, value: number) => Buffer.from([kind, 1, ...Array<number>(15).fill(0), value])
  const parts = [
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, Buffer.from([0]), Buffer.alloc(64, 1)),
    segment(0xc2, Buffer.from([8]), u16(height), u16(width), Buffer.from([1, 1, 0x11, 0])),
    segment(0xc4, table(0x00, 0)),
    segment(0xc4, table(0x10, 0xe0)),
    segment(0xda, Buffer.from([1, 1, 0x00, 0, 0, 0])),
    Buffer.alloc(Math.ceil(blocks / 8)),
  ]
  const data = Buffer.alloc(Math.ceil((Math.ceil(blocks / 16384) * 15) / 8))
  let made = 1
  for (let k = 1; k <= 63; k++)
    for (let low = 13; low >= 0 && made < scans; low--, made++)
      parts.push(segment(0xda, Buffer.from([1, 1, 0x00, k, k, ((low === 13 ? 0 : low + 1) << 4) | low])), data)
  parts.push(Buffer.from([0xff, 0xd9]))
  return Buffer.concat(parts)
}

/** An animated WebP of frames of one pixel. */
export async function webpOfFrames(frames: number): Promise<Buffer> {
  const one = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
    .webp({ lossless: true })
    .toBuffer()
  const payload = Buffer.concat([Buffer.alloc(6), u24(0), u24(0), u24(10), Buffer.from([0]), one.subarray(12)])
  const frame = Buffer.concat([Buffer.from('ANMF'), u32(payload.length), payload, Buffer.alloc(payload.length % 2)])
  const head = Buffer.concat([
    Buffer.from('WEBPVP8X'),
    u32(10),
    Buffer.from([2, 0, 0, 0]),
    u24(0),
    u24(0),
    Buffer.from('ANIM'),
    u32(6),
    Buffer.alloc(6),
  ])
  const body = Buffer.concat([head, ...Array<Buffer>(frames).fill(frame)])
  return Buffer.concat([Buffer.from('RIFF'), u32(body.length), body])
}

/** An AVIF whose boxes claim other sides than its AV1 image has. */
export async function avifThatClaims(real: number, claimed: number): Promise<Buffer> {
  const bytes = await sharp({ create: { width: real, height: real, channels: 3, background: '#468' } })
    .avif({ effort: 0 })
    .toBuffer()
  for (let at = bytes.indexOf('ispe'); at >= 0; at = bytes.indexOf('ispe', at + 4)) {
    bytes.writeUInt32BE(claimed, at + 8)
    bytes.writeUInt32BE(claimed, at + 12)
  }
  return bytes
}

/** A TIFF of so many pages of 9 x 9 pixels. */
export function chainOfPages(pages: number): Buffer {
  const size = 30
  const bytes = Buffer.alloc(8 + pages * size)
  bytes.set([0x49, 0x49, 0x2a, 0, 8])
  for (let i = 0; i < pages; i++) {
    const at = 8 + i * size
    bytes.set([2, 0, 0, 1, 4, 0, 1, 0, 0, 0, 9, 0, 0, 0, 1, 1, 4, 0, 1, 0, 0, 0, 9], at)
    bytes.writeUInt32LE(i + 1 < pages ? at + size : 0, at + size - 4)
  }
  return bytes
}

/** A TIFF of one page: its tags, each with one number. */
export function tiffOf(tags: Readonly<Record<number, number>>, next = 0): Buffer {
  const entries = Object.entries(tags).map(([tag, value]) => {
    const entry = Buffer.alloc(12)
    entry.writeUInt16LE(Number(tag), 0)
    entry.writeUInt16LE(4, 2)
    entry.writeUInt32LE(1, 4)
    entry.writeUInt32LE(value, 8)
    return entry
  })
  const count = Buffer.alloc(2)
  count.writeUInt16LE(entries.length)
  return Buffer.concat([Buffer.from([0x49, 0x49, 0x2a, 0]), u32(8), count, ...entries, u32(next)])
}
