/**
 * Which image format a file really holds, told by its first bytes and never by its name.
 * Only the formats listed as accepted reach the decoder: no SVG (it can read files and URLs), no PDF, no raw formats.
 */
import { extname } from 'node:path'
import { OneclassError } from '../errors.ts'

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif' | 'bmp'

/** File name endings of the accepted formats, lower case. */
export const acceptedExtensions: ReadonlySet<string> = new Set([
  'jpg',
  'jpeg',
  'jpe',
  'jfif',
  'png',
  'webp',
  'gif',
  'tif',
  'tiff',
  'avif',
  'bmp',
  'dib',
])

/** Endings of images that are not accepted: a folder reports these one by one, so that no photo is left out in silence. */
export const refusedExtensions: ReadonlySet<string> = new Set([
  ...[
    'heic',
    'heif',
    'jxl',
    'jp2',
    'j2k',
    'svg',
    'svgz',
    'psd',
    'ico',
    'tga',
    'exr',
    'hdr',
    'ppm',
    'pgm',
    'pbm',
    'pnm',
  ],
  // of cameras
  ...[
    'dng',
    'cr2',
    'cr3',
    'crw',
    'nef',
    'nrw',
    'arw',
    'sr2',
    'srf',
    'orf',
    'rw2',
    'raf',
    'pef',
    'srw',
    '3fr',
    'fff',
    'iiq',
  ],
  ...['mrw', 'x3f', 'erf', 'kdc', 'dcr', 'mos', 'rwl', 'gpr'],
])

/** Does a file's name say that it is an image, of a format that is accepted or not? */
export function hasImageEnding(path: string): boolean {
  const ending = extname(path).slice(1).toLowerCase()
  return acceptedExtensions.has(ending) || refusedExtensions.has(ending)
}

/** First bytes that `isImageContent` looks at. */
export const sniffLength = 4096

/** Does the content begin like an image, of a format that is accepted or not? @param head the first bytes of a file */
export function isImageContent(head: Uint8Array): boolean {
  return acceptedFormat(head) !== undefined || refusedFormat(head)?.isImage === true
}

const toConvert = 'convert it to JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP'

/** A photo as the sensor recorded it; what other programs show of it at first is a small picture stored inside. */
export function rawPhoto(name: string): OneclassError {
  return new OneclassError(
    'IMAGE_UNSUPPORTED',
    `"${name}" is a camera raw photo, which is not accepted: export it as JPEG or TIFF from the camera's program or darktable.`,
  )
}

/**
 * @param name used in messages only
 * @throws IMAGE_UNSUPPORTED when it is a known format that is not accepted, IMAGE_UNREADABLE when it is none that is known
 */
export function detectFormat(bytes: Uint8Array, name: string): ImageFormat {
  if (bytes.length === 0) throw new OneclassError('IMAGE_UNREADABLE', `"${name}" is empty (0 bytes).`)
  const accepted = acceptedFormat(bytes)
  if (accepted) return accepted
  const refused = refusedFormat(bytes)
  if (refused?.what === rawWhat) throw rawPhoto(name)
  if (refused) {
    throw new OneclassError('IMAGE_UNSUPPORTED', `"${name}" is ${refused.what}, which is not accepted: ${toConvert}.`)
  }
  const head = ascii(bytes, 0, 200)
  if (head.startsWith('version https://git-lfs.github.com/'))
    throw new OneclassError(
      'IMAGE_UNREADABLE',
      `"${name}" is a pointer of Git LFS, not the image: fetch it with "git lfs pull".`,
    )
  const text = /^\s*<(!doctype html|html)/i.test(head) ? 'a web page' : 'a text file'
  const what = looksLikeText(bytes) ? `is ${text}, not an image` : 'is not an image in a known format'
  throw new OneclassError('IMAGE_UNREADABLE', `"${name}" ${what}.`)
}

const rawWhat = 'a camera raw photo'

