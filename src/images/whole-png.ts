/**
 * Does a PNG file that was cut off at its end still hold all of its pixels? What a decoder returns does not tell: the rows that are
 * missing are whatever stood in that memory before, often another image. So the bytes are counted that its data unpacks to (PNG
 * specification, third edition, 5.3 "Chunk layout", 7.2 "Scanlines", 10.1 "Compression").
 */
import { once } from 'node:events'
import { constants, createInflate } from 'node:zlib'

const signatureLength = 8
/** Samples a pixel of each colour type. */
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

/** False of an interlaced file, whose first rows are all over the image. */
export async function isWholePng(bytes: Uint8Array): Promise<boolean> {
  const chunks = chunksOf(bytes)
  const [header] = chunks
  if (header?.type !== 'IHDR' || header.data.length < 13) return false
  const view = new DataView(header.data.buffer, header.data.byteOffset)
  const [width, height] = [view.getUint32(0), view.getUint32(4)]
  const [depth, colourType, interlace] = [view.getUint8(8), view.getUint8(9), view.getUint8(12)]
  const samples = samplesOf[colourType]
  if (samples === undefined || interlace !== 0) return false
  // each row has a byte before it that says how it is filtered
  const expected = height * (1 + Math.ceil((width * samples * depth) / 8))
  return (
    (await unpackedLength(
      chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data),
      expected,
    )) === expected
  )
}

interface Chunk {
  readonly type: string
  /** Of the last one, as far as it goes. */
  readonly data: Uint8Array
}

function chunksOf(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const chunks: Chunk[] = []
  for (let at = signatureLength; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    chunks.push({ type, data: bytes.subarray(at + 8, at + 8 + length) })
    at += 12 + length
  }
  return chunks
}

/** Bytes that a zlib stream unpacks to, which may lack its end; counted up to a little beyond `most`. NaN of what is damaged. */
async function unpackedLength(parts: readonly Uint8Array[], most: number): Promise<number> {
  const inflate = createInflate({ finishFlush: constants.Z_SYNC_FLUSH })
  let length = 0
  inflate.on('data', (chunk: Uint8Array) => {
    length += chunk.length
    if (length > most) inflate.destroy()
  })
  const ended = once(inflate, 'close')
  ended.catch(() => {})
  for (const part of parts) inflate.write(part)
  inflate.end()
  return await ended.then(
    () => length,
    () => Number.NaN,
  )
}
