/** What was noticed about an image that was used all the same: stands in its result as `notes`. */
import { Type } from 'typebox'
import { type Fixed, OneOf } from './type.ts'

export const Note = Type.Object({
  code: OneOf(['TRUNCATED', 'BLANK', 'EXTREME', 'RANGE_GUESSED', 'OUT_OF_RANGE', 'MORE_PAGES']),
  message: Type.String({ description: 'One sentence' }),
})
export type Note = Fixed<typeof Note>
