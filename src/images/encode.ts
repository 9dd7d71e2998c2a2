/** Pixels back to an image file: thumbnails of the report, heat maps, rendered demo images. */
import { nativeWork } from '../system/native-work.ts'
import type { Pixels } from './pixels.ts'
import { sharp } from './sharp.ts'

/** @param quality 1 to 100, of JPEG and WebP */
export async function encodeImage(
  pixels: Pixels,
  format: 'jpeg' | 'png' | 'webp' = 'jpeg',
  quality = 85,
): Promise<Uint8Array> {
  const image = sharp(pixels.data, { raw: { width: pixels.width, height: pixels.height, channels: 3 } })
  const encoded = format === 'png' ? image.png() : format === 'webp' ? image.webp({ quality }) : image.jpeg({ quality })
  return await nativeWork(() => encoded.toBuffer())
}
