/** How rows of features come to a common length before they are whitened. Without this a model scales each row to length 1 (l2). */
import { Type } from 'typebox'
import { type Fixed, OneOf } from './type.ts'

export const preprocessModes = ['auto', 'l2', 'none'] as const
export type PreprocessMode = (typeof preprocessModes)[number]

export const Preprocess = Type.Object(
  {
    mode: OneOf(['none']),
    reason: OneOf(['centred', 'whitened', 'asked'], {
      description: 'Why: the rows were found to be centred, or whitened, or it was asked for',
    }),
    factor: Type.Number({ exclusiveMinimum: 0, description: 'All rows are multiplied by this one number' }),
  },
  { description: 'Where the rows keep their lengths: `fit --features` of rows that somebody centred or whitened' },
)
export type Preprocess = Fixed<typeof Preprocess>
