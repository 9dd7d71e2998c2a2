/**
 * TIFF and BigTIFF. Sides of the page that is the image, and of its tiles or strips: a tile may be far larger than the image.
 * TIFF 6.0, sections 2 and 15
 */
import { type HeaderCost, maxParts } from './header-cost.ts'
import { directoryAt, numbersOf, pagesOf, type TiffFile, tiffFileOf } from './tiff-pages.ts'

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
  const file = tiffFileOf(bytes)
  const { count: pages, used } = pagesOf(file)
  const values = firstNumbers(file, used.at)
  const width = values.get(tags.width) ?? 0
  const height = values.get(tags.height) ?? 0
  if (!(width > 0 && height > 0)) return undefined
  const tileWidth = values.get(tags.tileWidth) ?? width
  const tileHeight = values.get(tags.tileHeight) ?? Math.min(height, values.get(tags.rows) ?? height)
  if (!(tileWidth > 0 && tileHeight > 0)) return undefined
  const tiles = Math.ceil(width / tileWidth) * Math.ceil(height / tileHeight)
  const bytesPerPixel = ((values.get(tags.samples) ?? 1) * (values.get(tags.bits) ?? 1)) / 8
  const rowOfTiles = Math.ceil(width / tileWidth) * tileWidth * tileHeight
  const whole = tiles * tileWidth * tileHeight
  // floats are read whole, to look for what is no number
  const times = values.get(tags.sampleFormat) === 3 ? 2 : 1
  return {
    width: Math.max(width, tileWidth),
    height: Math.max(height, tileHeight),
    nanoseconds: whole * Math.max(1, bytesPerPixel) * nsPerByte + tiles * nsPerTile,
    memory: times * Math.max(width * height, rowOfTiles) * Math.max(3, bytesPerPixel),
    parts: pages > maxParts.pages ? { name: 'pages', count: pages } : { name: 'tiles', count: tiles },
  }
}

function firstNumbers(file: TiffFile, at: number): Map<number, number> {
  const values = new Map<number, number>()
  const directory = directoryAt(file, at)
  for (let i = 0; directory && i < Math.min(directory.count, 4096); i++) {
    const entry = directory.entries + i * directory.size
    const tag = file.read.u16(entry)
    if (!values.has(tag)) values.set(tag, numbersOf(file, entry, 1)[0] ?? Number.NaN)
  }
  return values
}
