/** Files of images byte by byte: headers that claim what is not there, and parts that are repeated without end. */
import { crc32, deflateSync } from 'node:zlib'
import { bmp } from '../support/image-files.ts'

export function segment(marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(data.length + 2, 2)
  return Buffer.concat([head, data])
}

export function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

export function pngOf(width: number, height: number, ...chunks: Buffer[]): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 1 // one bit, grey
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    ...chunks,
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** A whole picture of one colour: nothing is missing, it is only large. */
export function onePixelPng(width: number, height: number): Buffer {
  return pngOf(width, height, chunk('IDAT', deflateSync(Buffer.alloc((1 + Math.ceil(width / 8)) * height))))
}

export function pngWithText(mebibytes: number): Buffer {
  const text = Buffer.concat([Buffer.from('a\0\0'), deflateSync(Buffer.alloc(mebibytes * 2 ** 20, 65))])
  return pngOf(8, 8, chunk('zTXt', text), chunk('IDAT', deflateSync(Buffer.alloc(16))))
}

export function pngWithChunks(count: number): Buffer {
  const text = chunk('tEXt', Buffer.from('a\0b'))
  return pngOf(8, 8, ...new Array<Buffer>(count).fill(text), chunk('IDAT', deflateSync(Buffer.alloc(16))))
}

/** Another size in the frame header. */
export function jpegOf(bytes: Buffer, width: number, height: number): Buffer {
  const copy = Buffer.from(bytes)
  const frame = copy.findIndex((byte, i) => byte === 0xff && (copy[i + 1] === 0xc0 || copy[i + 1] === 0xc2))
  copy.writeUInt16BE(height, frame + 5)
  copy.writeUInt16BE(width, frame + 7)
  return copy
}

/** The last scan of a progressive file again and again: each costs a pass over the whole picture. */
export function repeatedScans(bytes: Buffer, times: number): Buffer {
  const scan = bytes.lastIndexOf(Buffer.from([0xff, 0xda]))
  const end = bytes.length - 2
  const again = bytes.subarray(scan, end)
  return Buffer.concat([bytes.subarray(0, end), ...new Array<Buffer>(times).fill(again), bytes.subarray(end)])
}

export function manySegments(bytes: Buffer, count: number): Buffer {
  const exif = segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), Buffer.alloc(65_000, 0x41)]))
  return Buffer.concat([bytes.subarray(0, 2), ...new Array<Buffer>(count).fill(exif), bytes.subarray(2)])
}

export function gifOfFrames(count: number, side = 1): Buffer {
  const screen = Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(7)])
  screen.writeUInt16LE(side, 6)
  screen.writeUInt16LE(side, 8)
  screen[10] = 0x80
  const colours = Buffer.from([0, 0, 0, 255, 255, 255])
  const frame = Buffer.from('21f90400010000002c00000000010001000002024401' + '00', 'hex')
  return Buffer.concat([screen, colours, ...new Array<Buffer>(count).fill(frame), Buffer.from([0x3b])])
}

/** Little-endian, grey, one pixel a page; with `loop` the last page points to the first. */
export function tiffOfPages(count: number, loop = false): Buffer {
  const pages: Buffer[] = []
  const size = 2 + 8 * 12 + 4 + 2
  for (let i = 0; i < count; i++) {
    const start = 8 + i * size
    const next = i + 1 < count ? start + size : loop ? 8 : 0
    pages.push(ifd(1, 1, start + size - 2, next), Buffer.from([0x55, 0]))
  }
  return Buffer.concat([Buffer.from('49492a0008000000', 'hex'), ...pages])
}

export function tiffClaiming(width: number, height: number): Buffer {
  return Buffer.concat([Buffer.from('49492a0008000000', 'hex'), ifd(width, height, 0xfffffff0, 0)])
}

export function ifd(width: number, height: number, stripAt: number, next: number): Buffer {
  const entries: [number, number][] = [
    [256, width],
    [257, height],
    [258, 8],
    [259, 1],
    [262, 1],
    [273, stripAt],
    [278, height],
    [279, Math.min(width * height, 0xffffffff)],
  ]
  const bytes = Buffer.alloc(2 + entries.length * 12 + 4)
  bytes.writeUInt16LE(entries.length, 0)
  for (const [i, [tag, value]] of entries.entries()) {
    bytes.writeUInt16LE(tag, 2 + i * 12)
    bytes.writeUInt16LE(4, 4 + i * 12)
    bytes.writeUInt32LE(1, 6 + i * 12)
    bytes.writeUInt32LE(value, 10 + i * 12)
  }
  bytes.writeUInt32LE(next, bytes.length - 4)
  return bytes
}

export function loopingIfd(): Buffer {
  return ifd(1, 1, 8, 8)
}

export function bmpOf(width: number, height: number): Buffer {
  const bytes = Buffer.from(bmp(4, 4, 24, [0, 0, 0]))
  bytes.writeInt32LE(width, 18)
  bytes.writeInt32LE(height, 22)
  return bytes
}
