/**
 * What decoding an image would cost, from its header: a check before anything is spent. A file of a kilobyte may ask for ten
 * seconds and a gigabyte, so bytes say nothing; sides, scans, frames and tiles do. What a header hides is stopped by the
 * decode processes (`serving/decode-pool.ts`), which is dearer.
 */
import { OneclassError } from '../errors.ts'
import { avifCost } from './cost/avif.ts'
import { bmpCost } from './cost/bmp.ts'
import { gifCost } from './cost/gif.ts'
import { type HeaderCost, maxParts } from './cost/header-cost.ts'
import { jpegCost } from './cost/jpeg.ts'
import { pngCost } from './cost/png.ts'
import { tiffCost } from './cost/tiff.ts'
import { webpCost } from './cost/webp.ts'
import type { ImageFormat } from './format.ts'
import type { ImageLimits } from './limits.ts'

export interface ImageCost {
  /** CPU time, an upper estimate. */
  readonly milliseconds: number
  /** Memory beside the file, an upper estimate. */
  readonly mebibytes: number
}

const readers: Readonly<Record<ImageFormat, (bytes: Uint8Array) => HeaderCost | undefined>> = {
  jpeg: jpegCost,
  png: pngCost,
  webp: webpCost,
  gif: gifCost,
  tiff: tiffCost,
  avif: avifCost,
  bmp: bmpCost,
}

/**
 * @param name used in messages only
 * @returns undefined for a header that cannot be read: the decoder says what is wrong with it
 * @throws IMAGE_TOO_LARGE when it asks for more than the limits allow
 */
export function checkCost(
  bytes: Uint8Array,
  format: ImageFormat,
  name: string,
  limits: ImageLimits,
): ImageCost | undefined {
  const cost = readers[format](bytes)
  if (cost === undefined) return undefined
  const { width, height, parts } = cost
  const refuse = (why: string): never => {
    throw new OneclassError('IMAGE_TOO_LARGE', `"${name}" ${why}.`)
  }
  if (Math.max(width, height) > limits.maxSide)
    refuse(`has ${width} x ${height} pixels, and no side may be longer than ${limits.maxSide}`)
  if (width * height > limits.maxPixels)
    refuse(`has ${width} x ${height} pixels, more than the ${Math.round(limits.maxPixels / 1e6)} megapixels accepted`)
  if (parts && parts.count > maxParts[parts.name])
    refuse(`has more than the ${maxParts[parts.name]} ${parts.name} accepted: save it anew as a plain image`)
  const mebibytes = cost.memory / 2 ** 20
  if (mebibytes > limits.maxMebibytes)
    refuse(
      `would need ${Math.ceil(mebibytes)} MiB to decode, more than the ${limits.maxMebibytes} accepted: make it smaller`,
    )
  const milliseconds = cost.nanoseconds / 1e6
  if (milliseconds > limits.maxMilliseconds)
    refuse(
      `would take some ${Math.ceil(milliseconds / 1000)} s to decode, more than the ${limits.maxMilliseconds / 1000} accepted: make it smaller, or save it as a plain JPEG`,
    )
  return { milliseconds, mebibytes }
}
