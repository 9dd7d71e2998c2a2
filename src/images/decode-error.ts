/** What libvips says of a file, as one of our errors. */
import { OneclassError } from '../errors.ts'
import type { ImageFormat } from './format.ts'
import type { ImageLimits } from './limits.ts'

/** How what libvips says of the files of a format begins. */
const readers: Readonly<Partial<Record<ImageFormat, RegExp>>> = {
  jpeg: /^(vipsjpeg|jpegload)/i,
  png: /^(vipspng|pngload|libpng)/i,
  webp: /^webp/i,
  gif: /^gif/i,
  tiff: /^(tiff|vips_?tiff)/i,
  avif: /^heif/i,
}

/**
 * What libvips says of a file; empty where it says nothing of this one. It strings several complaints together, the last one being the
 * cause, and has one list of them for all images at once: what stands there may be of an image of another format, or be gone.
 */
function reasonOf(error: unknown, format: ImageFormat): string {
  const text = error instanceof Error ? error.message : String(error)
  const reason = text.trim().split('\n').at(-1)!.trim().slice(0, 200)
  const cause = reason.replace(/^Input buffer has corrupt header:\s*/, '')
  const isOfOther = Object.entries(readers).some(([other, said]) => other !== format && said.test(cause))
  return isOfOther || cause === '' || cause === 'Unknown error' ? '' : cause
}

/** What libvips and its libraries say of whole files that they were not built for. Of JPEG the header tells (`jpeg/check-jpeg.ts`). */
const unsupported =
  /not (configured|supported|implemented)|unsupported (?!image format)|unimplemented|bad labq|must have 1 or 4|whole number of bytes|no 'pitm' box/i

export function asImageError(error: unknown, name: string, format: ImageFormat, limits: ImageLimits): OneclassError {
  if (error instanceof OneclassError) return error
  const reason = reasonOf(error, format)
  if (/exceeds pixel limit|too large|maximum image size/i.test(reason)) {
    const megapixels = Math.round(limits.maxPixels / 1e6)
    return new OneclassError('IMAGE_TOO_LARGE', `"${name}" has more than the ${megapixels} megapixels accepted.`, {
      cause: error,
    })
  }
  if (/timeout/i.test(reason)) {
    return new OneclassError('IMAGE_TOO_LARGE', `"${name}" took more than ${limits.timeoutSeconds} s to decode.`, {
      cause: error,
    })
  }
  const what = format.toUpperCase()
  if (format !== 'jpeg' && unsupported.test(reason)) {
    return new OneclassError(
      'IMAGE_UNSUPPORTED',
      `"${name}" is a kind of ${what} file that is not accepted (${reason}): save it again as a plain JPEG or PNG.`,
      { cause: error },
    )
  }
  const said = reason === '' ? '' : ` (${reason})`
  return new OneclassError('IMAGE_UNREADABLE', `"${name}" is a damaged or cut-off ${what} file${said}.`, {
    cause: error,
  })
}
