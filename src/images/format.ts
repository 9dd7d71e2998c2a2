/**
 * Which image format a file really holds, told by its first bytes and never by its name.
 * Only the formats listed as accepted reach the decoder: no SVG (it can read files and URLs), no PDF, no raw formats.
 */
import { extname } from 'node:path'
import { OneclassError } from '../errors.ts'
import { type OtherFormat, otherByWhole, otherFormat, toConvert } from './other-formats.ts'

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif' | 'bmp'

const acceptedEndings = 'jpg jpeg jpe jfif png webp gif tif tiff avif bmp dib'
/** A folder reports these one by one, so that no photo is left out in silence. */
const refusedEndings = 'heic heif jxl jp2 j2k svg svgz psd ico tga exr hdr ppm pgm pbm pnm'
const cameraEndings =
  'dng cr2 cr3 crw nef nrw arw sr2 srf orf rw2 raf pef srw 3fr fff iiq mrw x3f erf kdc dcr mos rwl gpr'
const imageEndings: ReadonlySet<string> = new Set(`${acceptedEndings} ${refusedEndings} ${cameraEndings}`.split(' '))

/** Does a file's name say that it is an image, of a format that is accepted or not? */
export function hasImageEnding(path: string): boolean {
  return imageEndings.has(extname(path).slice(1).toLowerCase())
}

/** First bytes that `isImageContent` looks at. */
export const sniffLength = 4096

/** Does the content begin like an image, of a format that is accepted or not? @param head the first bytes of a file */
export function isImageContent(head: Uint8Array): boolean {
  return acceptedFormat(head) !== undefined || refusedFormat(head)?.isImage === true
}

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
  const refused = refusedFormat(bytes) ?? otherByWhole(bytes, name)
  if (refused === rawFormat) throw rawPhoto(name)
  if (refused) {
    const { what, todo } = refused
    throw new OneclassError('IMAGE_UNSUPPORTED', `"${name}" is ${what}, which is not accepted: ${todo}.`)
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

/** Bytes of the headers that bitmaps have: OS/2 (12, 16, 64) and Windows. */
const bmpHeaders: ReadonlySet<number> = new Set([12, 16, 40, 52, 56, 64, 108, 124])

const rawFormat: OtherFormat = { what: 'a camera raw photo', isImage: true, todo: toConvert }

function acceptedFormat(bytes: Uint8Array): ImageFormat | undefined {
  if (begins(bytes, [0xff, 0xd8, 0xff])) return 'jpeg'
  const isPng = begins(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  if (isPng && ascii(bytes, 12, 16) !== 'CgBI') return 'png'
  const head = ascii(bytes, 0, 16)
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'webp'
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'gif'
  if (isRawByMagic(bytes)) return undefined
  // classic TIFF (42) and BigTIFF (43), in both byte orders
  if (begins(bytes, [0x49, 0x49, 0x2a, 0]) || begins(bytes, [0x49, 0x49, 0x2b, 0])) return 'tiff'
  if (begins(bytes, [0x4d, 0x4d, 0, 0x2a]) || begins(bytes, [0x4d, 0x4d, 0, 0x2b])) return 'tiff'
  if (isoBrands(bytes).some((brand) => brand === 'avif' || brand === 'avis')) return 'avif'
  // the size of the header that follows (`bmp.ts`) tells a bitmap from a text that begins with "BM"
  if (head.startsWith('BM') && bytes.length >= 26 && bmpHeaders.has(bytes[14] ?? 0)) return 'bmp'
  return undefined
}

/** Raw formats that say so in their first bytes: Canon, Olympus, Panasonic, Fujifilm, Sigma, Minolta. Others are TIFF files (`tiff.ts`). */
function isRawByMagic(bytes: Uint8Array): boolean {
  const head = ascii(bytes, 0, 16)
  if (/^II\*\0/.test(head) && head.slice(8, 10) === 'CR') return true
  if (/^(IIRO|IIRS|MMOR|IIU\0|FOVb|\0MRM|FUJIFILMCCD-RAW)/.test(head)) return true
  return head.startsWith('II') && head.slice(6, 14) === 'HEAPCCDR'
}

function refusedFormat(bytes: Uint8Array): OtherFormat | undefined {
  const known = (what: string, isImage: boolean, todo = toConvert): OtherFormat => ({ what, isImage, todo })
  const brands = isoBrands(bytes)
  // the short form of HEIF and AVIF has its codec as minor version
  if (brands[0] === 'mif3' && ascii(bytes, 12, 16) === 'avif') return known('an AVIF image in its short form', true)
  if (brands.some((brand) => /^(hei[cxms]|hev[cxms]|mif[123]|msf1)$/.test(brand)))
    return known('a HEIF/HEIC image', true)
  if (brands.includes('jxl ')) return known('a JPEG XL image', true)
  if (brands.includes('crx ') || isRawByMagic(bytes)) return rawFormat
  if (brands.length > 0) return known('a video', false, 'save its frames as images')
  return otherFormat(bytes) ?? (isSvg(bytes) ? known('an SVG drawing', true, 'export it as PNG') : undefined)
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
