/** Small pictures of images, to look at. */
import { decodeImage, type ImageSource } from './decode.ts'
import { encodeImage } from './encode.ts'
import type { ImageLimits } from './limits.ts'
import type { Pixels } from './pixels.ts'
import type { SampleRange } from './sample-range.ts'

/** Longest side in pixels; smaller images stay as they are. */
const thumbnailSide = 160

/** Of WebP, 1 to 100. */
const quality = 60

/** WebP, some 2 to 6 kB, the aspect kept. Errors as `decodeImage`. */
export async function makeThumbnail(
  source: ImageSource,
  limits?: ImageLimits,
  range?: SampleRange,
): Promise<Uint8Array> {
  const target = { width: thumbnailSide, height: thumbnailSide, resize: 'inside', ...(range && { range }) } as const
  const pixels = await decodeImage(source, target, limits)
  return await encodeImage(pixels, 'webp', quality)
}

/**
 * The same, of pixels that were decoded for something else, which saves decoding the image once more.
 * @returns undefined where they do not show the whole image, or too small, or do not say its size
 */
export function thumbnailOfPixels(pixels: Pixels): Promise<Uint8Array> | undefined {
  const { original } = pixels
  if (original === undefined) return undefined
  const { shown } = original
  if (shown.width !== original.width || shown.height !== original.height) return undefined
  const scale = thumbnailSide / Math.max(original.width, original.height)
  if (scale > 1) return undefined
  const size = { width: sideOf(original.width, scale), height: sideOf(original.height, scale) }
  if (size.width > pixels.width || size.height > pixels.height) return undefined
  return encodeImage(pixels, 'webp', quality, size)
}

const sideOf = (length: number, scale: number) => Math.max(1, Math.round(length * scale))
