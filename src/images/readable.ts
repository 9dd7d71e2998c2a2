/** Files of accepted formats that the decoder reads after some of their bytes were changed. */
import type { Note } from '../wire/notes.ts'
import { type ImageFormat, rawPhoto } from './format.ts'
import { isRawTiff, withColours } from './tiff-page.ts'
import { plainTiff } from './tiff-plain.ts'

/**
 * @param name used in messages only
 * @param mayChange the bytes themselves: nobody else has them
 * @returns the same bytes, or a changed copy; notes on what of the file is used
 * @throws IMAGE_UNSUPPORTED of a raw photo
 */
export function readable(
  bytes: Uint8Array,
  format: ImageFormat,
  name: string,
  mayChange: boolean,
): { readonly bytes: Uint8Array; readonly notes: readonly Note[] } {
  if (format === 'tiff') {
    if (isRawTiff(bytes)) throw rawPhoto(name)
    const plain = plainTiff(bytes, mayChange)
    return { ...plain, bytes: withColours(plain.bytes) }
  }
  return { bytes: format === 'avif' ? withStillBrand(bytes) : bytes, notes: [] }
}

/** Animated AVIF files hold a still picture too; libvips looks at the first brand only, which says that they are animated. */
function withStillBrand(bytes: Uint8Array): Uint8Array {
  if (Buffer.from(bytes.subarray(8, 12)).toString('latin1') !== 'avis') return bytes
  const still = new Uint8Array(bytes) // not slice(), which shares the memory of a Buffer
  still.set(Buffer.from('avif'), 8)
  return still
}
