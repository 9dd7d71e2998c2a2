/** Files of accepted formats that the decoder reads after some of their bytes were changed. */
import type { ImageFormat } from './format.ts'
import { withColours } from './tiff-page.ts'

/** @returns the same bytes, or a changed copy */
export function readable(bytes: Uint8Array, format: ImageFormat): Uint8Array {
  if (format === 'tiff') return withColours(bytes)
  return format === 'avif' ? withStillBrand(bytes) : bytes
}

/** Animated AVIF files hold a still picture too; libvips looks at the first brand only, which says that they are animated. */
function withStillBrand(bytes: Uint8Array): Uint8Array {
  if (Buffer.from(bytes.subarray(8, 12)).toString('latin1') !== 'avis') return bytes
  const still = new Uint8Array(bytes) // not slice(), which shares the memory of a Buffer
  still.set(Buffer.from('avif'), 8)
  return still
}
