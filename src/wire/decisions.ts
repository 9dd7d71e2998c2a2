/** What is decided besides `isPositive`: which images to flag, and where the model cannot say. */
import { Type } from 'typebox'
import type { Fixed } from './type.ts'

export const Decisions = Type.Object({
  fdr: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      description:
        'Flag what is anomalous (`flagged`), so that at most this share of what is flagged is positive, on average',
    }),
  ),
  abstain: Type.Optional(
    Type.Boolean({ description: 'Add a `verdict`: positive, negative, or unsure where the model cannot say' }),
  ),
})
export type Decisions = Fixed<typeof Decisions>

export function decidesAnything({ fdr, abstain }: Decisions): boolean {
  return fdr !== undefined || abstain === true
}
