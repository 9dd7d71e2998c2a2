/** Images of more than 8 bits a sample: which they are, what they use of their samples, and what is made black and white. */
import type { CreateRaw, Sharp } from 'sharp'
import type { Note } from '../wire/notes.ts'
import { type FailOn, inputOptions } from './decoder-options.ts'
import type { ImageFormat } from './format.ts'
import type { ImageLimits } from './limits.ts'
import type { DecodeTarget } from './pixels.ts'
import { covers, describeRange, guessedRange, type UsedSamples, usedSamples, usualEnd } from './sample-range.ts'
import { sharp } from './sharp.ts'
import { checkTiff, type TiffSamples, withStraightOpacity } from './tiff-page.ts'

/** PNG of 16 bits and TIFF: others need no closer look. */
export function mayBeDeep(bytes: Uint8Array): boolean {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return bytes[24] === 16
  return (bytes[0] === 0x49 && bytes[1] === 0x49) || (bytes[0] === 0x4d && bytes[1] === 0x4d)
}

/** Of PNG of 16 bits and TIFF, the formats that hold what instruments measure; those of photos scale their own. */
export function samplesOf(bytes: Uint8Array, format: ImageFormat, name: string): TiffSamples | undefined {
  if (format === 'png' && bytes[24] === 16) {
    const opacity = (bytes[25]! & 4) === 4 && ({ channels: 4, opacity: 'straight' } as const)
    return { bits: 16, kind: 'integer', isSigned: false, channels: 3, hasOther: false, ...opacity }
  }
  return format === 'tiff' ? checkTiff(bytes, name) : undefined
}

/** Samples whose black and white a file does not tell: all but unsigned ones of 8 bits and fewer. */
export function isDeep({ bits, kind, isSigned }: TiffSamples): boolean {
  return bits > 8 || kind === 'float' || isSigned
}

/** Does libvips take these samples for a scale of 0 to 65535? Signed colours it takes as they are. */
function fills16({ bits, kind, isSigned, channels }: TiffSamples): boolean {
  return bits === 16 && kind === 'integer' && !(isSigned && channels >= 3)
}

/** Brings samples to what libvips takes for black and white. */
export interface Scale {
  readonly factor: number
  readonly offset: number
  /** Of the scaled image. Colours in floats are taken as they are; libvips would take them for linear light. */
  readonly space: 'srgb' | 'scrgb'
  /** The samples that become black and white. */
  readonly low: number
  readonly high: number
}

/** Undefined to leave them as they are. */
export async function rangeFor(
  bytes: Uint8Array,
  deep: TiffSamples,
  target: DecodeTarget,
  limits: ImageLimits,
  notes: Note[],
): Promise<Scale | undefined> {
  let range = covers(target.range, deep.kind) ? target.range : undefined
  const is16 = fills16(deep)
  if (range === undefined) {
    if (is16 && !deep.isSigned) return undefined
    const used = await measure(bytes, deep, limits)
    // where nothing was measured all is black, whatever is white
    range = used === undefined ? { low: 0, high: 1, samples: deep.kind } : guessedRange(used)
    if (used !== undefined)
      notes.push({
        code: 'RANGE_GUESSED',
        message: `The samples are no 8 bits; ${describeRange(range)} was taken for black to white. Give the range when fitting to fix it.`,
      })
  }
  const factor = (is16 ? 65535 : 255) / (range.high - range.low)
  const space = deep.kind === 'float' && deep.channels >= 3 ? 'scrgb' : 'srgb'
  return { factor, offset: -range.low * factor, space, low: range.low, high: range.high }
}

const measuredSide = 128

export async function measure(
  bytes: Uint8Array,
  deep: TiffSamples,
  limits: ImageLimits,
): Promise<UsedSamples | undefined> {
  if (deep.hasOther || deep.opacity) {
    // not made smaller first: the channel beside would have a part in it
    const { colourAt, opacityAt, raw } = await readSamples(bytes, deep, limits, 'none')
    const pixels = raw.width * raw.height
    const step = Math.max(1, Math.floor(pixels / measuredSide ** 2))
    const seen: number[] = []
    for (let i = 0; i < pixels; i += step)
      if (opacityAt(i) > 0) for (let c = 0; c < raw.channels; c++) seen.push(colourAt(i, c))
    return usedSamples(Float32Array.from(seen).filter(isMeasured(deep)), deep)
  }
  const shift = shiftOf(deep)
  const image = sharp(bytes, inputOptions(limits, 'none'))
    .timeout({ seconds: limits.timeoutSeconds })
    .resize({ width: measuredSide, height: measuredSide, fit: 'fill', kernel: 'nearest' })
    .removeAlpha()
  if (shift > 0) image.linear(1, shift)
  const data = await image.toColourspace(ownSpace(deep)).raw({ depth: 'float' }).toBuffer()
  const samples = new Float32Array(Uint8Array.from(data).buffer).map((value) => value - shift)
  return usedSamples(samples.filter(isMeasured(deep)), deep)
}

/** What is added to samples while they are read: a scale from 0 on has no room for what lies below it. */
const shiftOf = (deep: TiffSamples): number => (fills16(deep) && deep.isSigned ? 32768 : 0)

