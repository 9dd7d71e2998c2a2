/**
 * Windows bitmaps, which machine-vision cameras still write and sharp does not read: uncompressed 1, 4, 8, 16, 24 and 32 bits.
 * Format: https://learn.microsoft.com/windows/win32/gdi/bitmap-storage
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { OneclassError } from '../errors.ts'
import { alphaBackground, type ImageLimits } from './limits.ts'
import type { Pixels } from './pixels.ts'

interface Header {
  readonly width: number
  readonly height: number
  readonly topDown: boolean
  readonly bits: number
  readonly masks: readonly [number, number, number] | undefined
  /** Of the opacity; 0 where there is none. */
  readonly alphaMask: number
  readonly pixelsAt: number
  /** The file gives a place for the pixels where its own header or palette stands. */
  readonly isMoved: boolean
  readonly paletteAt: number
  readonly paletteEntry: 3 | 4
}

/** Pixels between two pauses: some 20 ms of this thread, which has locks to renew and requests to answer. */
const pixelsAtOnce = 2 ** 20

/** @throws IMAGE_UNREADABLE, IMAGE_UNSUPPORTED (run-length or embedded JPEG), IMAGE_TOO_LARGE */
export async function decodeBmp(bytes: Uint8Array, name: string, limits: ImageLimits): Promise<Pixels> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = readHeader(view, name)
  const { width, height } = header
  if (width * height > limits.maxPixels || Math.max(width, height) > limits.maxSide) {
    throw new OneclassError('IMAGE_TOO_LARGE', `"${name}" has ${width} x ${height} pixels, more than are accepted.`)
  }
  const stride = Math.ceil((width * header.bits) / 32) * 4
  // what fills the last row up to four bytes may be missing
  const end = header.pixelsAt + stride * (height - 1) + Math.ceil((width * header.bits) / 8)
  if (end > bytes.length) {
    const what = header.bits <= 8 && header.isMoved ? 'without its palette' : 'that was cut short'
    throw new OneclassError('IMAGE_UNREADABLE', `"${name}" is a bitmap ${what}.`)
  }
  const data = new Uint8Array(width * height * 3)
  const readPixel = pixelReader(view, header, name)
  let done = 0
  for (let y = 0; y < height; y++) {
    const row = header.pixelsAt + (header.topDown ? y : height - 1 - y) * stride
    for (let x = 0; x < width; x++) readPixel(row, x, data, (y * width + x) * 3)
    done += width
    if (done >= pixelsAtOnce) {
      done = 0
      await nextTurn()
    }
  }
  if (header.alphaMask !== 0) layOnBackground(view, header, stride, data)
  return { width, height, data }
}

/** As every other format's transparent pixels. A mask of opacity over zeros only means that nobody set it. */
function layOnBackground(view: DataView, header: Header, stride: number, data: Uint8Array): void {
  const { width, height, alphaMask } = header
  const shift = 31 - Math.clz32(alphaMask & -alphaMask)
  const max = (alphaMask >>> 0) / 2 ** shift
  const alphas = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    const row = header.pixelsAt + (header.topDown ? y : height - 1 - y) * stride
    for (let x = 0; x < width; x++) {
      const value = header.bits === 16 ? view.getUint16(row + x * 2, true) : view.getUint32(row + x * 4, true)
      alphas[y * width + x] = ((value & alphaMask) >>> shift) / max
    }
  }
  if (alphas.every((alpha) => alpha === 0)) return
  const background = [alphaBackground.r, alphaBackground.g, alphaBackground.b]
  alphas.forEach((alpha, i) => {
    if (alpha === 1) return
    for (let c = 0; c < 3; c++) data[i * 3 + c] = Math.round(alpha * data[i * 3 + c]! + (1 - alpha) * background[c]!)
  })
}

