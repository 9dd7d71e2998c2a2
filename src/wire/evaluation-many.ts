/** What `evaluate` tells of several models on images of several classes: `evaluate a,b,c --json` and `evaluation.json`. */
import { Type } from 'typebox'
import { ErrorBody } from './error.ts'
import { SkippedFiles } from './fit-report.ts'
import { type Fixed, Nullable } from './type.ts'

const Interval = Type.Tuple([Type.Number(), Type.Number()], { description: 'At 95 %' })

export const ManyEvaluation = Type.Object({
  models: Type.Array(Type.String(), { description: 'By the names under which they were asked' }),
  classes: Type.Array(
    Type.Object({
      label: Type.String({ description: 'Name of the folder, or label of the list' }),
      images: Type.Integer(),
      model: Nullable(Type.String({ description: 'The model of this class; null: none was asked' })),
      best: Type.Record(Type.String(), Type.Integer(), { description: 'Images by their `best`' }),
      none: Type.Integer({ description: 'Images that no model accepts' }),
      accepted: Type.Record(Type.String(), Type.Integer(), {
        description: 'Images that each model accepts: an image may have several labels, or none',
      }),
      rejectedByOwn: Nullable(
        Type.Object({
          images: Type.Integer(),
          rate: Type.Number(),
          interval: Interval,
          expected: Type.Object({ low: Type.Number(), high: Type.Number(), level: Type.Number() }),
          agrees: Type.Boolean({ description: 'Its promise is kept; false is wrong in at most 5 % of cases' }),
        }),
      ),
    }),
  ),
  labelsAnImage: Type.Number({ description: 'Labels that an image has, on average' }),
  bestIsRight: Nullable(Type.Number({ description: 'Share of images of asked classes whose `best` is their class' })),
  noneIsRight: Nullable(Type.Number({ description: 'Share of images of other classes that have no label' })),
  unreadable: Type.Array(Type.Object({ image: Type.String(), error: ErrorBody })),
  skipped: Type.Array(SkippedFiles, { description: 'What else is in the folders, and why it is left out' }),
  sentences: Type.Array(Type.String()),
})
export type ManyEvaluation = Fixed<typeof ManyEvaluation>
