/** What goes over the wire. One source: validation, TypeScript types and the OpenAPI document all come from these. */
import { type Static, Type } from 'typebox'
import { errorTable } from '../errors.ts'
import { jobTypes } from '../wire/job-types.ts'

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])

export const Alpha = Type.Number({
  exclusiveMinimum: 0,
  exclusiveMaximum: 1,
  description: 'The false-rejection rate asked for',
})
export const ModelName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
  description: 'The name of a model',
})
export const ModelRef = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(@[1-9][0-9]{0,8})?$',
  description: 'NAME, its version in use, or NAME@VERSION',
})
export const JobId = Type.String({ minLength: 1, maxLength: 100, description: 'The id of a job or batch' })

export const ErrorBody = Type.Object(
  { code: Type.String({ enum: Object.keys(errorTable) }), message: Type.String() },
  { description: 'What went wrong with a job or an image' },
)

/** RFC 9457. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ enum: Object.keys(errorTable) }),
    instance: Type.String({ description: 'The id of the request, as in the logs' }),
  },
  { description: 'Every error, as application/problem+json' },
)

export const Progress = Type.Object({
  done: Type.Number(),
  total: Type.Number(),
  stage: Type.Optional(Type.String()),
  errors: Type.Optional(Type.Integer({ description: 'Images of a batch that could not be scored' })),
})

const states = ['queued', 'running', 'done', 'failed', 'cancelled']

export const ListLimit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 200, description: 'How many at most; default 50' }),
)
export const ListState = Type.Optional(Type.String({ enum: states }))

export const Job = Type.Object({
  id: Type.String(),
  type: Type.String({ enum: [...jobTypes] }),
  state: Type.String({ enum: states }),
  model: Nullable(
    Type.String({ description: 'NAME@VERSION that is asked, or the NAME that is fitted; null for a comparison' }),
  ),
  progress: Progress,
  keeps: Type.Optional(
    Type.Object(
      { thumbnails: Type.Boolean(), map: Type.Boolean(), folder: Type.Boolean() },
      {
        description: 'Of a batch: are there pictures, can it be on a map, can its images be added to a model by index',
      },
    ),
  ),
  folder: Type.Optional(
    Nullable(Type.String({ description: 'Of a batch: the last name of its folder; null for uploads' })),
  ),
  result: Type.Unknown({
    description: 'What the job made: the result of an image, the model of a fit, the counts of a batch',
  }),
  error: Nullable(ErrorBody),
  createdAt: Nullable(Type.String({ format: 'date-time' })),
  finishedAt: Nullable(Type.String({ format: 'date-time' })),
})
export type Job = Static<typeof Job>

const DetectorResult = Type.Object({
  score: Type.Number({ description: 'Anomaly score of the detector, higher is more anomalous' }),
  pValue: Type.Number(),
})

export const ImageResult = Type.Object({
  image: Type.String(),
  model: Type.String({ description: 'NAME@VERSION' }),
  isPositive: Type.Boolean({ description: 'pValue > alpha' }),
  score: Type.Number({ minimum: 0, maximum: 1, description: 'Higher is more anomalous, 0.5 at the decision' }),
  pValue: Type.Number({ description: 'Share of held-out positives at least as anomalous' }),
  alpha: Alpha,
  detectors: Type.Object({ isolationForest: DetectorResult, oneClassSvm: DetectorResult }),
  nearest: Type.Array(
    Type.Object({
      image: Type.String(),
      similarity: Type.Number(),
      index: Type.Integer({ description: "Its place among the model's positives" }),
    }),
  ),
  heatmap: Type.Optional(
    Type.Object(
      { width: Type.Integer(), height: Type.Integer(), values: Type.Array(Type.Number()) },
      {
        description:
          'With `explain`: cells of the image row by row; above 0 a cell makes the image odd, below 0 it makes it belong',
      },
    ),
  ),
})

const DriftReport = Type.Object({
  images: Type.Integer(),
  log10Capital: Type.Number(),
  maxLog10Capital: Type.Number(),
  falseAlarmBound: Type.Number({
    description: 'The capital was ever this high with at most this probability, had nothing changed',
  }),
  alarm: Type.Boolean({ description: 'The bound is at most 0.01' }),
})

export const Model = Type.Object({
  name: Type.String(),
  version: Type.Integer(),
  createdAt: Type.String(),
  alpha: Alpha,
  n: Type.Integer({ description: 'Positives that it was fitted on' }),
  calibrationScores: Type.Integer({
    description: 'Held-out scores that p-values count among; above 1,000 positives a quarter of them',
  }),
  dim: Type.Integer(),
  backbone: Nullable(Type.Object({ id: Type.String(), hash: Type.String() })),
  seed: Type.Number(),
  sha256: Type.String(),
  bytes: Type.Integer(),
  gallery: Nullable(
    Type.String({
      description: 'Hash of what is kept of the positives; null: none can be shown, and no version be based on it',
    }),
  ),
  serving: Type.Boolean({ description: 'Is this the version that the bare name means?' }),
  growth: Type.Optional(
    Type.Object(
      {
        base: Type.String({ description: 'NAME@VERSION' }),
        kept: Type.Integer({ description: 'Positives taken over from it' }),
        added: Type.Integer({ description: 'New positives' }),
        excluded: Type.Integer({ description: 'Positives of it that were left out' }),
        repeated: Type.Integer({ description: 'Images that were among its positives already' }),
      },
      { description: 'How it came from an earlier version' },
    ),
  ),
})

const Drift = Type.Object(
  { all: DriftReport, accepted: DriftReport },
  {
    description:
      'Is what is served still like the positives that the model was fitted on? `accepted` looks at accepted images only',
  },
)

export const ModelWithDrift = Type.Object({ ...Model.properties, drift: Drift })

export const Operations = Type.Object({
  workers: Type.Array(
    Type.Object({
      id: Type.String(),
      host: Type.String(),
      pid: Type.Integer(),
      concurrency: Type.Integer({ description: 'Cores that it uses' }),
      startedAt: Type.String({ format: 'date-time' }),
      lastSeen: Type.String({ format: 'date-time' }),
      images: Type.Integer(),
      errors: Type.Integer(),
      inferences: Type.Integer({ description: 'Runs of a network' }),
    }),
    { description: 'Heard of in the last minute' },
  ),
  queues: Type.Record(
    Type.String(),
    Type.Object({
      waiting: Type.Integer(),
      active: Type.Integer(),
      delayed: Type.Integer(),
      failed: Type.Integer(),
    }),
  ),
  storedBytes: Type.Integer({ description: 'Images, models and galleries that are in Redis' }),
  maxStoredBytes: Type.Integer(),
  imagesPerSecond: Type.Number({ description: 'Mean of the last minute' }),
  images: Type.Integer({ description: 'Since ever' }),
  inferences: Type.Integer(),
  errors: Type.Record(Type.String(), Type.Integer(), {
    description: 'Images that could not be scored since ever, by code',
  }),
  models: Type.Array(Type.Object({ label: Type.String(), drift: Drift })),
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
      pValue: Nullable(Type.Number({ description: 'Share of the positives at least as odd, itself included' })),
      sameAs: Nullable(Type.Integer({ description: 'The first of the images that look the same as this one' })),
      thumbnail: Nullable(Type.String({ description: 'Address of a small picture' })),
    }),
  ),
  rejected: Type.Array(Type.Object({ image: Type.String(), error: ErrorBody })),
})

export const DemoImages = Type.Object({
  images: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: Type.String({ enum: ['positive', 'negative'] }),
      what: Type.String({ description: 'What it shows: good part, crack, another thing' }),
      url: Type.String(),
    }),
  ),
})

export const FitFields = Type.Object(
  {
    name: ModelName,
    alpha: Type.Optional(Alpha),
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    backbone: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
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
    exclude: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0 }), {
        maxItems: 10_000,
        description: 'Positives of `base` to leave out, by their index; in a form one text, such as 3,17',
      }),
    ),
  },
  { additionalProperties: false },
)
export type FitFields = Static<typeof FitFields>

export const Folder = Type.String({ minLength: 1, maxLength: 4096, description: 'A folder below a served root' })

export const FitFromFolder = Type.Object(
  {
    ...FitFields.properties,
    folder: Type.Optional(Folder),
    batch: Type.Optional(Type.String({ ...JobId, description: 'A batch of a folder, to take `images` of' })),
    images: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0 }), {
        minItems: 1,
        maxItems: 10_000,
        description: 'Images of `batch`, by their index',
      }),
    ),
  },
  { additionalProperties: false },
)
export type FitFromFolder = Static<typeof FitFromFolder>

export const ImageByReference = Type.Union([
  Type.Object(
    {
      url: Type.String({ maxLength: 2048, description: 'http or https, on a public address' }),
      alpha: Type.Optional(Alpha),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      path: Type.String({ minLength: 1, maxLength: 4096, description: 'A file below a served root' }),
      alpha: Type.Optional(Alpha),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      base64: Type.String({ minLength: 1, description: 'The bytes of the image file' }),
      image: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'What the result shall call it' })),
      alpha: Type.Optional(Alpha),
    },
    { additionalProperties: false },
  ),
])
export type ImageByReference = Static<typeof ImageByReference>

export const BatchOptions = {
  alpha: Type.Optional(Alpha),
  thumbnails: Type.Optional(
    Type.Boolean({ description: 'Keep a small picture of each image as long as the results; default false' }),
  ),
  map: Type.Optional(
    Type.Boolean({
      description: 'Keep embeddings, of 2,000 images at most, so that a map can show them; default false',
    }),
  ),
}

export const BatchFromFolder = Type.Object({ folder: Folder, ...BatchOptions }, { additionalProperties: false })

export const MapRequest = Type.Object(
  { batch: Type.Optional(Type.String({ ...JobId, description: 'A batch that was made with `map: true`' })) },
  { additionalProperties: false },
)

export const ComparisonRequest = Type.Object(
  {
    train: Type.String({
      ...folderText(),
      description: 'Folder with positive/ (and negative/ for the binary baselines)',
    }),
    test: Type.String({ ...folderText(), description: 'Folder with positive/ and negative/' }),
    methods: Type.Optional(Type.Array(Type.String({ pattern: '^[a-z0-9-]{1,64}$' }), { maxItems: 64 })),
    quick: Type.Optional(Type.Boolean()),
    alpha: Type.Optional(Alpha),
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  },
  { additionalProperties: false },
)
export type ComparisonRequest = Static<typeof ComparisonRequest>

function folderText(): { minLength: number; maxLength: number } {
  return { minLength: 1, maxLength: 4096 }
}
