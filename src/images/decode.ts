/**
 * The one place where encoded images become pixels, and (with `encode.ts`) the only code that touches sharp.
 *
 * Every image goes the same way: bytes counted, format told by content, size checked from the header, then one libvips
 * pipeline: EXIF orientation, first page, ICC/CMYK/grey/palette/16 bits to 8-bit sRGB, resize, alpha onto white.
 *
 * Speed, as measured (500x375 JPEG to 224x224): Pillow 2.6 to 3.4 ms; here 4.6 to 5.4. Decoding is not the difference: a
 * pipeline of libvips costs 1.2 ms whatever the image, and its Lanczos resize 0.5 ms more than the triangle kernel, which
 * is what networks were trained with anyway (Pillow's and PyTorch's antialiased bilinear). Large photos are where time
 * goes, and there shrink-on-load wins: 4000x3000 takes 16 to 20 ms, without it 80 and more. So: triangle kernel,
 * shrink-on-load, one libvips thread an image and several images at once (`embed.ts`), no operation cache since no image
 * comes twice.
 */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import sharp, { type OutputInfo, type Sharp, type SharpOptions } from 'sharp'
import { OneclassError } from '../errors.ts'
import { decodeBmp } from './bmp.ts'
import { checkCost } from './cost.ts'
import { detectFormat, type ImageFormat } from './format.ts'
import { alphaBackground, type ImageLimits, imageLimits, paddingColour } from './limits.ts'
import type { DecodeTarget, Pixels } from './pixels.ts'
import type { FileSource, ImageSource } from './source.ts'

export type { ImageSource } from './source.ts'

sharp.cache(false)
sharp.concurrency(1)

/**
 * @returns pixels of the target's size (for `inside`: at most that size), 8-bit sRGB
 * @throws IMAGE_NOT_FOUND, IMAGE_UNREADABLE, IMAGE_UNSUPPORTED, IMAGE_TOO_LARGE; each message names the image
 */
export async function decodeImage(
  source: ImageSource,
  target: DecodeTarget,
  limits: ImageLimits = imageLimits,
): Promise<Pixels> {
  const bytes = await readImage(source, limits)
  const format = detectFormat(bytes, source.name)
  checkCost(bytes, format, source.name, limits)
  try {
    const { data, info } = await (await pipeline(bytes, format, source.name, target, limits)).toBuffer({
      resolveWithObject: true,
    })
    return { width: info.width, height: info.height, data: threeChannels(data, info) }
  } catch (error) {
    throw asImageError(error, source.name, format, limits)
  }
}

/** Width and height as shown (after EXIF orientation), from the header alone. Errors as `decodeImage`. */
export async function probeImage(
  source: ImageSource,
  limits: ImageLimits = imageLimits,
): Promise<{ width: number; height: number; format: ImageFormat }> {
  const bytes = await readImage(source, limits)
  const format = detectFormat(bytes, source.name)
  checkCost(bytes, format, source.name, limits)
  try {
    if (format === 'bmp') {
      const { width, height } = await decodeBmp(bytes, source.name, limits)
      return { width, height, format }
    }
    const { width, height, autoOrient } = await sharp(bytes, inputOptions(limits)).metadata()
    return { width: autoOrient?.width ?? width, height: autoOrient?.height ?? height, format }
  } catch (error) {
    throw asImageError(error, source.name, format, limits)
  }
}

/** The encoded bytes of an image, for storing or sending. @throws IMAGE_NOT_FOUND, IMAGE_TOO_LARGE */
export async function readImage(source: ImageSource, limits: ImageLimits = imageLimits): Promise<Uint8Array> {
  const bytes = 'bytes' in source ? source.bytes : await readFileWithin(source, limits)
  if (bytes.length > limits.maxBytes) throw tooManyBytes(source.name, bytes.length, limits)
  return bytes
}

async function readFileWithin(source: FileSource, limits: ImageLimits): Promise<Uint8Array> {
  // O_NONBLOCK: opening a named pipe must not wait for a writer
  const handle = await open(pathOf(source), constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      throw new OneclassError('IMAGE_NOT_FOUND', `"${source.name}" cannot be opened (${error.code ?? error.message}).`)
    },
  )
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) throw new OneclassError('IMAGE_NOT_FOUND', `"${source.name}" is not a file.`)
    if (stat.size > limits.maxBytes) throw tooManyBytes(source.name, stat.size, limits)
    return await handle.readFile()
  } catch (error) {
    if (error instanceof OneclassError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new OneclassError('IMAGE_NOT_FOUND', `"${source.name}" cannot be read (${code}).`)
  } finally {
    await handle.close()
  }
}

/** What the file system is asked for: bytes where the name is no UTF-8. */
function pathOf({ path, raw }: FileSource): string | Buffer {
  return raw === undefined ? path : Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
}

function inputOptions(limits: ImageLimits): SharpOptions {
  return {
    autoOrient: true,
    // fails on truncated and damaged data, not on warnings such as a few stray bytes that telephones leave
    failOn: 'error',
    limitInputPixels: limits.maxPixels,
    limitInputChannels: 5,
    page: 0,
    pages: 1,
    sequentialRead: true,
  }
}

async function pipeline(
  bytes: Uint8Array,
  format: ImageFormat,
  name: string,
  target: DecodeTarget,
  limits: ImageLimits,
): Promise<Sharp> {
  let image: Sharp
  if (format === 'bmp') {
    const { data, width, height } = await decodeBmp(bytes, name, limits)
    image = sharp(data, { raw: { width, height, channels: 3 } })
  } else {
    image = sharp(bytes, inputOptions(limits))
  }
  return image
    .timeout({ seconds: limits.timeoutSeconds })
    .resize({
      width: target.width,
      height: target.height,
      fit: target.resize === 'stretch' ? 'fill' : target.resize,
      kernel: 'linear',
      background: paddingColour,
      withoutEnlargement: target.resize === 'inside',
    })
    .flatten({ background: alphaBackground })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
}

/** sharp answers one channel for some grey inputs; `Pixels` always has three. */
function threeChannels(data: Buffer, info: OutputInfo): Uint8Array {
  if (info.channels === 3) return data
  const count = info.width * info.height
  const colours = info.channels >= 3 ? 3 : 1
  const rgb = new Uint8Array(count * 3)
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = data[i * info.channels + (colours === 3 ? c : 0)] ?? 0
  }
  return rgb
}

function tooManyBytes(name: string, bytes: number, limits: ImageLimits): OneclassError {
  const megabytes = (value: number) => `${(value / 2 ** 20).toFixed(1)} MiB`
  return new OneclassError(
    'IMAGE_TOO_LARGE',
    `"${name}" has ${megabytes(bytes)}, more than the ${megabytes(limits.maxBytes)} accepted.`,
  )
}

function asImageError(error: unknown, name: string, format: ImageFormat, limits: ImageLimits): OneclassError {
  if (error instanceof OneclassError) return error
  // libvips strings several complaints together: the last one is the cause
  const reason = (error instanceof Error ? error.message : String(error))
    .trim()
    .split('\n')
    .at(-1)!
    .trim()
    .slice(0, 200)
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
  return new OneclassError(
    'IMAGE_UNREADABLE',
    `"${name}" is a damaged or cut-off ${format.toUpperCase()} file (${reason}).`,
    {
      cause: error,
    },
  )
}
