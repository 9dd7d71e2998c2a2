/**
 * What stands for black and for white in images of more than 8 bits a sample. Files do not say it: a camera's 12 bits lie in 16, a
 * thermal camera uses a narrow band of 16, floats go to 1 or to 255. So it is read from the positives, once, and kept in the model.
 */
import type { SampleRange } from '../wire/sample-range.ts'

export type { SampleRange } from '../wire/sample-range.ts'

/** What one image uses: all but the darkest and the brightest thousandth of its samples, so that dead pixels do not count. */
export interface UsedSamples {
  readonly kind: 'integer' | 'float'
  /** Bits a sample: 16, 32 or 64. */
  readonly bits: number
  readonly low: number
  readonly high: number
}

const outliers = 0.001
/** Where sensors and formats end: 8, 10, 12, 14 and 16 bits. */
const ends = [255, 1023, 4095, 16383, 65535]
/** A band narrower than this part of the scale that it lies in is stretched: a thermal camera's, for example. */
const bandShare = 0.2
/** Room on both sides of a band for images beyond what the positives show. */
const bandMargin = 0.1

/** @param samples finite or not; those that are not are left out */
export function usedSamples(samples: Float32Array, kind: UsedSamples['kind'], bits: number): UsedSamples | undefined {
  const sorted = samples.filter(Number.isFinite).sort()
  if (sorted.length === 0) return undefined
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
  return { kind, bits, low: at(outliers), high: at(1 - outliers) }
}

/**
 * The range of a set of images: the end of the usual scale that holds them (1 for floats, 255, 1023, 4095, ...), or a band with a margin
 * where they fill little of that scale.
 * @returns undefined where nothing is to be done: no such images, or integers that use their 16 bits
 */
export function rangeOf(used: readonly UsedSamples[]): SampleRange | undefined {
  const floats = used.filter(({ kind }) => kind === 'float')
  const kind = floats.length * 2 > used.length ? 'float' : 'integer'
  const counted = used.filter((one) => one.kind === kind)
  if (counted.length === 0) return undefined
  const lows = counted.map(({ low }) => low).sort((a, b) => a - b)
  const highs = counted.map(({ high }) => high).sort((a, b) => a - b)
  // of a hundred images one may be broken
  const spare = Math.floor(counted.length / 100)
  const [low, high] = [lows[spare]!, highs[highs.length - 1 - spare]!]
  const end = [...(kind === 'float' ? [1] : []), ...ends].find((candidate) => high <= candidate)
  if (low >= 0 && end !== undefined && high - low >= bandShare * end) {
    const isWhole = kind === 'integer' && end === 65535 && counted.every(({ bits }) => bits === 16)
    return isWhole ? undefined : { low: 0, high: end, samples: kind }
  }
  const margin = (high - low) * bandMargin || Math.max(1e-6, Math.abs(high) * 1e-3)
  return { low: low - margin, high: high + margin, samples: kind }
}

/** Of one image alone, when no model says it: a guess. */
export function guessedRange(used: UsedSamples): SampleRange {
  return rangeOf([used]) ?? { low: 0, high: 65535, samples: used.kind }
}

export function covers(range: SampleRange | undefined, kind: 'integer' | 'float'): range is SampleRange {
  return range !== undefined && (range.samples === 'any' || range.samples === kind)
}

/** `0 to 4095`, with as many digits as are needed to tell the ends apart. */
export function describeRange({ low, high }: { readonly low: number; readonly high: number }): string {
  const text = (value: number) => (Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4))))
  return `${text(low)} to ${text(high)}`
}
