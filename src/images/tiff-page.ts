/**
 * The first page of a TIFF file, as far as its tags tell what the decoder cannot or must not read: raw photos, compressions, colours
 * and sample formats that libtiff reads wrong or not at all.
 * TIFF 6.0; Adobe DNG 1.7; compression numbers: https://www.awaresystems.be/imaging/tiff/tifftags/compression.html
 */
import { OneclassError } from '../errors.ts'
import { directoryAt, nextOf, numbersOf, type TiffFile, tiffFileOf } from './cost/tiff-pages.ts'

const tags = {
  width: 256,
  bits: 258,
  compression: 259,
  photometric: 262,
  samples: 277,
  subPages: 330,
  inkSet: 332,
  extraSamples: 338,
  sampleFormat: 339,
  noData: 42113,
  dngVersion: 50706,
} as const

interface Page {
  /** Up to 16 numbers of each tag. */
  readonly tags: ReadonlyMap<number, readonly number[]>
  readonly next: number
}

/** Compressions that only cameras write: Nikon, Sony, Pentax, Samsung, Kodak, Epson. */
const rawCompressions = new Set([34713, 32767, 32769, 32770, 32772, 65535, 65000, 65024])
/** Colour filter array, linear raw. */
const rawPhotometrics = new Set([32803, 34892])
const unreadCompressions: Readonly<Record<number, string>> = {
  33003: 'JPEG 2000 compression',
  33005: 'JPEG 2000 compression',
  34712: 'JPEG 2000 compression',
  34887: 'LERC compression',
  34925: 'LZMA compression',
  50000: 'Zstandard compression',
  50001: 'WebP compression',
  50002: 'JPEG XL compression',
  52546: 'JPEG XL compression',
}
const unreadColours: Readonly<Record<number, string>> = {
  8: 'Lab colours',
  9: 'Lab colours',
  10: 'Lab colours',
  32844: 'logarithmic light',
  32845: 'logarithmic light',
}

export interface TiffSamples {
  readonly bits: number
  readonly kind: 'integer' | 'float'
  readonly isSigned: boolean
  readonly channels: number
  /** A channel beside the colours is there and is no opacity: near infrared, a mask. */
  readonly hasOther: boolean
  /** A channel beside the colours says how opaque they are; they may be multiplied by it already. */
  readonly opacity?: 'straight' | 'multiplied'
  /** Stands where nothing was measured (GDAL's tag). */
  readonly noData?: number
}

/** Samples that are the colours; the others are opacity, or anything. */
const coloursOf = (photometric: number): number =>
  photometric === 5 ? 4 : photometric === 2 || photometric === 6 ? 3 : 1

/**
 * @param name used in messages only
 * @returns the samples of the first page; undefined where the file is too damaged to tell, which the decoder says better
 * @throws IMAGE_UNSUPPORTED with what to do
 */
