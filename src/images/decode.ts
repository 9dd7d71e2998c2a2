/**
 * The one place where encoded images become pixels.
 *
 * Every image goes the same way: bytes counted, format told by content, size checked from the header, then one libvips
 * pipeline: EXIF orientation, first page, ICC/CMYK/grey/palette/16 bits to 8-bit sRGB, resize, alpha onto white. Small plain JPEG
 * files take a shorter way to the same bits (`jpeg/decode-plain.ts`).
 *
 * Speed, as measured (500x375 JPEG to 224x224): Pillow 2.6 to 3.4 ms; here 4.6 to 5.4. Decoding is not the difference: a
 * pipeline of libvips costs 1.2 ms whatever the image, and its Lanczos resize 0.5 ms more than the triangle kernel, which
 * is what networks were trained with anyway (Pillow's and PyTorch's antialiased bilinear). Large photos are where time
 * goes, and there shrink-on-load wins: 4000x3000 takes 16 to 20 ms, without it 80 and more. So: triangle kernel,
 * shrink-on-load of JPEG, one libvips thread an image and several images at once (`embed.ts`), no operation cache since no image
 * comes twice. WebP is not shrunk on load, which saves a third of its time and changes values by up to 18: the same pixels in another
 * file would be scored otherwise.
 */
import type { OutputInfo, Sharp } from 'sharp'
import { nativeWork } from '../system/native-work.ts'
import type { Note } from '../wire/notes.ts'
import { decodeBmp } from './bmp.ts'
import { checkCost } from './cost.ts'
import { asImageError } from './decode-error.ts'
import { type FailOn, inputOptions } from './decoder-options.ts'
import { isDeep, measure, plainImage, rangeFor, type Scale, samplesOf } from './deep-samples.ts'
import { evenLight } from './even-light.ts'
import { detectFormat, type ImageFormat } from './format.ts'
import { onWholeCanvas } from './gif-canvas.ts'
import { checkJpeg } from './jpeg/check-jpeg.ts'
import { decodePlain } from './jpeg/decode-plain.ts'
import { alphaBackground, type ImageLimits, imageLimits, paddingColour } from './limits.ts'
import { lookAt } from './look.ts'
import type { DecodeTarget, Original, Pixels } from './pixels.ts'
import { readImage } from './read-image.ts'
import { readable } from './readable.ts'
import { closedGif, salvage } from './salvage.ts'
import type { UsedSamples } from './sample-range.ts'
import { sharp } from './sharp.ts'
import type { ImageSource } from './source.ts'

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
  const { bytes, format, notes } = await openImage(source, limits)
  checkCost(bytes, format, source.name, limits)
  const small = await decodeSmall(bytes, target)
  return small ?? (await nativeWork(() => decodeByLibvips(bytes, format, source.name, target, limits, [...notes])))
}

async function decodeByLibvips(
  bytes: Uint8Array,
  format: ImageFormat,
  name: string,
  target: DecodeTarget,
  limits: ImageLimits,
  notes: Note[],
): Promise<Pixels> {
  try {
    const samples = samplesOf(bytes, format, name)
    const deep = samples && isDeep(samples) ? samples : undefined
    const range = deep && (await rangeFor(bytes, deep, target, limits, notes))
    const closed = format === 'gif' ? await closedGif(bytes, limits) : { bytes }
    if (closed.note) notes.push(closed.note)
    const decode = async (file: Uint8Array, failOn: FailOn) => {
      const plain = samples && (await plainImage(file, samples, range, limits, failOn))
      const image = plain?.image ?? (await pipeline(file, format, name, limits, failOn))
      return await finish(image, format, target, limits, plain?.isScaled ? undefined : range).toBuffer({
        resolveWithObject: true,
      })
    }
    const { data, info } = await decode(closed.bytes, 'error').catch(async (error: unknown) => {
      const saved = await salvage(closed.bytes, format, limits, error)
      notes.push(saved.note)
      return await decode(saved.bytes, 'none')
    })
    const size = target.withOriginal ? await sizeOf(bytes, format, name, limits) : undefined
    const pixels = pixelsOf(data, info, size && { ...size, shown: shownOf(size, target) })
    notes.push(...lookAt(pixels, { hasRange: range !== undefined, isWide: deep?.bits === 16 && range === undefined }))
    return finished(pixels, target, notes)
  } catch (error) {
    throw asImageError(error, name, format, limits)
  }
}

/** Pixels of a small plain JPEG file, without libvips; undefined of all other images. Does not throw. */
export async function decodeSmall(bytes: Uint8Array, target: DecodeTarget): Promise<Pixels | undefined> {
  const plain = await decodePlain(bytes, target)
  if (plain === undefined) return undefined
  const { data, info, size } = plain
  const pixels = pixelsOf(data, info, target.withOriginal ? { ...size, shown: shownOf(size, target) } : undefined)
  return finished(pixels, target, lookAt(pixels))
}

