/** The comparison of all methods: the request, and what is told of each method. */
import { type Static, Type } from 'typebox'
import type { Finding } from './findings.ts'
import { Alpha, longestPath, Seed } from './names.ts'
import type { Split } from './splits.ts'
import { type Fixed, Nullable, OneOf } from './type.ts'

const folder = { minLength: 1, maxLength: longestPath }

/** Every method, in the order of the report. */
export const methodKeys = [
  'naive-cnn',
  'binary-cnn',
  'transfer-binary',
  'isolation-forest',
  'isolation-forest-npm',
  'one-class-svm',
  'deep-one-class',
  'distance-net',
  'nearest-neighbour',
  'mahalanobis',
  'ensemble',
] as const
export type MethodKey = (typeof methodKeys)[number]

/** What a comparison may be asked besides its images. */
export const ComparisonOptions = Type.Object(
  {
    methods: Type.Optional(Type.Array(Type.String({ enum: [...methodKeys] }), { maxItems: 64 })),
    quick: Type.Optional(Type.Boolean()),
    alpha: Type.Optional(Alpha),
    seed: Type.Optional(Seed),
  },
  { additionalProperties: false },
)
export type ComparisonOptions = Static<typeof ComparisonOptions>

export const ComparisonRequest = Type.Object(
  {
    train: Type.String({
      ...folder,
      description: 'Folder with positive/ (and negative/ for the binary baselines), or good/ and bad/',
    }),
    test: Type.String({ ...folder, description: 'Folder with positive/ and negative/, or good/ and bad/' }),
    ...ComparisonOptions.properties,
  },
  { additionalProperties: false },
)
export type ComparisonRequest = Static<typeof ComparisonRequest>

const Share = Nullable(Type.Number({ minimum: 0, maximum: 1 }))
const Pair = Type.Tuple([Type.Number(), Type.Number()])
const share = (description: string) => Nullable(Type.Number({ minimum: 0, maximum: 1, description }))
const amount = (description: string) => Nullable(Type.Number({ minimum: 0, description }))

export const Confusion = Type.Object({
  positiveAccepted: Type.Integer(),
  positiveRejected: Type.Integer(),
  negativeAccepted: Type.Integer(),
  negativeRejected: Type.Integer(),
})
export type Confusion = Fixed<typeof Confusion>

export const EpochRecord = Type.Object({
  epoch: Type.Integer(),
  loss: Type.Number(),
  accuracy: Type.Number(),
  validationLoss: Nullable(Type.Number()),
  validationAccuracy: Nullable(Type.Number()),
  seconds: Type.Number(),
})
export type EpochRecord = Fixed<typeof EpochRecord>

/** What a comparison is at. */
export const comparisonPhases = ['images', 'methods', 'photos', 'report'] as const
export type ComparisonPhase = (typeof comparisonPhases)[number]

/** One method. Numbers are null when it is not done, and AUROC and what follows it without test negatives. */
export const MethodReport = Type.Object({
  key: Type.String(),
  title: Type.String(),
  status: OneOf(['done', 'skipped', 'failed']),
  reason: Nullable(Type.String({ description: 'Why it was skipped or failed; null when done' })),
  needs: OneOf(['positives', 'negatives', 'reference']),
  auroc: share('Area under the ROC curve on the test images'),
  aurocInterval: Nullable(Pair),
  averagePrecision: Share,
  truePositiveRate: share(
    'Share of positives accepted by the threshold that accepts the share alpha of the test negatives (a point of the ROC)',
  ),
  falseRejectionRate: share("Of the method's own decision: share of test positives that it rejects"),
  falseAcceptanceRate: share('Share of test negatives that it accepts'),
  accuracy: share('Share of test images that it decides right'),
  confusion: Nullable(Confusion),
  decision: Nullable(Type.String({ description: 'How it decides' })),
  precisionAtPrevalence: Nullable(
    Type.Array(Type.Object({ prevalence: Type.Number(), precision: Share }), {
      description: 'Share of the accepted that is of the class, when 1, 5 or 50 % of all images are',
    }),
  ),
  fitSeconds: amount('From images to a fitted and calibrated model, the embedding of the training images included'),
  scoreMs: amount('Milliseconds from an image to its score, decoding and embedding included'),
  memoryMb: amount('That fitting holds at its peak, counted: training data, and state or tensors'),
  seeds: Nullable(Type.Object({ values: Type.Array(Type.Number()), auroc: Type.Array(Type.Number()) })),
  againstBest: Nullable(
    Type.Object(
      { best: Type.String(), interval: Pair, isReal: Type.Boolean() },
      { description: 'Against the best AUROC, over the same resampled test sets; null for the best itself' },
    ),
  ),
  notes: Type.Array(Type.String({ description: 'What one should know about this result' })),
  history: Nullable(Type.Array(EpochRecord)),
  roc: Nullable(Type.Array(Pair, { description: 'Points (false positive rate, true positive rate)' })),
})
export type MethodReport = Fixed<typeof MethodReport>

/** What the page and programs read of report.json, which holds more (docs/compare.md). */
export interface ComparisonReport {
  /** What the comparison says, as codes; reports of earlier versions have the sentences alone. */
  readonly findings?: readonly Finding[]
  /** The same in English. */
  readonly verdict: readonly string[]
  readonly createdAt?: string
  readonly data?: {
    /** Images that were read, of each part. */
    readonly counts: Readonly<Record<Split, { readonly used: number }>>
  }
  readonly methods: readonly MethodReport[]
}

/** The result of a comparison. */
export const ComparisonResult = Type.Object({
  methods: Type.Array(MethodReport),
  report: Type.String({ description: 'Address of the report' }),
})
export type ComparisonResult = Fixed<typeof ComparisonResult>
