/** Images of more than 8 bits a sample: which they are, what they use of their samples, and what is made black and white. */
import type { Note } from '../wire/notes.ts'
import { inputOptions } from './decoder-options.ts'
import type { ImageFormat } from './format.ts'
import type { ImageLimits } from './limits.ts'
import type { DecodeTarget } from './pixels.ts'
import { covers, describeRange, guessedRange, type UsedSamples, usedSamples } from './sample-range.ts'
import { sharp } from './sharp.ts'
import { checkTiff, type TiffSamples } from './tiff-page.ts'

/** PNG of 16 bits and TIFF: others need no closer look. */
export function mayBeDeep(bytes: Uint8Array): boolean {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return bytes[24] === 16
  return (bytes[0] === 0x49 && bytes[1] === 0x49) || (bytes[0] === 0x4d && bytes[1] === 0x4d)
}

/** Of PNG and TIFF, the formats that hold what instruments measure; those of photos scale their own. */
export function deepSamples(bytes: Uint8Array, format: ImageFormat, name: string): TiffSamples | undefined {
  if (format === 'png') return bytes[24] === 16 ? { bits: 16, kind: 'integer', channels: 3 } : undefined
  const samples = format === 'tiff' ? checkTiff(bytes, name) : undefined
  return samples && (samples.bits > 8 || samples.kind === 'float') ? samples : undefined
}

/** Brings samples to what libvips takes for black and white. */
export interface Scale {
  readonly factor: number
  readonly offset: number
  /** Of the scaled image. Colours in floats are taken as they are; libvips would take them for linear light. */
  readonly space: 'srgb' | 'scrgb'
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
  const is16 = deep.bits === 16 && deep.kind === 'integer'
  if (range === undefined) {
    if (is16) return undefined
    const used = await measure(bytes, deep, limits)
    if (used === undefined) return undefined
    range = guessedRange(used)
    notes.push({
      code: 'RANGE_GUESSED',
      message: `The samples are no 8 bits; ${describeRange(range)} was taken for black to white. Give the range when fitting to fix it.`,
    })
  }
  const factor = (is16 ? 65535 : 255) / (range.high - range.low)
  const space = deep.kind === 'float' && deep.channels >= 3 ? 'scrgb' : 'srgb'
  return { factor, offset: -range.low * factor, space }
}

const measuredSide = 128

export async function measure(
  bytes: Uint8Array,
  deep: TiffSamples,
  limits: ImageLimits,
): Promise<UsedSamples | undefined> {
  // the space that the image has already, so that its numbers stay
  const space =
    deep.bits === 16 && deep.kind === 'integer'
      ? 'rgb16'
      : deep.channels >= 3 && deep.kind === 'float'
        ? 'scrgb'
        : 'b-w'
  const data = await sharp(bytes, inputOptions(limits, 'none'))
    .timeout({ seconds: limits.timeoutSeconds })
    .resize({ width: measuredSide, height: measuredSide, fit: 'fill', kernel: 'nearest' })
    .removeAlpha()
    .toColourspace(space)
    .raw({ depth: 'float' })
    .toBuffer()
  return usedSamples(new Float32Array(Uint8Array.from(data).buffer), deep.kind, deep.bits)
}
