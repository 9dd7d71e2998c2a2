/** Small pictures of images, to look at. */
import { decodeImage, type ImageSource } from './decode.ts'
import { encodeImage } from './encode.ts'
import type { ImageLimits } from './limits.ts'
import type { SampleRange } from './sample-range.ts'

/** Longest side in pixels; smaller images stay as they are. */
export const thumbnailSide = 160

/** WebP, some 2 to 6 kB, the aspect kept. Errors as `decodeImage`. */
export async function makeThumbnail(
  source: ImageSource,
  limits?: ImageLimits,
  range?: SampleRange,
): Promise<Uint8Array> {
  const target = { width: thumbnailSide, height: thumbnailSide, resize: 'inside', ...(range && { range }) } as const
  const pixels = await decodeImage(source, target, limits)
  return await encodeImage(pixels, 'webp', 60)
}
