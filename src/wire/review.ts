/** What people say of the images of a batch: do they belong? */
import { type Static, Type } from 'typebox'
import { type Fixed, Nullable, OneOf } from './type.ts'

export const ReviewLabel = OneOf(['belongs', 'differs', 'unsure'], {
  description: 'What the image is, whatever the model said: one of the class, none of it, or not to be told',
})
export type ReviewLabel = Fixed<typeof ReviewLabel>

const index = Type.Integer({ minimum: 0, description: "The image's place in the batch" })

export const Reviews = Type.Object({
  revision: Type.Integer({ description: 'Grows with each answer; asked for again with `since` to get what is new' }),
  reviews: Type.Array(
    Type.Object({
      index,
      label: Nullable(ReviewLabel),
      by: Type.String({ description: "The key's name, else what the caller said; empty where nobody said" }),
      at: Type.String({ format: 'date-time' }),
    }),
    { description: 'The latest word about each image; null: it was taken back' },
  ),
})
export type Reviews = Fixed<typeof Reviews>

export const ReviewChange = Type.Object(
  {
    by: Type.Optional(Type.String({ maxLength: 60, description: 'Who says so, where no key tells it' })),
    reviews: Type.Array(Type.Object({ index, label: Nullable(ReviewLabel) }, { additionalProperties: false }), {
      minItems: 1,
      maxItems: 1000,
    }),
  },
  { additionalProperties: false },
)
export type ReviewChange = Static<typeof ReviewChange>
