/**
 * Does a PNG file that lacks its end, or the end of its data, still hold all of its pixels? What a decoder returns does not tell: the
 * rows that are missing or damaged are whatever stood in that memory before, such as rows of an image decoded before. So its own bytes
 * are asked: what came whole must be unharmed, and its data must unpack to all rows, of which each says how it is filtered (PNG
 * specification, third edition, 5.3 "Chunk layout", 7.2 "Scanlines", 9.2 "Filter types", 10.1 "Compression").
 */
import { once } from 'node:events'
import { pipeline, Readable } from 'node:stream'
import { constants, createInflate } from 'node:zlib'

const signatureLength = 8
/** Samples a pixel of each colour type. */
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
const lastFilter = 4
const pieceLength = 65_536

/** False of a file that lacks nothing, and of an interlaced one, whose first rows are all over the image. */
export async function lacksOnlyEnd(bytes: Uint8Array): Promise<boolean> {
  const { isUnharmed, hasEnd } = lookOver(bytes)
  if (!isUnharmed) return false
  const [header] = chunksOf(bytes)
  if (header?.type !== 'IHDR' || header.data.length < 13) return false
  const view = new DataView(header.data.buffer, header.data.byteOffset, header.data.byteLength)
  const [width, height] = [view.getUint32(0), view.getUint32(4)]
  const [depth, colourType, interlace] = [view.getUint8(8), view.getUint8(9), view.getUint8(12)]
  const samples = samplesOf[colourType]
  if (samples === undefined || interlace !== 0) return false
  // each row has a byte before it that says how it is filtered
  const rowLength = 1 + Math.ceil((width * samples * depth) / 8)
  if (hasEnd && (await unpacksTo(dataOf(bytes), height, rowLength, 'whole'))) return false
  return await unpacksTo(dataOf(bytes), height, rowLength, 'may lack its end')
}

interface Chunk {
  readonly type: string
  /** Of the last one, as far as it goes. */
  readonly data: Uint8Array
  /** Undefined where the file ends before. */
  readonly crc: number | undefined
}

/** One by one: a file may have millions. */
function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = signatureLength; at + 8 <= bytes.length; ) {
    const end = at + 8 + view.getUint32(at)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    yield { type, data: bytes.subarray(at + 8, end), crc: end + 4 <= bytes.length ? view.getUint32(end) : undefined }
    at = end + 4
  }
}

/** Did no chunk change, as far as they are there, is each where decoders look for it, and is the last one there? */
function lookOver(bytes: Uint8Array): { readonly isUnharmed: boolean; readonly hasEnd: boolean } {
  const harmed = { isUnharmed: false, hasEnd: false }
  let before = ''
  let hasData = false
  for (const { type, data, crc } of chunksOf(bytes)) {
    if (crc === undefined) {
      if (!/^[A-Za-z]{4}$/.test(type)) return harmed
    } else if (crc !== crcOf(type, data)) return harmed
    // decoders take no data that comes after another chunk, and nothing that comes after the end
    if (type === 'IDAT' && hasData && before !== type) return harmed
    hasData ||= type === 'IDAT'
    before = type
    if (type === 'IEND') return { isUnharmed: hasData, hasEnd: true }
  }
  return { isUnharmed: hasData, hasEnd: false }
}

const crcOfByte = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value
})

/** A chunk as a file holds it: length, type, data, sum. */
export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = Buffer.alloc(12 + data.length)
  chunk.writeUInt32BE(data.length)
  chunk.write(type, 4, 'latin1')
  chunk.set(data, 8)
  chunk.writeUInt32BE(crcOf(type, data), 8 + data.length)
  return chunk
}

/** PNG specification, annex D. By hand: `crc32` of node:zlib came with Node 20.15. */
function crcOf(type: string, data: Uint8Array): number {
  let value = 0xffffffff
  for (let i = 0; i < type.length; i++) value = crcOfByte[(value ^ type.charCodeAt(i)) & 255]! ^ (value >>> 8)
  for (let i = 0; i < data.length; i++) value = crcOfByte[(value ^ data[i]!) & 255]! ^ (value >>> 8)
  return (value ^ 0xffffffff) >>> 0
}

/** Does a zlib stream unpack to so many rows, no byte more or less? No more than a piece is in memory. */
async function unpacksTo(
  pieces: Iterable<Uint8Array>,
  rows: number,
  rowLength: number,
  stream: 'whole' | 'may lack its end',
): Promise<boolean> {
  const finishFlush = stream === 'whole' ? constants.Z_FINISH : constants.Z_SYNC_FLUSH
  const inflate = createInflate({ chunkSize: pieceLength, finishFlush })
  const expected = rows * rowLength
  let length = 0
  let nextRow = 0
  let isRight = true
  inflate.on('data', (piece: Uint8Array) => {
    for (; nextRow < length + piece.length; nextRow += rowLength) isRight &&= piece[nextRow - length]! <= lastFilter
    length += piece.length
    if (!isRight || length > expected) inflate.destroy()
  })
  const ended = once(inflate, 'close')
  ended.catch(() => {})
  // damage is an error of the stream itself
  pipeline(Readable.from(pieces), inflate, () => {})
  return await ended.then(
    () => isRight && length === expected,
    () => false,
  )
}

/** Its data, small chunks together: each piece that is unpacked costs as much as some thousand bytes. */
function* dataOf(bytes: Uint8Array): Generator<Uint8Array> {
  let [some, length]: [Uint8Array[], number] = [[], 0]
  for (const { type, data } of chunksOf(bytes)) {
    if (type !== 'IDAT' || data.length === 0) continue
    some.push(data)
    length += data.length
    if (length < pieceLength) continue
    yield some.length === 1 ? data : Buffer.concat(some)
    ;[some, length] = [[], 0]
  }
  if (length > 0) yield Buffer.concat(some)
}
