/**
 * TIFF and BigTIFF. Sides of the first page, and of its tiles or strips: a tile may be far larger than the image.
 * TIFF 6.0, sections 2 and 15; https://www.awaresystems.be/imaging/tiff/bigtiff.html
 */
import { type HeaderCost, maxParts, type Reader, readerOf } from './header-cost.ts'

const tags = {
  width: 256,
  height: 257,
  bits: 258,
  samples: 277,
  rows: 278,
  tileWidth: 322,
  tileHeight: 323,
  sampleFormat: 339,
} as const
const nsPerByte = 16
const nsPerTile = 4000

export function tiffCost(bytes: Uint8Array): HeaderCost | undefined {
  const isLittle = bytes[0] === 0x49
  const read = readerOf(bytes, isLittle)
  const isBig = read.u16(2) === 43
  const start = isBig ? read.u64(8) : read.u32(4)
  const first = readPage(read, start, isBig)
  const width = first.values.get(tags.width) ?? 0
  const height = first.values.get(tags.height) ?? 0
  if (!(width > 0 && height > 0)) return undefined
  const tileWidth = first.values.get(tags.tileWidth) ?? width
  const tileHeight = first.values.get(tags.tileHeight) ?? Math.min(height, first.values.get(tags.rows) ?? height)
  if (!(tileWidth > 0 && tileHeight > 0)) return undefined
  const tiles = Math.ceil(width / tileWidth) * Math.ceil(height / tileHeight)
  const bytesPerPixel = ((first.values.get(tags.samples) ?? 1) * (first.values.get(tags.bits) ?? 1)) / 8
  const rowOfTiles = Math.ceil(width / tileWidth) * tileWidth * tileHeight
  const whole = tiles * tileWidth * tileHeight
  const pages = countPages(read, start, isBig)
  // floats are read whole, to look for what is no number
  const times = first.values.get(tags.sampleFormat) === 3 ? 2 : 1
  return {
    width: Math.max(width, tileWidth),
    height: Math.max(height, tileHeight),
    nanoseconds: whole * Math.max(1, bytesPerPixel) * nsPerByte + tiles * nsPerTile,
    memory: times * Math.max(width * height, rowOfTiles) * Math.max(3, bytesPerPixel),
    parts: pages > maxParts.pages ? { name: 'pages', count: pages } : { name: 'tiles', count: tiles },
  }
}

function readPage(read: Reader, at: number, isBig: boolean): { values: Map<number, number>; next: number } {
  const values = new Map<number, number>()
  const count = isBig ? read.u64(at) : read.u16(at)
  const first = at + (isBig ? 8 : 2)
  const size = isBig ? 20 : 12
  for (let i = 0; i < Math.min(count, 4096); i++) {
    const entry = first + i * size
    const tag = read.u16(entry)
    if (!values.has(tag)) values.set(tag, firstNumber(read, entry, isBig))
  }
  const end = first + count * size
  return { values, next: isBig ? read.u64(end) : read.u32(end) }
}

/** The first number of an entry; NaN of what is no number. */
function firstNumber(read: Reader, entry: number, isBig: boolean): number {
  const type = read.u16(entry + 2)
  const count = isBig ? read.u64(entry + 4) : read.u32(entry + 4)
  const unit = { 1: 1, 3: 2, 4: 4, 16: 8 }[type]
  if (unit === undefined) return Number.NaN
  const inline = entry + (isBig ? 12 : 8)
  const room = isBig ? 8 : 4
  const at = count * unit <= room ? inline : isBig ? read.u64(inline) : read.u32(inline)
  return unit === 1 ? read.u8(at) : unit === 2 ? read.u16(at) : unit === 4 ? read.u32(at) : read.u64(at)
}

/** Length of the chain of pages; one above the limit for a chain that is longer or a loop. */
function countPages(read: Reader, start: number, isBig: boolean): number {
  let pages = 0
  for (let at = start; at > 0 && at < read.length && pages <= maxParts.pages; pages++) {
    const count = isBig ? read.u64(at) : read.u16(at)
    const end = at + (isBig ? 8 + count * 20 : 2 + count * 12)
    at = isBig ? read.u64(end) : read.u32(end)
  }
  return pages
}
