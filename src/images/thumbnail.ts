/** Small pictures of images, to look at. */
import { decodeImage, type ImageSource } from './decode.ts'
import { encodeImage } from './encode.ts'
import type { ImageLimits } from './limits.ts'

/** Longest side in pixels; smaller images stay as they are. */
export const thumbnailSide = 160

/** WebP, some 2 to 6 kB, the aspect kept. Errors as `decodeImage`. */
export async function makeThumbnail(source: ImageSource, limits?: ImageLimits): Promise<Uint8Array> {
  const pixels = await decodeImage(source, { width: thumbnailSide, height: thumbnailSide, resize: 'inside' }, limits)
  return await encodeImage(pixels, 'webp', 60)
}
