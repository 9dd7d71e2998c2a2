/**
 * A TIFF file with nothing in it but what its pixels are made of: one page, the tags that say how to read it, and values that these may
 * have. The decoder is a reader of all tags, and takes a file for damaged whose resolution is negative, whose unit or orientation is no
 * number of the list, or whose next page is not there, although it says nothing of the pixels. So it does not get to see that.
 */
import type { Note } from '../wire/notes.ts'
import { maxParts } from './cost/header-cost.ts'
import { directoryAt, nextOf, numbersOf, pagesOf, tiffFileOf } from './cost/tiff-pages.ts'

/** TIFF 6.0; supplements 1 and 2 of Adobe; GDAL's tag for "no value". */
const tagsOfPixels = new Set([
  ...[256, 257, 258, 259, 262], // sides, bits, compression, colours
  ...[266, 273, 277, 278, 279, 284], // order of bits, strips, channels
  ...[292, 293, 317, 320, 347], // of fax, predictor, palette, tables of JPEG
  ...[322, 323, 324, 325, 32997, 32998], // tiles
  ...[332, 338, 339], // inks, channels beside colours, kind of numbers
  ...[529, 530, 531, 532, 34675], // YCbCr, profile
  42113,
])

/** Tags of pixels with few values, from 1 on. Another means the first one, which is also what a file without the tag means. */
const mostOf: Readonly<Record<number, number>> = { 266: 2, 274: 8, 284: 2 }

/**
 * @param mayChange the bytes themselves: a copy of a large file takes as long as decoding it
 * @returns the same bytes where they are plain already, or where no page can be read
 */
export function plainTiff(
  bytes: Uint8Array,
  mayChange: boolean,
): { readonly bytes: Uint8Array; readonly notes: readonly Note[] } {
  const file = tiffFileOf(bytes)
  const { count, images, used } = pagesOf(file)
  const directory = directoryAt(file, used.at)
  if (directory === undefined || directory.count > 4096 || count > maxParts.pages) return { bytes, notes: [] }
  const kept: number[] = []
  for (let entry = directory.entries; entry < directory.end; entry += directory.size) {
    const tag = file.read.u16(entry)
    const most = mostOf[tag]
    const value = most === undefined ? 1 : (numbersOf(file, entry, 1)[0] ?? 0)
    const isRight = most === undefined ? tagsOfPixels.has(tag) : value >= 1 && value <= most
    if (isRight) kept.push(entry)
  }
  const notes = images > 1 ? [noteOn(images, used.number)] : []
  if (used.at === file.first && kept.length === directory.count && nextOf(file, directory) === 0)
    return { bytes, notes }

  const end = directory.entries + kept.length * directory.size
  if (end + (file.isBig ? 8 : 4) > bytes.length) return { bytes, notes }

  // not slice(), which shares the memory of a Buffer
  const out = mayChange ? bytes : new Uint8Array(bytes)
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
  const put = (at: number, value: number, isWide: boolean) =>
    isWide ? view.setBigUint64(at, BigInt(value), bytes[0] === 0x49) : view.setUint32(at, value, bytes[0] === 0x49)
  put(file.isBig ? 8 : 4, used.at, file.isBig)
  if (file.isBig) put(used.at, kept.length, true)
  else view.setUint16(used.at, kept.length, bytes[0] === 0x49)
  for (const [i, entry] of kept.entries())
    out.copyWithin(directory.entries + i * directory.size, entry, entry + directory.size)
  put(end, 0, file.isBig)
  return { bytes: out, notes }
}

const noteOn = (images: number, number: number): Note => ({
  code: 'MORE_PAGES',
  message: `The file has ${images} pages that are images, and one of them was used: page ${number}.`,
})
