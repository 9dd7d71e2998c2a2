/** What stands for black and for white in images of more than 8 bits a sample, in the file's own numbers. */
import { Type } from 'typebox'
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