/** What an image of more than 8 bits a sample uses of them; undefined of others. Errors as `decodeImage`. */
export async function measureSamples(
  source: ImageSource,
  limits: ImageLimits = imageLimits,
): Promise<UsedSamples | undefined> {
  const { bytes, format } = await openImage(source, limits)
  try {
    const deep = samplesOf(bytes, format, source.name)
    if (deep === undefined || !isDeep(deep)) return undefined
    checkCost(bytes, format, source.name, limits)
    return await nativeWork(() => measure(bytes, deep, limits))
  } catch (error) {
    throw asImageError(error, source.name, format, limits)
  }
}

async function openImage(
  source: ImageSource,
  limits: ImageLimits,
): Promise<{ bytes: Uint8Array; format: ImageFormat; notes: readonly Note[] }> {
  const bytes = await readImage(source, limits)
  const format = detectFormat(bytes, source.name)
  if (format === 'jpeg') checkJpeg(bytes, source.name)
  const isOurs = !('bytes' in source || 'read' in source)
  return { ...readable(bytes, format, source.name, isOurs), format }
}

/** The part of an image that a target shows, in pixels of the image. */
function shownOf({ width, height }: { width: number; height: number }, target: DecodeTarget): Original['shown'] {
  const [across, down] = [target.width / width, target.height / height]
  if (target.resize === 'stretch' || target.resize === 'inside') return { x: 0, y: 0, width, height }
  const scale = target.resize === 'cover' ? Math.max(across, down) : Math.min(across, down)
  const shown = { width: target.width / scale, height: target.height / scale }
  return { x: (width - shown.width) / 2, y: (height - shown.height) / 2, ...shown }
}

/** As shown, after EXIF orientation. */
async function sizeOf(
  bytes: Uint8Array,
  format: ImageFormat,
  name: string,
  limits: ImageLimits,
): Promise<{ width: number; height: number }> {
  if (format === 'bmp') {
    const { width, height } = await decodeBmp(bytes, name, limits)
    return { width, height }
  }
  const image = sharp(bytes, inputOptions(limits, 'none'))
  const { width, height, autoOrient } = await nativeWork(() => image.metadata())
  return { width: autoOrient?.width ?? width, height: autoOrient?.height ?? height }
}

async function pipeline(
  bytes: Uint8Array,
  format: ImageFormat,
  name: string,
  limits: ImageLimits,
  failOn: FailOn,
): Promise<Sharp> {
  const onCanvas = format === 'gif' ? await onWholeCanvas(bytes, limits, failOn) : undefined
  if (onCanvas) return onCanvas
  if (format !== 'bmp') return sharp(bytes, inputOptions(limits, failOn))
  const { data, width, height } = await decodeBmp(bytes, name, limits)
  return sharp(data, { raw: { width, height, channels: 3 } })
}

function finish(
  image: Sharp,
  format: ImageFormat,
  target: DecodeTarget,
  limits: ImageLimits,
  range: Scale | undefined,
): Sharp {
  const sized = image
    .timeout({ seconds: limits.timeoutSeconds })
    .resize({
      width: target.width,
      height: target.height,
      fit: target.resize === 'stretch' ? 'fill' : target.resize,
      kernel: 'linear',
      background: paddingColour,
      withoutEnlargement: target.resize === 'inside',
      fastShrinkOnLoad: format !== 'webp',
    })
    .flatten({ background: alphaBackground })
  const scaled = range === undefined ? sized : sized.linear(range.factor, range.offset)
  return scaled.toColourspace(range?.space ?? 'srgb').raw({ depth: 'uchar' })
}

type Layout = Pick<OutputInfo, 'width' | 'height' | 'channels'>

function pixelsOf(data: Uint8Array, info: Layout, original: Original | undefined): Pixels {
  const { width, height } = info
  return { width, height, data: threeChannels(data, info), ...(original && { original }) }
}

/** What was noticed is of the image as it is; its light may be evened out then. */
function finished(decoded: Pixels, { light, sizes }: DecodeTarget, notes: readonly Note[]): Pixels {
  const pixels = light === 'even' ? evenLight(decoded) : decoded
  return { ...pixels, ...(sizes && { sizes }), ...(notes.length > 0 && { notes }) }
}

/** sharp answers one channel for some grey inputs; `Pixels` always has three. */
function threeChannels(data: Uint8Array, info: Layout): Uint8Array {
  if (info.channels === 3) return data
  const count = info.width * info.height
  const colours = info.channels >= 3 ? 3 : 1
  const rgb = new Uint8Array(count * 3)
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = data[i * info.channels + (colours === 3 ? c : 0)] ?? 0
  }
  return rgb
}
