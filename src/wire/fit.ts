/** A fit: what is asked of it, and what it tells. */
import { type Static, Type } from 'typebox'
import { askedLights, calibrationMethods } from './fit-choices.ts'
import { FitReport, SkippedFiles } from './fit-report.ts'
import { Model } from './model.ts'
import { Alpha, BackboneId, Folder, JobId, longestPath, ModelName, ModelRef, Seed } from './names.ts'
import { Note } from './notes.ts'
import { FailedImage } from './result.ts'
import { GivenRange } from './sample-range.ts'
import { type Fixed, OneOf } from './type.ts'

/** What a fit tells besides its model. */
export const FitTold = {
  used: Type.Integer({ description: 'Images that it was fitted on' }),
  rejected: Type.Array(FailedImage),
  duplicates: Type.Array(Type.Array(Type.String()), { description: 'Groups of near-duplicates' }),
  excluded: Type.Optional(Type.Array(Type.String(), { description: 'Images that `exclude` left out' })),
  notes: Type.Optional(
    Type.Array(Type.Object({ image: Type.String(), ...Note.properties }), {
      description: 'What was noticed about images that were used',
    }),
  ),
  leftOut: Type.Optional(
    Type.Object(
      { folders: Type.Array(Type.String()), images: Type.Integer() },
      {
        description:
          'Folders of a data set that were not learnt: their names say that they are of other things, or for tests',
      },
    ),
  ),
  skipped: Type.Optional(
    Type.Array(SkippedFiles, { description: 'What else is in the folder, and why it is left out' }),
  ),
}

/** The result of a fit job. */
export const FitResult = Type.Object({
  model: Model,
  ...FitTold,
  report: Type.Optional(
    Type.Object(FitReport.properties, { description: 'What the model promises at its alpha, and what was found' }),
  ),
})
export type FitResult = Fixed<typeof FitResult>

/** Choices about calibration, and what is left out, that every way to a fit takes. */
const fitChoices = {
  confidence: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      description: 'Keep `alpha` with this probability, such as 0.95, instead of on average',
    }),
  ),
  calibration: Type.Optional(
    OneOf(calibrationMethods, {
      description: 'Hold every image out once, or set a quarter aside; default: by the number of images',
    }),
  ),
}

export const FitFields = Type.Object(
  {
    name: ModelName,
    alpha: Type.Optional(Alpha),
    seed: Type.Optional(Seed),
    backbone: Type.Optional(
      Type.String({
        ...BackboneId,
        description: 'The id of a backbone; without it, the embedded one, or that of `base`',
      }),
    ),
    base: Type.Optional(
      Type.String({
        ...ModelRef,
        description:
          'A version whose positives come first, as if their files had been sent again; alpha (with its confidence), calibration and seed are then its own unless given',
      }),
    ),
    ...fitChoices,
    range: Type.Optional(GivenRange),
    detail: Type.Optional(
      Type.Union([OneOf(['auto']), Type.Integer({ minimum: 1, maximum: 3 })], {
        description:
          "Times the network's side at which places of an image are looked at, for small defects; default `auto`, which tries twice the side. Only without `base`",
      }),
    ),
    patches: Type.Optional(
      Type.Boolean({ description: 'false: look at whole images only; default: at their places too, where it helps' }),
    ),
    light: Type.Optional(
      OneOf(askedLights, {
        description:
          '`even`: differences of light across an image and between shots are taken out, in scoring too; default `auto`: where defects are found no worse so. Only without `base`',
      }),
    ),
    exclude: Type.Optional(
      Type.Union(
        [
          OneOf(['misfits']),
          Type.Array(
            Type.Union([Type.Integer({ minimum: 0 }), Type.String({ minLength: 1, maxLength: longestPath })]),
            {
              maxItems: 10_000,
            },
          ),
        ],
        {
          description:
            'Images to leave out, by name or, of `base`, by index; or `misfits`; in a form one text, such as 3,17,a.jpg',
        },
      ),
    ),
  },
  { additionalProperties: false },
)
export type FitFields = Static<typeof FitFields>

export const FitFromFolder = Type.Object(
  {
    ...FitFields.properties,
    folder: Type.Optional(Folder),
    negatives: Type.Optional(
      Type.String({ ...Folder, description: 'A folder, below a served root, of images that do not belong' }),
    ),
    batch: Type.Optional(
      Type.String({ ...JobId, description: 'A batch of a folder, to take `images` and `negativeImages` of' }),
    ),
    images: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0 }), {
        minItems: 1,
        maxItems: 10_000,
        description: 'Images of `batch`, by their index',
      }),
    ),
    negativeImages: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0 }), {
        minItems: 1,
        maxItems: 10_000,
        description: 'Images of `batch` that do not belong, by their index: what a review said of them',
      }),
    ),
  },
  { additionalProperties: false },
)
export type FitFromFolder = Static<typeof FitFromFolder>
