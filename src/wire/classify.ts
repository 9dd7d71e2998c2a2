/** Asking about one image. */
import { type Static, type TProperties, Type } from 'typebox'
import { Decisions } from './decisions.ts'
import { Alpha, longestPath, ModelRef, ModelRefs, maxModelsAtOnce } from './names.ts'

const asked = { alpha: Type.Optional(Alpha), ...Decisions.properties }

/** An image by where it is, or as base64. */
const byReference = <P extends TProperties>(more: P) =>
  Type.Union([
    Type.Object(
      { url: Type.String({ maxLength: 2048, description: 'http or https, on a public address' }), ...more },
      { additionalProperties: false },
    ),
    Type.Object(
      {
        path: Type.String({ minLength: 1, maxLength: longestPath, description: 'A file below a served root' }),
        ...more,
      },
      { additionalProperties: false },
    ),
    Type.Object(
      {
        base64: Type.String({ minLength: 1, description: 'The bytes of the image file' }),
        image: Type.Optional(
          Type.String({ minLength: 1, maxLength: 255, description: 'The name that the result gives it' }),
        ),
        ...more,
      },
      { additionalProperties: false },
    ),
  ])

export const ImageByReference = byReference(asked)
export type ImageByReference = Static<typeof ImageByReference>

/** The same for several models. */
export const ImageForModels = byReference({
  ...asked,
  models: Type.Optional(
    Type.Union([ModelRefs, Type.Array(ModelRef, { minItems: 1, maxItems: maxModelsAtOnce })], {
      description: 'The models that are asked: names with commas between, a list, or `all`',
    }),
  ),
})
export type ImageForModels = Static<typeof ImageForModels>
