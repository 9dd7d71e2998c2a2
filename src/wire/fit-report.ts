/** What a fit says about itself: what its threshold promises, what it would reject, and what in its folder does not fit. */
import { Type } from 'typebox'
import { lights } from './fit-choices.ts'
import { type Fixed, Nullable, OneOf } from './type.ts'

/** Share of new positives that an alpha rejects. */
export const expectedRate = { mean: Type.Number(), low: Type.Number(), high: Type.Number(), level: Type.Number() }

/** What alphas promise with n held-out scores. */
export const ExpectedRates = Type.Object({
  n: Type.Integer(),
  smallestAlpha: Type.Number({ description: 'The strictest alpha that can reject anything, 1 / (n + 1)' }),
  rates: Type.Array(Type.Object({ alpha: Type.Number(), ...expectedRate })),
})
export type ExpectedRates = Fixed<typeof ExpectedRates>

export const FitReport = Type.Object({
  n: Type.Integer({ description: 'Images that the model was fitted on' }),
  groups: Type.Integer({ description: 'Groups of two or more near-duplicates: copies and photos of one thing' }),
  effectiveN: Type.Integer({ description: 'Independent images that these are worth; n without near-duplicates' }),
  calibrationScores: Type.Integer({ description: 'Held-out scores that p-values count among' }),
  alpha: Type.Number(),
  askedAlpha: Type.Optional(Type.Number({ description: 'With `confidence`: the false-rejection rate that is kept' })),
  confidence: Type.Optional(
    Type.Number({ description: 'Probability that at most `askedAlpha` of new positives are rejected' }),
  ),
  expectedFalseRejection: Type.Object(expectedRate, {
    description:
      'Share of new positives that alpha rejects: its mean over fits, and the range in which it lies in `level` of all fits',
  }),
  smallestAlpha: Type.Number({
    description: 'The strictest alpha that can reject anything, 1 / (calibrationScores + 1)',
  }),
  power: Type.Union(
    [
      Type.Object({
        reference: Type.String({ description: 'What was rejected or not' }),
        share: Type.Number({ description: 'Share of it that alpha rejects' }),
        images: Type.Integer(),
      }),
      Type.Null(),
    ],
    { description: 'Estimated power against anything else; null without images to try' },
  ),
  negativesPower: Type.Optional(
    Type.Object(
      { share: Type.Number({ description: 'Share of them that alpha rejects' }), images: Type.Integer() },
      {
        description: 'The same of the given negatives, each judged by a head that had not seen it; absent without any',
      },
    ),
  ),
  misfits: Type.Array(
    Type.Object({
      image: Type.String(),
      row: Type.Integer({ description: 'Its place among the positives' }),
      pValue: Type.Number({ description: 'Probability that a positive lies this far out' }),
      reason: Type.String(),
    }),
    {
      description:
        'Positives that do not belong. Of 50 folders without any one names some; where there are some, a tenth of those named are wrong on average, at most',
    },
  ),
  warnings: Type.Array(Type.String()),
})
export type FitReport = Fixed<typeof FitReport>

export const PlaceChoice = Type.Object(
  {
    detail: Type.Integer({ description: "Times the network's side" }),
    weight: Type.Number({ description: 'Of places, where whole images weigh 1; 0: they stay out' }),
    without: Type.Number({
      description: 'Area under the ROC curve, good images against drawn defects, by whole images alone',
    }),
    with: Type.Number({ description: 'The same with places' }),
  },
  { description: 'What looking at places adds, on good images with a small defect drawn on each' },
)
export type PlaceChoice = Fixed<typeof PlaceChoice>

export const LightChoice = Type.Object(
  {
    light: OneOf(lights, { description: 'What is taken' }),
    asIs: Type.Number({ description: 'Area under the ROC curve, good images against drawn defects, as they are' }),
    even: Type.Number({ description: 'The same with light evened out' }),
  },
  { description: 'What evening out the light adds, tried where drawn defects are told from good images at all' },
)
export type LightChoice = Fixed<typeof LightChoice>

/** What of a folder was no image that is used, for one reason. */
export const SkippedFiles = Type.Object({
  reason: Type.String(),
  count: Type.Integer(),
  examples: Type.Array(Type.String(), { description: 'Up to three names' }),
})
export type SkippedFiles = Fixed<typeof SkippedFiles>

/** What a fit found out, as the model keeps it: alpha may change, and the report with it. */
export const FitFacts = Type.Object({
  groups: Type.Integer({ description: 'Groups of two or more near-duplicates' }),
  effectiveN: Type.Integer({ description: 'Independent images that the positives are worth' }),
  asked: Nullable(
    Type.Object(
      { alpha: Type.Number(), confidence: Type.Number() },
      { description: 'Where the threshold was asked for with a confidence' },
    ),
  ),
  reference: Nullable(
    Type.Object(
      { name: Type.String(), pValues: Type.Array(Type.Number()) },
      { description: 'p-values of images that are none of the class; null where there were none to try' },
    ),
  ),
  negatives: Type.Optional(
    Type.Object(
      {
        pValues: Type.Array(Type.Number()),
        ofPositives: Type.Optional(
          Type.Integer({ description: 'Negatives that are positives as well, to the last bit' }),
        ),
      },
      { description: 'p-values of the given negatives, each judged by a head that had not seen it' },
    ),
  ),
  misfits: Type.Array(
    Type.Object({
      image: Type.String(),
      row: Type.Integer(),
      pValue: Type.Number(),
      times: Type.Number({ description: 'Its distance in distances of the row that nine in ten are nearer than' }),
      nearest: Type.String({ description: 'The most like of the other positives' }),
      similarity: Type.Number(),
    }),
  ),
  places: Type.Optional(PlaceChoice),
  light: Type.Optional(LightChoice),
  kinds: Nullable(
    Type.Object(
      { size: Type.Integer(), examples: Type.Array(Type.String()), separation: Type.Number() },
      { description: 'Where the positives fall into two kinds far apart: the smaller one, and how far in spreads' },
    ),
  ),
})
export type FitFacts = Fixed<typeof FitFacts>