/** The space that the image has already, so that its numbers stay. */
function ownSpace(deep: TiffSamples): 'rgb16' | 'scrgb' | 'srgb' | 'b-w' {
  if (fills16(deep)) return 'rgb16'
  // as grey alone, opacity would be lost
  if (deep.channels < 3 && !deep.opacity) return 'b-w'
  return deep.kind === 'float' && deep.channels >= 3 ? 'scrgb' : 'srgb'
}

/** The least number of floats that stands for "nothing was measured here", in files that do not say so. */
const beyondMeasure = 1e37

/** Tells samples from what stands where nothing was measured. */
function isMeasured({ noData }: TiffSamples): (value: number) => boolean {
  const none = noData === undefined ? Number.NaN : Math.fround(noData)
  return (value) => Math.abs(value) < beyondMeasure && value !== none
}

/**
 * What libvips would show wrong, as samples that it shows right: without a channel that is neither colour nor opacity (it would take it
 * for opacity); on white where samples are scaled (it knows neither their white nor that of their opacity); and floats in which
 * nothing was measured at places (it makes white of what is no number, and of the pixels around).
 * @param scale of deep samples: where they come back scaled by it, black stands where nothing was measured
 * @returns undefined of all other images
 */
export async function plainImage(
  bytes: Uint8Array,
  samples: TiffSamples,
  scale: Scale | undefined,
  limits: ImageLimits,
  failOn: FailOn,
): Promise<{ image: Sharp; isScaled: boolean } | undefined> {
  const isOnWhite = scale !== undefined && samples.opacity !== undefined
  const isFloat = scale !== undefined && !fills16(samples)
  const mayHaveHoles = samples.kind === 'float' && isFloat
  if (!samples.hasOther && !isOnWhite && !mayHaveHoles) return undefined
  const { colourAt, opacityAt, raw } = await readSamples(bytes, samples, limits, failOn)
  const all = raw.width * raw.height * raw.channels
  const sampleAt = (at: number) => colourAt(Math.floor(at / raw.channels), at % raw.channels)
  if (!isFloat && !isOnWhite) {
    const plain = fills16(samples) ? new Uint16Array(all) : new Uint8Array(all)
    for (let at = 0; at < all; at++) plain[at] = sampleAt(at)
    return { image: sharp(plain, { raw }), isScaled: false }
  }
  const measured = isMeasured(samples)
  const { low, high } = scale
  const scaled = new Uint16Array(all)
  let isMeasuredAll = true
  for (let at = 0; at < all; at++) {
    const value = sampleAt(at)
    const isValue = measured(value)
    isMeasuredAll &&= isValue
    const level = isValue ? Math.max(0, Math.min(1, (value - low) / (high - low))) : 0
    const opaque = opacityAt(Math.floor(at / raw.channels))
    scaled[at] = 65535 * (1 - opaque + opaque * level)
  }
  // what libvips shows right it also makes smaller faster
  if (!samples.hasOther && !isOnWhite && isMeasuredAll) return undefined
  return { image: sharp(scaled, { raw }), isScaled: true }
}

interface Samples {
  /** Of a pixel and a channel of its colour, not multiplied by opacity. */
  readonly colourAt: (pixel: number, channel: number) => number
  /** 0 to 1. */
  readonly opacityAt: (pixel: number) => number
  /** Size, and the channels of the colour. */
  readonly raw: CreateRaw
}

/** All samples as they are, without a channel beside the colours that is no opacity. */
async function readSamples(
  bytes: Uint8Array,
  samples: TiffSamples,
  limits: ImageLimits,
  failOn: FailOn,
): Promise<Samples> {
  const isMultiplied = samples.opacity === 'multiplied'
  // libvips would divide by an opacity of which it takes 255 for white
  const file = isMultiplied ? withStraightOpacity(bytes) : bytes
  const image = sharp(file, inputOptions(limits, failOn)).timeout({ seconds: limits.timeoutSeconds })
  const shift = shiftOf(samples)
  if (samples.hasOther) image.removeAlpha()
  if (shift > 0) image.linear(1, shift)
  const isShort = fills16(samples) && shift === 0
  const { data, info } = await image
    .toColourspace(ownSpace(samples))
    .raw({ depth: isShort ? 'ushort' : 'float' })
    .toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  const numbers = new (isShort ? Uint16Array : Float32Array)(data.buffer, data.byteOffset, width * height * channels)
  if (!samples.opacity || (channels !== 2 && channels !== 4)) {
    const raw = { width, height, channels }
    return { colourAt: (pixel, channel) => numbers[pixel * channels + channel]! - shift, opacityAt: () => 1, raw }
  }
  const inColour = channels === 2 ? 1 : 3
  let most = 0
  for (let at = inColour; at < numbers.length; at += channels) most = Math.max(most, numbers[at]!)
  // as of colours, nothing says what is white
  const end = usualEnd(most, samples) ?? most
  const opacityAt = (pixel: number) => Math.max(0, Math.min(1, numbers[pixel * channels + inColour]! / end))
  const colourAt = (pixel: number, channel: number) => {
    const colour = numbers[pixel * channels + channel]! - shift
    const opacity = isMultiplied ? opacityAt(pixel) : 1
    return opacity > 0 ? colour / opacity : colour
  }
  return { colourAt, opacityAt, raw: { width, height, channels: inColour } }
}