export function checkTiff(bytes: Uint8Array, name: string): TiffSamples | undefined {
  const file = tiffFileOf(bytes)
  const page = readPage(file, file.first)
  if (page === undefined) return undefined
  const first = (tag: number, otherwise: number) => page.tags.get(tag)?.[0] ?? otherwise
  const compression = first(tags.compression, 1)
  const bits = page.tags.get(tags.bits) ?? [1]
  const format = first(tags.sampleFormat, 1)
  const refuse = (what: string, todo: string): never => {
    throw new OneclassError('IMAGE_UNSUPPORTED', `"${name}" is a TIFF with ${what}, which is not accepted: ${todo}.`)
  }
  const saveAnew = 'save it again without compression, or as PNG'
  const unread = unreadCompressions[compression]
  if (unread !== undefined) refuse(unread, saveAnew)
  if (compression === 6) refuse('the old form of JPEG compression', saveAnew)
  if (!page.tags.has(tags.photometric)) refuse('no word about what its samples mean', 'save it again, as RGB or grey')
  const colours = unreadColours[first(tags.photometric, 1)]
  if (colours !== undefined) refuse(colours, 'convert it to RGB or grey')
  const photometric = first(tags.photometric, 1)
  if (photometric === 5 && first(tags.inkSet, 1) !== 1) refuse('other inks than CMYK', 'convert it to RGB or grey')
  // the decoder takes them for RGB as they are; those of JPEG it converts
  if (photometric === 6 && compression !== 7) refuse('YCbCr colours', 'convert it to RGB or grey')
  const samples = first(tags.samples, 1)
  const more = samples - coloursOf(photometric)
  if (samples > 4 || (more > 1 && !isColourAsGrey(photometric, samples)))
    refuse(`${samples} channels`, 'save it as RGB or grey, without further channels')
  const odd = bits.find((count) => ![1, 2, 4, 8, 16, 32].includes(count))
  if (odd !== undefined)
    refuse(`${odd} bits a sample`, odd > 32 ? 'save it with 32 bits a sample' : 'save it with 8 or 16 bits a sample')
  if (samples > 1 && bits[0]! < 8) refuse(`${samples} channels of ${bits[0]} bits`, 'save it with 8 bits a sample')
  if (format === 5 || format === 6) refuse('complex numbers', 'save their magnitude')
  if (format === 3 && bits[0] !== 32) refuse(`floats of ${bits[0]} bits`, 'save it with 32 bits a sample')
  const kind = format === 3 ? 'float' : 'integer'
  // the decoder turns the scale of unsigned ones only
  if (photometric === 0 && (kind === 'float' || format === 2))
    refuse('white as its least value and samples with a sign', 'invert it, and save it with black as the least value')
  // 1 and 2 are opacity, 0 is anything; where nothing is said, programs that draw mean opacity, those that measure do not
  const extra = page.tags.get(tags.extraSamples)?.[0]
  const isOther = extra === 0 || (extra === undefined && kind === 'float' && photometric !== 2)
  const noData = Number.parseFloat(String.fromCharCode(...(page.tags.get(tags.noData) ?? [])))
  return {
    bits: bits[0]!,
    kind,
    isSigned: format === 2,
    channels: samples,
    hasOther: more === 1 && isOther,
    ...(more === 1 && !isOther && { opacity: extra === 1 ? 'multiplied' : 'straight' }),
    ...(Number.isFinite(noData) && { noData }),
  }
}

/** Three channels that are called grey: what programs for arrays write of a colour image. */
const isColourAsGrey = (photometric: number, samples: number): boolean => photometric === 1 && samples === 3

/** The same file, in which three channels that are called grey are called RGB, which the decoder reads. */
export function withColours(bytes: Uint8Array): Uint8Array {
  const file = tiffFileOf(bytes)
  const tagsOf = readPage(file, file.first)?.tags
  const first = (tag: number) => tagsOf?.get(tag)?.[0] ?? 1
  return isColourAsGrey(first(tags.photometric), first(tags.samples)) ? withTag(bytes, tags.photometric, 2) : bytes
}

/** The same file, in which colours are not called multiplied by their opacity, so that the decoder leaves them as they are. */
export const withStraightOpacity = (bytes: Uint8Array): Uint8Array => withTag(bytes, tags.extraSamples, 2)

/** A copy in which the first page's tag has another value, of 16 bits. */
function withTag(bytes: Uint8Array, tag: number, value: number): Uint8Array {
  const file = tiffFileOf(bytes)
  // not slice(), which shares the memory of a Buffer
  const out = new Uint8Array(bytes)
  const directory = directoryAt(file, file.first)
  if (directory === undefined) return out
  let { entries: entry } = directory
  while (entry < directory.end && file.read.u16(entry) !== tag) entry += directory.size
  if (entry < directory.end) new DataView(out.buffer).setUint16(entry + (file.isBig ? 12 : 8), value, bytes[0] === 0x49)
  return out
}

/** Is it the photo of a camera's sensor? The first page of one is a small picture made by the camera. */
export function isRawTiff(bytes: Uint8Array): boolean {
  const file = tiffFileOf(bytes)
  const page = readPage(file, file.first)
  if (page === undefined) return false
  if (page.tags.has(tags.dngVersion)) return true
  const others = [...(page.tags.get(tags.subPages) ?? []), page.next].map((at) => readPage(file, at))
  return [page, ...others].some((one) => {
    const first = (tag: number) => one?.tags.get(tag)?.[0] ?? 0
    return rawPhotometrics.has(first(tags.photometric)) || rawCompressions.has(first(tags.compression))
  })
}

const mostNumbers = 16

function readPage(file: TiffFile, at: number): Page | undefined {
  const directory = directoryAt(file, at)
  if (directory === undefined) return undefined
  const found = new Map<number, readonly number[]>()
  for (let i = 0; i < Math.min(directory.count, 4096); i++) {
    const entry = directory.entries + i * directory.size
    const tag = file.read.u16(entry)
    if (!found.has(tag)) found.set(tag, numbersOf(file, entry, mostNumbers))
  }
  return { tags: found, next: nextOf(file, directory) }
}