function readHeader(view: DataView, name: string): Header {
  const size = view.getUint32(14, true)
  const old = size === 12
  if (view.byteLength < 14 + size)
    throw new OneclassError('IMAGE_UNREADABLE', `"${name}" is a bitmap that was cut short.`)
  const width = old ? view.getUint16(18, true) : view.getInt32(18, true)
  const signedHeight = old ? view.getUint16(20, true) : view.getInt32(22, true)
  const bits = view.getUint16(old ? 24 : 28, true)
  // the short form of OS/2 has no field for it
  const compression = size < 40 ? 0 : view.getUint32(30, true)
  const kind =
    bits === 2 || bits === 64
      ? `with ${bits} bits a pixel`
      : bits === 0 && compression >= 4
        ? 'that holds a JPEG or PNG'
        : ''
  if (kind !== '')
    throw new OneclassError(
      'IMAGE_UNSUPPORTED',
      `"${name}" is a bitmap ${kind}, which is not accepted: convert it to PNG.`,
    )
  if (width <= 0 || signedHeight === 0 || ![1, 4, 8, 16, 24, 32].includes(bits)) {
    throw new OneclassError('IMAGE_UNREADABLE', `"${name}" is a bitmap with a damaged header.`)
  }
  const bitFields = (compression === 3 || compression === 6) && (bits === 16 || bits === 32)
  if (compression !== 0 && !bitFields) {
    throw new OneclassError(
      'IMAGE_UNSUPPORTED',
      `"${name}" is a compressed bitmap, which is not accepted: convert it to PNG.`,
    )
  }
  // the masks of the three colours and, by the size of the header or the kind, of the opacity; they may follow a header of 40 bytes
  const masksEnd = !bitFields ? 0 : compression === 6 || size >= 56 ? 70 : 66
  if (view.byteLength < masksEnd) {
    throw new OneclassError('IMAGE_UNREADABLE', `"${name}" is a bitmap that was cut short.`)
  }
  return {
    width,
    height: Math.abs(signedHeight),
    topDown: signedHeight < 0,
    bits,
    masks: bitFields ? [view.getUint32(54, true), view.getUint32(58, true), view.getUint32(62, true)] : undefined,
    alphaMask: masksEnd === 70 ? view.getUint32(66, true) : 0,
    ...pixelsOf(view, Math.max(14 + size, masksEnd), bits, size),
    paletteAt: 14 + size,
    paletteEntry: old ? 3 : 4,
  }
}

/** Some programs write the place of the pixels as if there were neither palette nor masks, or nothing at all: they stand behind these. */
function pixelsOf(view: DataView, headerEnd: number, bits: number, size: number): Pick<Header, 'pixelsAt' | 'isMoved'> {
  const pixelsAt = view.getUint32(10, true)
  const hasPalette = bits <= 8
  if (hasPalette ? pixelsAt > headerEnd : pixelsAt >= headerEnd) return { pixelsAt, isMoved: false }
  const used = size < 40 ? 0 : view.getUint32(46, true)
  const most = 2 ** bits
  const colours = hasPalette ? (used > 0 && used <= most ? used : most) : 0
  return { pixelsAt: headerEnd + colours * (size === 12 ? 3 : 4), isMoved: true }
}

type PixelReader = (row: number, x: number, into: Uint8Array, at: number) => void

function pixelReader(view: DataView, header: Header, name: string): PixelReader {
  const { bits, paletteAt, paletteEntry } = header
  if (bits <= 8) {
    const colours = 2 ** bits
    const perByte = 8 / bits
    const end = Math.min(header.pixelsAt, view.byteLength)
    const available = Math.floor((end - paletteAt) / paletteEntry)
    if (available < 1) throw new OneclassError('IMAGE_UNREADABLE', `"${name}" is a bitmap without its palette.`)
    return (row, x, into, at) => {
      const byte = view.getUint8(row + Math.floor(x / perByte))
      const index = (byte >> ((perByte - 1 - (x % perByte)) * bits)) & (colours - 1)
      const entry = paletteAt + Math.min(index, available - 1) * paletteEntry
      into[at] = view.getUint8(entry + 2)
      into[at + 1] = view.getUint8(entry + 1)
      into[at + 2] = view.getUint8(entry)
    }
  }
  if (bits === 24 || (bits === 32 && !header.masks)) {
    const step = bits / 8
    return (row, x, into, at) => {
      const from = row + x * step
      into[at] = view.getUint8(from + 2)
      into[at + 1] = view.getUint8(from + 1)
      into[at + 2] = view.getUint8(from)
    }
  }
  const masks = (header.masks ?? [0x7c00, 0x03e0, 0x001f]).map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)
    return { mask, shift, max: Math.max(1, (mask >>> 0) / 2 ** shift) }
  })
  return (row, x, into, at) => {
    const value = bits === 16 ? view.getUint16(row + x * 2, true) : view.getUint32(row + x * 4, true)
    masks.forEach(({ mask, shift, max }, channel) => {
      into[at + channel] = Math.round((((value & mask) >>> shift) / max) * 255)
    })
  }
}
