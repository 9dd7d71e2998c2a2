/**
 * The pages of a TIFF or BigTIFF file, and which of them is the image: a file may begin with a small picture of the page that follows.
 * TIFF 6.0, section 2 and "NewSubfileType"; Adobe TIFF Technical Note 1 (SubIFDs); https://www.awaresystems.be/imaging/tiff/bigtiff.html
 */
import { maxParts, type Reader, readerOf } from './header-cost.ts'

export interface TiffFile {
  readonly read: Reader
  readonly isBig: boolean
  /** Where the first page's directory is. */
  readonly first: number
}

export function tiffFileOf(bytes: Uint8Array): TiffFile {
  const read = readerOf(bytes, bytes[0] === 0x49)
  const isBig = read.u16(2) === 43
  return { read, isBig, first: isBig ? read.u64(8) : read.u32(4) }
}

/** A directory: its entries follow each other from `entries` on, `size` bytes each, and at `end` stands where the next one is. */
export interface Directory {
  readonly count: number
  readonly entries: number
  readonly size: number
  readonly end: number
}

/** Undefined where there is none, or the file ends within. */
export function directoryAt({ read, isBig }: TiffFile, at: number): Directory | undefined {
  const count = isBig ? read.u64(at) : read.u16(at)
  const [head, size] = isBig ? [8, 20] : [2, 12]
  const end = at + head + count * size
  return count > 0 && end <= read.length ? { count, entries: at + head, size, end } : undefined
}

export const nextOf = ({ read, isBig }: TiffFile, { end }: Directory): number =>
  (isBig ? read.u64(end) : read.u32(end)) || 0

/** Numbers of an entry, `most` at most; none of what is no number. */
export function numbersOf({ read, isBig }: TiffFile, entry: number, most: number): number[] {
  const unit = { 1: 1, 2: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8 }[read.u16(entry + 2)]
  const count = isBig ? read.u64(entry + 4) : read.u32(entry + 4)
  if (unit === undefined || !(count > 0)) return []
  const [inline, room] = isBig ? [entry + 12, 8] : [entry + 8, 4]
  const at = count * unit <= room ? inline : isBig ? read.u64(inline) : read.u32(inline)
  const one = { 1: read.u8, 2: read.u16, 4: read.u32, 8: read.u64 }[unit]!
  return Array.from({ length: Math.min(count, most) }, (_, i) => one(at + i * unit)).filter(Number.isFinite)
}

interface PageSketch {
  readonly at: number
  readonly pixels: number
  /** A smaller form of another page, or a mask of one. */
  readonly isPart: boolean
}

export interface TiffPages {
  /** Pages of the chain; one above the limit where it is longer. */
  readonly count: number
  /** Those of them that are images of their own. */
  readonly images: number
  /** Where the directory of the page that is the image stands, and the page's number, from 1 on. 0: it is below the first page. */
  readonly used: { readonly at: number; readonly number: number }
}

/**
 * The first page, but where that is a smaller form of another or a mask, the largest one that is neither, which may stand below it.
 * A page that cannot be read ends the chain, as does one that was there before.
 */
export function pagesOf(file: TiffFile): TiffPages {
  const pages: PageSketch[] = []
  const seen = new Set<number>()
  for (let at = file.first; at > 0 && !seen.has(at) && pages.length <= maxParts.pages; ) {
    const directory = directoryAt(file, at)
    if (directory === undefined) break
    seen.add(at)
    pages.push(sketchOf(file, at, directory))
    at = nextOf(file, directory)
  }
  const images = pages.filter(({ isPart }) => !isPart)
  const first = pages[0]
  if (first?.isPart !== true) return { count: pages.length, images: images.length, used: { at: file.first, number: 1 } }
  const below = images.length > 0 ? [] : pagesBelow(file, first.at)
  const candidates = [images, below.filter(({ isPart }) => !isPart), [...pages, ...below]].find(
    (all) => all.length > 0,
  )!
  const used = candidates.reduce((best, page) => (page.pixels > best.pixels ? page : best))
  return { count: pages.length, images: images.length, used: { at: used.at, number: pages.indexOf(used) + 1 } }
}

const tags = { newSubfileType: 254, subfileType: 255, width: 256, height: 257, subPages: 330 } as const

/** Entries stand in the order of their tags, and those that are asked for are the first. */
const fewEntries = 16

function sketchOf(file: TiffFile, at: number, directory: Directory): PageSketch {
  const found = new Map<number, number>()
  for (let i = 0; i < Math.min(directory.count, fewEntries); i++) {
    const entry = directory.entries + i * directory.size
    const tag = file.read.u16(entry)
    if (tag <= tags.height && !found.has(tag)) found.set(tag, numbersOf(file, entry, 1)[0] ?? 0)
  }
  const pixels = (found.get(tags.width) ?? 0) * (found.get(tags.height) ?? 0)
  const [smaller, mask] = [1, 4]
  const isPart = ((found.get(tags.newSubfileType) ?? 0) & (smaller | mask)) !== 0 || found.get(tags.subfileType) === 2
  return { at, pixels, isPart }
}

const mostBelow = 16

function pagesBelow(file: TiffFile, at: number): PageSketch[] {
  const directory = directoryAt(file, at)
  for (let i = 0; directory && i < Math.min(directory.count, 4096); i++) {
    const entry = directory.entries + i * directory.size
    if (file.read.u16(entry) !== tags.subPages) continue
    return numbersOf(file, entry, mostBelow).flatMap((below) => {
      const inner = directoryAt(file, below)
      return inner ? [sketchOf(file, below, inner)] : []
    })
  }
  return []
}
