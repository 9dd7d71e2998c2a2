/** Many images at once: what is asked, and each line of the results. */
import { type Static, Type } from 'typebox'
import { Decisions } from './decisions.ts'
import { FailedModel } from './many.ts'
import { Alpha, Folder, ModelRefs } from './names.ts'
import { FailedImage, Scored, ScoredImage } from './result.ts'
import type { Fixed } from './type.ts'

export const BatchOptions = Type.Object({
  alpha: Type.Optional(Alpha),
  ...Decisions.properties,
  thumbnails: Type.Optional(
    Type.Boolean({ description: 'Keep a small picture of each image as long as the results; default false' }),
  ),
  also: Type.Optional({
    ...ModelRefs,
    description:
      'Further models that are asked about each image, which is decoded once: NAME or NAME@VERSION of each, with commas between, or `all`. Results then have `labels` and `models`; all else is of the model that is named first',
  }),
  results: Type.Optional(
    Type.String({
      maxLength: 1100,
      description:
        'Where the results are written when the batch has ended: `s3://bucket/prefix` below a `--results` of the service. `ID/results-00000.jsonl` and so on appear there, 5,000 lines each, and `ID/batch.json` when they are complete',
    }),
  ),
  map: Type.Optional(
    Type.Boolean({
      description: 'Keep embeddings, of 2,000 images at most, so that a map can show them; default false',
    }),
  ),
})
export type BatchOptions = Fixed<typeof BatchOptions>

export const BatchFromFolder = Type.Object(
  { folder: Folder, ...BatchOptions.properties },
  { additionalProperties: false },
)
export type BatchFromFolder = Static<typeof BatchFromFolder>

const index = Type.Integer({ minimum: 0, description: "The image's place in the batch" })

/** What one of several models says. */
export const BriefAnswer = Type.Pick(Scored, ['isPositive', 'score', 'pValue', 'alpha'])
export type BriefAnswer = Fixed<typeof BriefAnswer>

/** One line of the results. */
export const BatchLine = Type.Union([
  Type.Object({
    index,
    ...ScoredImage.properties,
    labels: Type.Optional(
      Type.Array(Type.String(), {
        description: 'With `also`: the models that accept the image, the largest p-value first; empty: none of these',
      }),
    ),
    models: Type.Optional(
      Type.Record(Type.String(), Type.Union([BriefAnswer, FailedModel]), {
        description: 'With `also`: what each model says; an error is in the place of its model',
      }),
    ),
  }),
  Type.Object({ index, ...FailedImage.properties }),
])
export type BatchLine = Fixed<typeof BatchLine>

/** The result of a batch: its counts. */
export const BatchResult = Type.Object({
  images: Type.Integer(),
  errors: Type.Integer({ description: 'Images that could not be scored' }),
  model: Type.String({ description: 'NAME@VERSION' }),
})
