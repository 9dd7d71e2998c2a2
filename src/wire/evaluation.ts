/** What `evaluate` tells of one fitted model on labelled images: `evaluate --json`, `evaluation.json` and the library's return. */
import { Type } from 'typebox'
import { Confusion } from './comparison.ts'
import { expectedRate, SkippedFiles } from './fit-report.ts'
import { FailedImage } from './result.ts'
import { type Fixed, Nullable, OneOf } from './type.ts'

const Interval = Type.Tuple([Type.Number(), Type.Number()], { description: 'At 95 %' })

const ofFit = Type.Integer({
  description: 'Images that the model was fitted on, where there are some: what is said of them is too good',
})

const Judged = Type.Object({
  image: Type.String(),
  label: OneOf(['positive', 'negative']),
  isPositive: Type.Boolean({ description: "The model's decision" }),
  score: Type.Number(),
  pValue: Type.Number(),
})

export const Uniformity = Type.Object(
  {
    images: Type.Integer(),
    distance: Type.Number({ description: 'Between the two distribution functions: Kolmogorov-Smirnov' }),
    pValue: Type.Number(),
    level: Type.Number({ description: 'Share of false alarms' }),
    isUniform: Type.Boolean(),
    mean: Type.Number({
      description:
        'Of the p-values: .5 where they spread evenly, more where images are more ordinary than those of the fit',
    }),
  },
  {
    description:
      'Do the p-values of the positives spread evenly, as they do where positives are like those of the fit?',
  },
)

const Against = Type.Object({
  model: Type.String({ description: 'NAME@VERSION' }),
  of: OneOf(['auroc', 'falseRejectionRate'], {
    description: 'What `difference` is a difference of: the false-rejection rate where there are no negatives',
  }),
  difference: Type.Number({ description: 'The model less the other one' }),
  interval: Type.Tuple([Type.Number(), Type.Number()], { description: 'At 95 %, by a paired bootstrap' }),
  isReal: Type.Boolean({ description: 'The interval leaves out 0' }),
  images: Type.Integer({ description: 'Images that both could read' }),
  ofFit: Type.Optional(ofFit),
  auroc: Nullable(Type.Number({ description: 'Of the other one' })),
  falseRejectionRate: Nullable(Type.Number({ description: 'Of the other one' })),
  decisions: Type.Array(
    Type.Object({
      label: OneOf(['positive', 'negative']),
      rejectedByModel: Type.Integer(),
      rejectedByOther: Type.Integer(),
      onlyByModel: Type.Integer({ description: 'Rejected by the model alone' }),
      onlyByOther: Type.Integer(),
      pValue: Type.Number({ description: "McNemar's exact test: could the two be level?" }),
      isReal: Type.Boolean({ description: 'pValue <= 0.05' }),
    }),
  ),
})

export const Evaluation = Type.Object({
  model: Type.String({ description: 'NAME@VERSION' }),
  alpha: Type.Number(),
  images: Type.Object({
    positive: Type.Integer(),
    negative: Type.Integer(),
    unreadable: Type.Integer(),
    ofFit: Type.Optional(ofFit),
  }),
  auroc: Nullable(Type.Number({ description: 'Null without images of both kinds' })),
  aurocInterval: Nullable(Interval),
  averagePrecision: Nullable(Type.Number()),
  falseRejectionRate: Nullable(Type.Number({ description: 'Share of the positives that were rejected' })),
  falseRejectionInterval: Nullable(Interval),
  expectedFalseRejection: Type.Object(expectedRate, {
    description:
      'The false-rejection rate that the calibration promises; in `level` of all fits it lies from low to high',
  }),
  agreement: Nullable(
    Type.Number({
      description:
        'Probability of so many rejected positives, or more, if the promise holds; `agrees` is false at 0.05 or below',
    }),
  ),
  agrees: Nullable(
    Type.Boolean({
      description: 'False: more positives are rejected than the promise allows; wrong in at most 5 % of cases',
    }),
  ),
  falseAcceptanceRate: Nullable(Type.Number({ description: 'Share of the negatives that were accepted' })),
  falseAcceptanceInterval: Nullable(Interval),
  accuracy: Nullable(Type.Number()),
  confusion: Confusion,
  uniformity: Nullable(Uniformity),
  roc: Nullable(Type.Array(Type.Tuple([Type.Number(), Type.Number()]))),
  worst: Type.Object({
    falselyRejected: Type.Array(Judged, { description: 'Positives, the most anomalous first' }),
    falselyAccepted: Type.Array(Judged, { description: 'Negatives, the least anomalous first' }),
  }),
  sentences: Type.Array(Type.String(), { description: 'The result in words' }),
  unreadable: Type.Array(FailedImage),
  skipped: Type.Array(SkippedFiles, { description: 'What else is in the folders, and why it is left out' }),
  against: Type.Optional(Against),
})
export type Evaluation = Fixed<typeof Evaluation>
export type EvaluationAgainst = Fixed<typeof Against>
export type JudgedImage = Fixed<typeof Judged>
