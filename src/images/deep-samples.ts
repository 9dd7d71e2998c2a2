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
    const { colours, opacity, raw } = await readFloats(bytes, deep, limits, 'none')
    const step = Math.max(1, Math.floor(colours.length / measuredSide ** 2))
    const isSeen = (i: number) => opacity === undefined || opacity[Math.floor(i / raw.channels)]! > 0
    return usedSamples(
      colours.filter((value, i) => i % step === 0 && isSeen(i) && isMeasured(deep)(value)),
      deep,
    )
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
  const { colours, opacity, raw } = await readFloats(bytes, samples, limits, failOn)
  if (!isFloat && !isOnWhite) {
    const type = fills16(samples) ? Uint16Array : Uint8Array
    return { image: sharp(type.from(colours), { raw }), isScaled: false }
  }
  const measured = isMeasured(samples)
  if (!samples.hasOther && !isOnWhite && colours.every(measured)) return undefined
  const { low, high } = scale
  const scaled = Uint16Array.from(colours, (value, i) => {
    const level = measured(value) ? Math.max(0, Math.min(1, (value - low) / (high - low))) : 0
    const opaque = opacity?.[Math.floor(i / raw.channels)] ?? 1
    return 65535 * (1 - opaque + opaque * level)
  })
  return { image: sharp(scaled, { raw }), isScaled: true }
}

/**
 * All samples as they are, without a channel beside the colours that is no opacity.
 * @returns colours interleaved, not multiplied by their opacity; opacity of each pixel, 0 to 1; how `colours` are laid out
 */
async function readFloats(
  bytes: Uint8Array,
  samples: TiffSamples,
  limits: ImageLimits,
  failOn: FailOn,
): Promise<{ colours: Float32Array; opacity: Float32Array | undefined; raw: CreateRaw }> {
  const isMultiplied = samples.opacity === 'multiplied'
  // libvips would divide by an opacity of which it takes 255 for white
  const file = isMultiplied ? withStraightOpacity(bytes) : bytes
  const image = sharp(file, inputOptions(limits, failOn)).timeout({ seconds: limits.timeoutSeconds })
  const shift = shiftOf(samples)
  if (samples.hasOther) image.removeAlpha()
  if (shift > 0) image.linear(1, shift)
  const { data, info } = await image
    .toColourspace(ownSpace(samples))
    .raw({ depth: 'float' })
    .toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  const numbers = new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4)
  if (!samples.opacity || (channels !== 2 && channels !== 4)) {
    const colours = shift > 0 ? numbers.map((value) => value - shift) : numbers
    return { colours, opacity: undefined, raw: { width, height, channels } }
  }
  const inColour = channels === 2 ? 1 : 3
  const opacity = Float32Array.from({ length: width * height }, (_, i) => numbers[i * channels + inColour]!)
  const most = opacity.reduce((a, b) => Math.max(a, b), 0)
  // as of colours, nothing says what is white
  const end = usualEnd(most, samples) ?? most
  for (let i = 0; i < opacity.length; i++) opacity[i] = Math.max(0, Math.min(1, opacity[i]! / end))
  const colours = Float32Array.from({ length: opacity.length * inColour }, (_, at) => {
    const i = Math.floor(at / inColour)
    const colour = numbers[i * channels + (at % inColour)]! - shift
    return isMultiplied && opacity[i]! > 0 ? colour / opacity[i]! : colour
  })
  return { colours, opacity, raw: { width, height, channels: inColour } }
}
