/**
 * Small plain JPEG files, a third of the time: libjpeg-turbo in WebAssembly decodes them and `reduce.ts` makes them smaller. The
 * pixels are the same bits as those of libvips, which spends most of its time on a small image on its threads and buffers (of a damaged
 * file whose numbers leave their range some samples may differ).
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

/** Bounds the time that the thread is held, some 3 ms, and the decoder's memory. */
const most = { pixels: 640 * 480, bytes: 2 ** 20 }

/** Loading it takes longer than an image saves: until it is there, libvips decodes. Undefined as well where it does not load. */
let decoder: Decoder | undefined
let opening: Promise<void> | undefined

const codecName = '@cornerstonejs/codec-libjpeg-turbo-8bit'
/** Resolves when the decoder is there, or is known not to load. */
export function openPlainDecoder(): Promise<void> {
  opening ??= openDecoder().then(
    (opened) => {
      decoder = opened
    },
    () => {},
  )
  return opening
}

async function openDecoder(): Promise<Decoder> {
  const require = createRequire(import.meta.url)
  const open = require(`${codecName}/decodewasmjs`) as OpenCodec
  const { JPEGDecoder } = await open({ locateFile: () => require.resolve(`${codecName}/decodewasm`) })
  return new JPEGDecoder()
}

export interface PlainDecoded {
  readonly data: Uint8Array
  /** Of the data. */
  readonly info: { readonly width: number; readonly height: number; readonly channels: 1 | 3 }
  /** Of the file. */
  readonly size: { readonly width: number; readonly height: number }
}

/** @returns undefined for an image that is not plain, too large, to be enlarged or damaged */
export function decodePlain(bytes: Uint8Array, target: DecodeTarget): PlainDecoded | undefined {
  if (target.resize !== 'stretch' || bytes.length > most.bytes) return undefined
  const plain = plainJpeg(bytes)
  if (plain === undefined || plain.width * plain.height > most.pixels || !canReduce(plain, target)) return undefined
  if (decoder === undefined) {
    void openPlainDecoder()
    return undefined
  }
  const { width, height, channels } = plain
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes)
    decoder.decode()
  } catch {
    // what it holds of a damaged file goes with it
    decoder = opening = undefined
    return undefined
  }
  const data = decoder.getDecodedBuffer()
  if (data.length !== width * height * channels) return undefined
  const info = { width: target.width, height: target.height, channels }
  return { data: reduce({ width, height, channels, data }, target), info, size: { width, height } }
}
