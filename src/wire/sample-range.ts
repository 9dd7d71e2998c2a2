/** What stands for black and for white in images of more than 8 bits a sample, in the file's own numbers. */
import { Type } from 'typebox'
import { OneclassError } from '../errors.ts'
import { type Fixed, OneOf } from './type.ts'

export const SampleRange = Type.Object(
  {
    low: Type.Number({ description: 'Black' }),
    high: Type.Number({ description: 'White, above `low`' }),
    samples: OneOf(['integer', 'float', 'any'], {
      description: 'Samples that it stands for: those of the positives, or any',
    }),
  },
  {
    description: 'Of images with more than 8 bits a sample; absent where there were none, or they used all their bits',
  },
)
export type SampleRange = Fixed<typeof SampleRange>

/** A range that somebody gives: `checkRange` says whether it is one. */
export const GivenRange = Type.Object(
  { low: Type.Number({ description: 'Black' }), high: Type.Number({ description: 'White, above `low`' }) },
  {
    additionalProperties: false,
    description:
      'What is black and white in images of more than 8 bits a sample; without it, it is read from the images',
  },
)

/** @param text `LOW,HIGH`. @throws INVALID_ARGUMENT */
export function parseRange(text: string): SampleRange {
  const parts = text.split(',')
  const [low, high] = parts.map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  return checkRange(parts.length === 2 ? low : Number.NaN, high, text)
}

/** @throws INVALID_ARGUMENT */
export function checkRange(low: unknown, high: unknown, given?: string): SampleRange {
  if (typeof low === 'number' && typeof high === 'number' && low < high) {
    // samples are divided by the width: neither it nor the quotient may be infinite
    const width = high - low
    if (Number.isFinite(width) && Number.isFinite(65535 / width)) return { low, high, samples: 'any' }
  }
  // only numbers and texts: to write an object as text may throw
  const kindOf = (value: unknown) => (/^(number|string)$/.test(typeof value) ? `${value as string}` : typeof value)
  throw new OneclassError(
    'INVALID_ARGUMENT',
    `Expected a range as LOW,HIGH, two numbers in rising order such as 0,4095, not too close to each other nor too far apart to compute with, but received "${given ?? `${kindOf(low)},${kindOf(high)}`}".`,
  )
}
