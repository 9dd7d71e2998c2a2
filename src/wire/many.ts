/** The result of one image that several models were asked about: a conformal set over classes that were each taught alone. */
import { Type } from 'typebox'
import { ErrorBody } from './error.ts'
import { Scored } from './result.ts'
import { type Fixed, Nullable } from './type.ts'

/** What stands for a model that has no answer. */
export const FailedModel = Type.Object({ error: ErrorBody })
export type FailedModel = Fixed<typeof FailedModel>

/** A result without the name of what it is the result of. */
export const ManyScored = Type.Object({
  labels: Type.Array(Type.String(), {
    description: 'Models whose p-value is above their alpha, the largest p-value first; empty: it is none of these',
  }),
  best: Nullable(Type.String({ description: 'The first of `labels`; null: none' })),
  models: Type.Record(Type.String(), Type.Union([Scored, FailedModel]), {
    description: 'What each model says, by the name under which it was asked; an error is in the place of its model',
  }),
})
export type ManyScored = Fixed<typeof ManyScored>

const image = Type.String({ description: "The image's name, as it was sent" })

export const ManyScoredImage = Type.Object({ image, ...ManyScored.properties })
export type ManyScoredImage = Fixed<typeof ManyScoredImage>

/** One image; `error` where no model could be asked. */
export const ManyResult = Type.Union([ManyScoredImage, Type.Object({ image, error: ErrorBody })])
export type ManyResult = Fixed<typeof ManyResult>

/** One row of a feature matrix. */
export type ManyRow = { readonly row: number } & ManyScored
