/**
 * A process that decodes one image after the other for its parent (`serving/decode-pool.ts`), so that a decoder that hangs,
 * grows or dies takes nothing with it. It has no connection, no key and no path: bytes in, pixels out.
 */
import { Socket } from 'node:net'
import { toOneclassError } from '../errors.ts'
import { readFrames, writeFrame } from '../system/frames.ts'
import type { ErrorBody } from '../wire/error.ts'
import { decodeImage, measureSamples } from './decode.ts'
import type { ImageLimits } from './limits.ts'
import { blockOtherDecoders } from './only-accepted.ts'
import type { DecodeTarget, Pixels } from './pixels.ts'
import type { UsedSamples } from './sample-range.ts'
import { makeThumbnail, thumbnailOfPixels } from './thumbnail.ts'

export interface DecodeQuestion {
  readonly name: string
  /** Undefined: no pixels. */
  readonly target: DecodeTarget | undefined
  readonly thumbnail: boolean
  /** Only tell what the image uses of its samples. */
  readonly measure?: boolean
  readonly limits: ImageLimits
}

/** The bytes are the pixels, then the thumbnail (WebP; none when it could not be made beside pixels that could). */
export type DecodeAnswer =
  | (Omit<Pixels, 'data'> & {
      /** Bytes of them. */
      readonly pixels: number
      readonly used?: UsedSamples | undefined
    })
  | { readonly error: ErrorBody }

async function answer(
  { name, target, thumbnail, measure, limits }: DecodeQuestion,
  bytes: Uint8Array,
): Promise<[DecodeAnswer, Uint8Array[]]> {
  try {
    const source = { name, bytes }
    if (measure) return [{ width: 0, height: 0, pixels: 0, used: await measureSamples(source, limits) }, []]
    const pixels = target && (await decodeImage(source, target, limits))
    const known = thumbnail && pixels && target.light === undefined ? thumbnailOfPixels(pixels) : undefined
    const picture = thumbnail ? (known ?? makeThumbnail(source, limits, target?.range)) : undefined
    const webp = await (pixels ? picture?.catch(() => undefined) : picture)
    const { data, ...about } = pixels ?? { width: 0, height: 0, data: new Uint8Array(0) }
    return [{ ...about, pixels: data.length }, webp ? [data, webp] : [data]]
  } catch (thrown) {
    return [{ error: toOneclassError(thrown).toJSON() }, []]
  }
}

blockOtherDecoders()
const parent = new Socket({ fd: 3, readable: true, writable: true })
// an ordinary exit would wait for a decoder that hangs
parent.on('close', () => process.kill(process.pid, 'SIGKILL'))
parent.on('error', () => process.kill(process.pid, 'SIGKILL'))
readFrames<DecodeQuestion>(parent, 2 ** 31, ({ header, bytes }) => {
  void answer(header, bytes).then(([reply, parts]) => writeFrame(parent, reply, parts))
})
writeFrame(parent, { ready: true })
