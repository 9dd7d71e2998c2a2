/** Pixels back to an image file: thumbnails of the report, heat maps, rendered demo images. */
import { nativeWork } from '../system/native-work.ts'
import type { Pixels } from './pixels.ts'
import { sharp } from './sharp.ts'

/** Of WebP: a file is 5 % larger than with the usual 4, and made in two thirds of the time. */
const effort = 2

/** @param quality 1 to 100, of JPEG and WebP @param size that it is brought to first; default: that of the pixels */
export async function encodeImage(
  { width, height, data }: Pixels,
  format: 'jpeg' | 'png' | 'webp' = 'jpeg',
  quality = 85,
  size?: { readonly width: number; readonly height: number },
): Promise<Uint8Array> {
  const raw = sharp(data, { raw: { width, height, channels: 3 } })
  const image = size ? raw.resize({ ...size, fit: 'fill' }) : raw
  const encoded =
    format === 'png' ? image.png() : format === 'webp' ? image.webp({ quality, effort }) : image.jpeg({ quality })
  return await nativeWork(() => encoded.toBuffer())
}
