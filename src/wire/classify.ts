/** Asking about one image. */
import { type Static, Type } from 'typebox'
import { Alpha } from './names.ts'

const alpha = Type.Optional(Alpha)

export const ImageByReference = Type.Union([
  Type.Object(
    { url: Type.String({ maxLength: 2048, description: 'http or https, on a public address' }), alpha },
    { additionalProperties: false },
  ),
  Type.Object(
    { path: Type.String({ minLength: 1, maxLength: 4096, description: 'A file below a served root' }), alpha },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      base64: Type.String({ minLength: 1, description: 'The bytes of the image file' }),
      image: Type.Optional(
        Type.String({ minLength: 1, maxLength: 255, description: 'The name that the result gives it' }),
      ),
      alpha,
    },
    { additionalProperties: false },
  ),
])
export type ImageByReference = Static<typeof ImageByReference>
