/** A model: what is told of it, asked of it and changed in it. */
import { type Static, Type } from 'typebox'
import { Uniformity } from './evaluation.ts'
import { FitFacts, FitReport, SkippedFiles } from './fit-report.ts'
import { Alpha, BackboneId, Folder, JobId, ModelName, ModelRef, Seed } from './names.ts'
import { Note } from './notes.ts'
import { Preprocess } from './preprocess.ts'
import { FailedImage } from './result.ts'
import { SampleRange } from './sample-range.ts'
import { type Fixed, Nullable, OneOf } from './type.ts'

/** How a version came from an earlier one. */
export const Growth = Type.Object(
  {
    base: Type.String({ maxLength: 100, description: 'NAME@VERSION whose positives came first' }),
    kept: Type.Integer({ minimum: 0, description: 'Positives taken over from it' }),
    added: Type.Integer({ minimum: 0, description: 'New positives' }),
    excluded: Type.Integer({ minimum: 0, description: 'Positives of it that were left out' }),
    repeated: Type.Integer({
      minimum: 0,
      description: 'Images that were among its positives already: they count once',
    }),
  },
  { additionalProperties: false },
)
export type Growth = Fixed<typeof Growth>

export const Model = Type.Object({
  name: Type.String(),
  version: Type.Integer(),
  createdAt: Type.String({ format: 'date-time' }),
  alpha: Alpha,
  n: Type.Integer({ description: 'Positives that it was fitted on' }),
  calibrationScores: Type.Integer({
    description: 'Held-out scores that p-values count among; above 1,000 positives a quarter of them',
  }),
  dim: Type.Integer({ description: 'Length of its embeddings' }),
  negatives: Type.Optional(Type.Integer({ description: 'Images that do not belong, which it was fitted with' })),
  backbone: Nullable(
    Type.Object({ id: Type.String(), hash: Type.String() }, { description: 'Null for a model of feature files' }),
  ),
  seed: Type.Number(),
  range: Type.Optional(SampleRange),
  detail: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 3,
      description: "Times the network's side at which places of an image are looked at; absent where none are",
    }),
  ),
  preprocess: Type.Optional(Preprocess),
  sha256: Type.String({ description: "Of the model file's bytes" }),
  bytes: Type.Integer(),
  gallery: Nullable(
    Type.String({
      description: 'Hash of what is kept of the positives; null: none can be shown, and no version be based on it',
    }),
  ),
  serving: Type.Boolean({ description: 'Is this the version that the bare name means?' }),
  growth: Type.Optional(Growth),
  facts: Type.Optional(Nullable(FitFacts)),
})
export type Model = Fixed<typeof Model>

const DriftReport = Type.Object({
  images: Type.Integer(),
  log10Capital: Type.Number(),
  maxLog10Capital: Type.Number(),
  falseAlarmBound: Type.Number({
    description: 'The capital was ever this high with at most this probability, had nothing changed',
  }),
  alarm: Type.Boolean({ description: 'The bound is at most 0.01' }),
})

export const Drift = Type.Object(
  { all: DriftReport, accepted: DriftReport },
  {
    description:
      'Is what is served still like the positives that the model was fitted on? `accepted` looks at accepted images only',
  },
)
export type Drift = Fixed<typeof Drift>

export const PromiseKept = Type.Object(
  {
    ...Uniformity.properties,
    batches: Type.Integer({ description: 'Batches that were reviewed as a whole' }),
    rejected: Type.Integer({ description: 'Of these images, those that the alpha in force rejects' }),
  },
  {
    description:
      'Good images of batches in which people said of every image whether it belongs: are their p-values as even as promised? Absent where there is no such batch',
  },
)
export type PromiseKept = Fixed<typeof PromiseKept>

export const ModelWithDrift = Type.Object({
  ...Model.properties,
  drift: Drift,
  report: FitReport,
  promise: Type.Optional(PromiseKept),
})
export type ModelWithDrift = Fixed<typeof ModelWithDrift>

export const Models = Type.Object({
  models: Type.Array(Model),
  damaged: Type.Optional(
    Type.Array(Type.Object({ label: Type.String(), reason: Type.String() }), {
      description: 'Versions whose record cannot be read, and what to do; absent where there are none',
    }),
  ),
})

export const ModelChange = Type.Object(
  {
    alpha: Type.Optional(Alpha),
    name: Type.Optional(Type.String({ ...ModelName, description: 'The new name, of all versions' })),
    use: Type.Optional(
      Type.Integer({ minimum: 1, description: 'The version that the bare name shall mean, until another is fitted' }),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type ModelChange = Fixed<typeof ModelChange>

export const Positives = Type.Object({
  model: Type.String({ description: 'NAME@VERSION' }),
  gallery: Type.Boolean({ description: 'False: nothing is kept of the positives, the lists are empty' }),
  images: Type.Array(
    Type.Object({
      index: Type.Integer(),
      image: Type.String(),
      score: Nullable(
        Type.Number({ description: 'By a model that had not seen it, at the alpha in force; null: not held out' }),
      ),
      pValue: Nullable(Type.Number({ description: 'Share of the positives at least as anomalous, itself included' })),
      sameAs: Nullable(Type.Integer({ description: 'The first of the near-duplicates of this image' })),
      thumbnail: Nullable(Type.String({ description: 'Address of a small picture' })),
    }),
  ),
  rejected: Type.Array(FailedImage),
})
export type Positives = Fixed<typeof Positives>

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
    OneOf(['cross-fit', 'split'], {
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
          'A version whose positives come first, as if their files had been sent again; alpha and seed are then its own unless given',
      }),
    ),
    ...fitChoices,
    detail: Type.Optional(
      Type.Union([OneOf(['auto']), Type.Integer({ minimum: 1, maximum: 3 })], {
        description:
          "Times the network's side at which places of an image are looked at, for small defects; default `auto`, which tries twice the side. Only without `base`",
      }),
    ),
    exclude: Type.Optional(
      Type.Union(
        [
          OneOf(['misfits']),
          Type.Array(Type.Union([Type.Integer({ minimum: 0 }), Type.String({ minLength: 1, maxLength: 4096 })]), {
            maxItems: 10_000,
          }),
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

export const ImportFields = Type.Object(
  {
    name: Type.Optional(
      Type.String({ ...ModelName, description: 'Default: the name of the file, up to its first "@" or "."' }),
    ),
  },
  { additionalProperties: false },
)
