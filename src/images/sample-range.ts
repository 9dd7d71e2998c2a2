/**
 * What stands for black and for white in images of more than 8 bits a sample. Files do not say it: a camera's 12 bits lie in 16, a
 * thermal camera uses a narrow band of 16, floats go to 1 or to 255. So it is read from the positives, once, and kept in the model.
 */
import type { SampleRange } from '../wire/sample-range.ts'

export type { SampleRange } from '../wire/sample-range.ts'

/** What one image uses: all but the darkest and the brightest thousandth of its samples, so that dead pixels do not count. */
export interface UsedSamples {
  readonly kind: 'integer' | 'float'
  /** Bits a sample: 8, 16 or 32. */
  readonly bits: number
  readonly isSigned: boolean
  readonly low: number
  readonly high: number
}

const outliers = 0.001
/** Where sensors and formats end: 8, 10, 12, 14 and 16 bits; 15 and 31 of numbers with a sign; 32. */
const ends = [255, 1023, 4095, 16383, 65535]
const endsOf = ({ kind, bits, isSigned }: Samples): number[] => {
  if (kind === 'float') return [1, ...ends]
  if (isSigned) return bits === 16 ? [...ends.slice(0, 4), 32767] : [...ends, 2 ** 31 - 1]
  return [...ends, 2 ** 32 - 1]
}
/** Scales with zero in the middle. Floats have none: of what lies around zero nothing says where it ends. */
const signedEnds = [127, 32767, 2 ** 31 - 1]
/** A band narrower than this part of the scale that it lies in is stretched: a thermal camera's, for example. */
const bandShare = 0.2
/** Room on both sides of a band for images beyond what the positives show. */
const bandMargin = 0.1

type Samples = Pick<UsedSamples, 'kind' | 'bits' | 'isSigned'>

/** @param numbers finite or not; those that are not are left out */
export function usedSamples(numbers: Float32Array, { kind, bits, isSigned }: Samples): UsedSamples | undefined {
  const sorted = numbers.filter(Number.isFinite).sort()
  if (sorted.length === 0) return undefined
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
  return { kind, bits, isSigned, low: at(outliers), high: at(1 - outliers) }
}

/**
 * The range of a set of images: the usual scale that holds them (to 1 for floats, 255, 1023, 4095, ...; of numbers with a sign also those
 * with zero in the middle), or a band with a margin where they fill little of that scale.
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
  const widest = counted.reduce((most, one) => (one.bits > most.bits ? one : most))
  const scale = scaleOf(low, high, widest)
  if (scale !== undefined && high - low >= bandShare * (scale.high - scale.low)) {
    const isWhole = scale.high === 65535 && counted.every(({ bits }) => bits === 16)
    return kind === 'integer' && isWhole ? undefined : { ...scale, samples: kind }
  }
  const margin = (high - low) * bandMargin || Math.max(1e-6, Math.abs(high) * 1e-3)
  const type = typeRange(widest)
  return { low: Math.max(type.low, low - margin), high: Math.min(type.high, high + margin), samples: kind }
}

interface Ends {
  readonly low: number
  readonly high: number
}

/** The least scale that these samples have and that holds what was measured, in floats of 32 bits: `fround`, as 2 ** 32 - 1 is none. */
function scaleOf(low: number, high: number, samples: Samples): Ends | undefined {
  if (low >= 0) {
    const end = usualEnd(high, samples)
    return end === undefined ? undefined : { low: 0, high: end }
  }
  const type = typeRange(samples)
  const end = signedEnds.find((one) => one <= type.high && low >= -one - 1 && high <= Math.fround(one))
  return samples.kind === 'float' || end === undefined ? undefined : { low: -end - 1, high: end }
}

/** The end of the least scale from 0 on that holds a value. */
export function usualEnd(value: number, samples: Samples): number | undefined {
  return endsOf(samples).find((end) => value <= Math.fround(end))
}

/** What numbers of a kind can hold. */
function typeRange({ kind, bits, isSigned }: Samples): Ends {
  if (kind === 'float') return { low: -Infinity, high: Infinity }
  return isSigned ? { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 } : { low: 0, high: 2 ** bits - 1 }
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
