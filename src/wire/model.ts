/** A model: what is told of it, asked of it and changed in it. */
import { Type } from 'typebox'
import { Uniformity } from './evaluation.ts'
import { calibrationMethods } from './fit-choices.ts'
import { FitFacts, FitReport } from './fit-report.ts'
import { Alpha, ModelName } from './names.ts'
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

export const Calibration = OneOf(calibrationMethods, {
  description: 'Held-out scores are of every positive, by models of the others, or of a quarter that was set aside',
})

export const Model = Type.Object({
  name: Type.String(),
  version: Type.Integer(),
  createdAt: Type.String({ format: 'date-time' }),
  alpha: Alpha,
  n: Type.Integer({ description: 'Positives that it was fitted on' }),
  calibrationScores: Type.Integer({
    minimum: 1,
    description: 'Held-out scores that p-values count among; above 1,000 positives a quarter of them',
  }),
  calibration: Type.Optional(Calibration),
  dim: Type.Integer({ description: 'Length of its embeddings' }),
  negatives: Type.Optional(Type.Integer({ description: 'Images that do not belong, which it was fitted with' })),
  backbone: Nullable(
    Type.Object({ id: Type.String(), hash: Type.String() }, { description: 'Null for a model of feature files' }),
  ),
  seed: Type.Number(),
  range: Type.Optional(SampleRange),
  light: Type.Optional(
    OneOf(['even'], { description: 'There where the light of images is evened out before they are looked at' }),
  ),
  enlarged: Type.Optional(
    Type.Integer({
      minimum: 2,
      maximum: 3,
      description: "Times the network's side at which whole images are judged, beside its own; absent: at its own only",
    }),
  ),
  mirrored: Type.Optional(
    Type.Literal(true, {
      description: "There where, at the network's own size, whole images are judged mirrored left to right as well",
    }),
  ),
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
  {
    all: DriftReport,
    accepted: DriftReport,
    rejected: Type.Integer({ description: 'Of all images, those that the alpha in force rejects' }),
  },
  {
    description:
      'Is what is served still like the positives that the model was fitted on? `accepted` looks at accepted images only, and starts anew when alpha is changed',
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

/** A model, and what it promises at its alpha, with a warning where that alpha rejects nothing. */
export const ModelWithReport = Type.Object({ ...Model.properties, report: FitReport })
export type ModelWithReport = Fixed<typeof ModelWithReport>

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

export const ImportFields = Type.Object(
  {
    name: Type.Optional(
      Type.String({ ...ModelName, description: 'Default: the name of the file, up to its first "@" or "."' }),
    ),
  },
  { additionalProperties: false },
)
