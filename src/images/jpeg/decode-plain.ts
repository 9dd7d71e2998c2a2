/**
 * Small plain JPEG files, a third of the time: libjpeg-turbo in WebAssembly decodes them and `reduce.ts` makes them smaller. The
 * pixels are the same bits as those of libvips, which spends most of its time on a small image on its threads and buffers (of a damaged
 * file whose numbers leave their range samples may differ; such a file always goes this way).
 * Whatever is not plain, or makes the decoder say a word, is left to libvips.
 */
import { createRequire } from 'node:module'
import type { DecodeTarget } from '../pixels.ts'
import { plainJpeg } from './plain-jpeg.ts'
import { canReduce, reduce } from './reduce.ts'

/** What `@cornerstonejs/codec-libjpeg-turbo-8bit` exports, as far as it is used. */
interface Codec {
  readonly JPEGDecoder: new () => {
    /** A view of so many bytes to put the file into. */
    getEncodedBuffer(length: number): Uint8Array
    /** @throws at errors and at warnings */
    decode(): void
    /** A copy: rows from the top, 3 bytes a pixel, 1 of grey files. */
    getDecodedBuffer(): Uint8Array
  }
}
type OpenCodec = (options: { locateFile: (name: string) => string }) => Promise<Codec>
type Decoder = InstanceType<Codec['JPEGDecoder']>

/** Bounds the time that the thread is held, 3 ms at the usual quality and 8 at the highest, and the decoder's memory. */
const most = { pixels: 640 * 480, bytes: 2 ** 20 }

const codecName = '@cornerstonejs/codec-libjpeg-turbo-8bit'
/** Undefined where the package does not load: libvips decodes all images then. */
let opening: Promise<Decoder | undefined> | undefined

async function openDecoder(): Promise<Decoder | undefined> {
  try {
    const require = createRequire(import.meta.url)
    const open = require(`${codecName}/decodewasmjs`) as OpenCodec
    const { JPEGDecoder } = await open({ locateFile: () => require.resolve(`${codecName}/decodewasm`) })
    return new JPEGDecoder()
  } catch {
    return undefined
  }
}

/** The one that is in use when this resolves: another image may have ended the one that was waited for. */
async function currentDecoder(): Promise<Decoder | undefined> {
  for (;;) {
    opening ??= openDecoder()
    const asked = opening
    const decoder = await asked
    if (asked === opening) return decoder
  }
}

export interface PlainDecoded {
  readonly data: Uint8Array
  /** Of the data. */
  readonly info: { readonly width: number; readonly height: number; readonly channels: 1 | 3 }
  /** Of the file. */
  readonly size: { readonly width: number; readonly height: number }
}

/** The way of a file depends on the file alone. @returns undefined for an image that is not plain, too large, to be enlarged or damaged */
export async function decodePlain(bytes: Uint8Array, target: DecodeTarget): Promise<PlainDecoded | undefined> {
  if (target.resize !== 'stretch' || bytes.length > most.bytes || bytes[0] !== 0xff || bytes[1] !== 0xd8)
    return undefined
  const plain = plainJpeg(bytes)
  if (plain === undefined || plain.width * plain.height > most.pixels || !canReduce(plain, target)) return undefined
  const decoder = await currentDecoder()
  if (decoder === undefined) return undefined
  const { width, height, channels } = plain
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes)
    decoder.decode()
  } catch {
    // what it holds of a damaged file goes with it
    opening = undefined
    return undefined
  }
  const data = decoder.getDecodedBuffer()
  if (data.length !== width * height * channels) return undefined
  const info = { width: target.width, height: target.height, channels }
  return { data: reduce({ width, height, channels, data }, target), info, size: { width, height } }
}