function acceptedFormat(bytes: Uint8Array): ImageFormat | undefined {
  if (begins(bytes, [0xff, 0xd8, 0xff])) return 'jpeg'
  if (begins(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'png'
  const head = ascii(bytes, 0, 16)
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'webp'
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'gif'
  if (isRawByMagic(bytes)) return undefined
  // classic TIFF (42) and BigTIFF (43), in both byte orders
  if (begins(bytes, [0x49, 0x49, 0x2a, 0]) || begins(bytes, [0x49, 0x49, 0x2b, 0])) return 'tiff'
  if (begins(bytes, [0x4d, 0x4d, 0, 0x2a]) || begins(bytes, [0x4d, 0x4d, 0, 0x2b])) return 'tiff'
  if (isoBrands(bytes).some((brand) => brand === 'avif' || brand === 'avis')) return 'avif'
  // the size of the header that follows tells a bitmap from a text that begins with "BM"
  if (head.startsWith('BM') && bytes.length >= 26 && [12, 40, 52, 56, 108, 124].includes(bytes[14] ?? 0)) return 'bmp'
  return undefined
}

/** Raw formats that say so in their first bytes: Canon, Olympus, Panasonic, Fujifilm, Sigma, Minolta. Others are TIFF files (`tiff.ts`). */
function isRawByMagic(bytes: Uint8Array): boolean {
  const head = ascii(bytes, 0, 16)
  if (/^II\*\0/.test(head) && head.slice(8, 10) === 'CR') return true
  if (/^(IIRO|IIRS|MMOR|IIU\0|FOVb|\0MRM|FUJIFILMCCD-RAW)/.test(head)) return true
  return head.startsWith('II') && head.slice(6, 14) === 'HEAPCCDR'
}

function refusedFormat(bytes: Uint8Array): { what: string; isImage: boolean } | undefined {
  const image = (what: string) => ({ what, isImage: true })
  const other = (what: string) => ({ what, isImage: false })
  const brands = isoBrands(bytes)
  if (brands.some((brand) => /^(hei[cxms]|hev[cxms]|mif1|msf1)$/.test(brand))) return image('a HEIF/HEIC image')
  if (brands.includes('jxl ') || begins(bytes, [0xff, 0x0a])) return image('a JPEG XL image')
  if (brands.includes('crx ') || isRawByMagic(bytes)) return image(rawWhat)
  if (brands.length > 0) return other('a video')
  if (begins(bytes, [0, 0, 0, 0x0c, 0x6a, 0x50]) || begins(bytes, [0xff, 0x4f, 0xff, 0x51])) {
    return image('a JPEG 2000 image')
  }
  const head = ascii(bytes, 0, 10)
  if (head.startsWith('%PDF')) return other('a PDF document')
  if (head.startsWith('%!PS')) return other('a PostScript document')
  if (head.startsWith('8BPS')) return image('a Photoshop document')
  if (begins(bytes, [0, 0, 1, 0]) && bytes[4] !== 0 && bytes[9] === 0) return image('an icon file')
  if (/^P[1-7]\s/.test(head)) return image('a PNM image')
  if (begins(bytes, [0x76, 0x2f, 0x31, 0x01])) return image('an OpenEXR image')
  if (head.startsWith('#?RADIANCE') || head.startsWith('#?RGBE')) return image('a Radiance HDR image')
  if (head.startsWith('SIMPLE  =')) return image('a FITS image')
  if (begins(bytes, [0x1f, 0x8b]) || head.startsWith('PK\u0003\u0004')) return other('a compressed archive')
  if (isSvg(bytes)) return image('an SVG drawing')
  return undefined
}

/** A page of HTML may hold a drawing too, and is none. */
function isSvg(bytes: Uint8Array): boolean {
  if (!looksLikeText(bytes)) return false
  const text = ascii(bytes, 0, 4096).replace('\u00ef\u00bb\u00bf', '').trimStart() // with or without a byte order mark
  return /^<(svg[\s>]|\?xml|!doctype svg|!--)/i.test(text) && /<svg[\s>]/i.test(text)
}

/** Major and compatible brands of an ISO base media file (HEIF, AVIF, JPEG XL, video), else none. */
function isoBrands(bytes: Uint8Array): string[] {
  if (ascii(bytes, 4, 8) === 'JXL ') return ['jxl ']
  if (ascii(bytes, 4, 8) !== 'ftyp') return []
  const size = Math.min(new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0), bytes.length, 256)
  const brands = [ascii(bytes, 8, 12)]
  for (let at = 16; at + 4 <= size; at += 4) brands.push(ascii(bytes, at, at + 4))
  return brands
}

function looksLikeText(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 512).every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13)
}

function begins(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte)
}

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to))
}
