/** Pixels back to an image file: thumbnails of the report, heat maps, rendered demo images. */
import type { Pixels } from './pixels.ts'
import { sharp } from './sharp.ts'

/** @param quality 1 to 100, of JPEG and WebP */
export async function encodeImage(
  pixels: Pixels,
  format: 'jpeg' | 'png' | 'webp' = 'jpeg',
  quality = 85,
): Promise<Uint8Array> {
  const image = sharp(pixels.data, { raw: { width: pixels.width, height: pixels.height, channels: 3 } })
  if (format === 'png') return image.png().toBuffer()
  return format === 'webp' ? image.webp({ quality }).toBuffer() : image.jpeg({ quality }).toBuffer()
}
