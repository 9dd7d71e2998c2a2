/** Whether an image shows a face: it tells which network suits the photos of a new model. */
import { Type } from 'typebox'
import { type Fixed, OneOf } from './type.ts'

export const FaceSeen = Type.Object({
  image: Type.String({ description: "The image's name, as it was sent" }),
  face: OneOf(['one', 'none', 'several'], {
    description: '`one`: a face that is clearly the subject, as the `face` backbone takes it',
  }),
})
export type FaceSeen = Fixed<typeof FaceSeen>
