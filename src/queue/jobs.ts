/**
 * The jobs: their queues, what they carry (ids, never bytes), their ids, and how often they are tried.
 * Every consumer checks a job's data against its schema: Redis is an input like any other.
 */
import { randomUUID } from 'node:crypto'
import type { JobsOptions } from 'bullmq'
import { Type } from 'typebox'
import { Decisions } from '../wire/decisions.ts'
import { FitFields, FitTold } from '../wire/fit.ts'
import { SkippedFiles } from '../wire/fit-report.ts'
import { type JobType, jobTypes } from '../wire/job-state.ts'
import { FailedModel } from '../wire/many.ts'
import { Growth } from '../wire/model.ts'
import { Alpha, longestPath, maxModelsAtOnce } from '../wire/names.ts'
import { SampleRange } from '../wire/sample-range.ts'
import { type Fixed, Nullable, OneOf } from '../wire/type.ts'

const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })
export const BlobId = Type.String({ pattern: '^[0-9a-f]{24}\\.[0-9a-f]{64}\\.[0-9]{1,12}$' })
const ImageName = Type.String({ minLength: 1, maxLength: longestPath })

/** A model as workers find it: the bytes in Redis by hash, the label for results, the alpha in force now. */
export const ModelUse = Type.Object({ label: Type.String({ maxLength: 100 }), sha256: Sha256, alpha: Alpha })
export type ModelUse = Fixed<typeof ModelUse>

const ClassifyOne = Type.Object({
  image: ImageName,
  blob: BlobId,
  model: ModelUse,
  /** Also where in the image it is unusual. */
  explain: Type.Optional(Type.Boolean()),
  /** False: the drift monitor does not hear of it. */
  drift: Type.Optional(Type.Boolean()),
  decide: Type.Optional(Decisions),
  requestId: Type.Optional(Type.String()),
})

export type ClassifyOne = Fixed<typeof ClassifyOne>

/** One of several models, by the name under which it was asked. */
export const AskedModel = Type.Object({ ref: Type.String({ maxLength: 100 }), use: ModelUse })
export type AskedModel = Fixed<typeof AskedModel>

/** One image that several models are asked about. */
const ClassifyMany = Type.Object({
  image: ImageName,
  blob: BlobId,
  /** Each by the name under which it was asked; or why it cannot be asked. */
  models: Type.Array(
    Type.Union([AskedModel, Type.Object({ ref: Type.String({ maxLength: 100 }), ...FailedModel.properties })]),
    { minItems: 1, maxItems: maxModelsAtOnce },
  ),
  decide: Type.Optional(Decisions),
  requestId: Type.Optional(Type.String()),
})
export type ClassifyMany = Fixed<typeof ClassifyMany>

/** One image that is looked through for a face. */
const FindFace = Type.Object({
  image: ImageName,
  blob: BlobId,
  find: OneOf(['face']),
  requestId: Type.Optional(Type.String()),
})

/**
 * As the API was asked, but for what names an earlier version. A backbone is named by its id: whoever can write to Redis must not make a
 * worker open files (see also `serving/inference-thread.ts`).
 */
const { base: _base, exclude: _exclude, ...askedOfFit } = FitFields.properties

export const jobSchemas = {
  classify: Type.Union([ClassifyOne, ClassifyMany, FindFace]),
  /** Some consecutive images of a batch. */
  chunk: Type.Object({
    batch: Type.String({ maxLength: 100 }),
    model: ModelUse,
    /** Asked about each image too. */
    also: Type.Optional(Type.Array(AskedModel, { maxItems: maxModelsAtOnce })),
    /** Besides results: small pictures, and the embedding of every n-th image (0: of none). */
    keep: Type.Optional(Type.Object({ thumbnails: Type.Boolean(), every: Type.Integer({ minimum: 0 }) })),
    /** Whose it is: small pictures count among the caller's bytes. */
    owner: Type.Optional(Type.String({ maxLength: 200 })),
    images: Type.Array(Type.Object({ index: Type.Integer({ minimum: 0 }), image: ImageName, blob: BlobId }), {
      minItems: 1,
      maxItems: 256,
    }),
  }),
  fit: Type.Object({
    ...askedOfFit,
    /** New images and positives of `base` to leave out by name, or by the test of misfits. */
    exclude: Type.Optional(Type.Union([OneOf(['misfits']), Type.Array(Type.String(), { maxItems: 10_000 })])),
    /** What of a folder was left out when it was read; told with the outcome. */
    skipped: Type.Optional(Type.Array(SkippedFiles)),
    /** A blob: JSON, `[{ image, blob, isNegative }]`; with an `error` in the place of `blob` what could not be read. */
    list: BlobId,
    /** The images are drawn by the worker. */
    demo: Type.Optional(Type.Boolean()),
    /** Positives of an earlier version, which come first: its gallery's bytes in Redis by hash, and those to leave out. */
    base: Type.Optional(
      Type.Object({
        label: Type.Optional(Type.String({ maxLength: 100 })),
        gallery: Sha256,
        backbone: Type.Object({
          id: Type.String({ maxLength: longestPath }),
          hash: Type.String({ maxLength: longestPath }),
        }),
        exclude: Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 100_000 }),
        range: Type.Optional(SampleRange),
      }),
    ),
    /** The service that will save the model. */
    origin: Type.String({ maxLength: 64 }),
    requestId: Type.Optional(Type.String()),
  }),
  compare: Type.Object({
    /** A blob: JSON, `[{ split, image, blob }]`, split as in `trainPositive`. */
    list: BlobId,
    /** What of the folders was left out when they were read; told in the report. */
    skipped: Type.Optional(Type.Array(SkippedFiles)),
    /** Sentences on images of the folders that are left out; told in the report. */
    notes: Type.Optional(Type.Array(Type.String())),
    methods: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 64 })),
    quick: Type.Optional(Type.Boolean()),
    alpha: Type.Optional(Alpha),
    seed: Type.Optional(Type.Integer()),
    origin: Type.String({ maxLength: 64 }),
    requestId: Type.Optional(Type.String()),
  }),
  map: Type.Object({
    model: ModelUse,
    batch: Type.Optional(Type.String({ maxLength: 100 })),
    requestId: Type.Optional(Type.String()),
  }),
} as const

export type JobKind = keyof typeof jobSchemas
export type JobData = { [K in JobKind]: Fixed<(typeof jobSchemas)[K]> }
export const jobKinds = Object.keys(jobSchemas) as JobKind[]

/** What a fit leaves: the hash of the model's bytes, which are in Redis, and what its job's result tells besides the model. */
export const FitOutcome = Type.Object({
  sha256: Sha256,
  /** Hash of the gallery's bytes, which are in Redis as the model's are. */
  gallery: Nullable(Sha256),
  /** Hash of the demo's samples, of a fit that drew its images. */
  samples: Nullable(Sha256),
  /** What it took over from an earlier version; saved with the model. */
  growth: Type.Optional(Growth),
  ...FitTold,
  /** A warning about the folder as a whole: it looked like the root of a data set. */
  layout: Type.Optional(Type.String()),
})
export type FitOutcome = Fixed<typeof FitOutcome>

/**
 * Seconds that inputs wait for a worker, that models stay without use, and that outcomes stay readable; `unclaimed`: that bytes stay
 * which no note or model names yet, or any more.
 */
export const lifetimes = {
  unclaimed: 600,
  classifyInput: 3600,
  result: 3600,
  input: 24 * 3600,
  model: 24 * 3600,
  outcome: 7 * 24 * 3600,
  batch: 24 * 3600,
} as const

/** Faults are tried again, further and further apart; bad input never is (the consumer marks it). */
export const jobOptions: { readonly [K in JobKind]: JobsOptions } = {
  classify: { attempts: 3, backoff: { type: 'exponential', delay: 300, jitter: 0.5 }, ...kept(lifetimes.result, 5000) },
  chunk: {
    attempts: 6,
    backoff: { type: 'exponential', delay: 500, jitter: 0.5 },
    removeOnComplete: true,
    removeOnFail: { age: 24 * 3600, count: 1000 },
  },
  fit: { attempts: 3, backoff: { type: 'exponential', delay: 2000, jitter: 0.5 }, ...kept(24 * 3600, 500) },
  compare: { attempts: 2, backoff: { type: 'exponential', delay: 5000, jitter: 0.5 }, ...kept(24 * 3600, 100) },
  map: { attempts: 2, backoff: { type: 'exponential', delay: 1000, jitter: 0.5 }, ...kept(24 * 3600, 50) },
}

/** Milliseconds that one attempt may take. */
export const jobTimeouts: { readonly [K in JobKind]: number } = {
  classify: 60_000,
  chunk: 300_000,
  fit: 3_600_000,
  compare: 6 * 3_600_000,
  map: 600_000,
}

/** 122 random bits: who knows the id may read and cancel the job. */
export function newJobId(type: JobType): string {
  return `${type}-${randomUUID()}`
}

/** The type that an id tells, undefined for what is no id of ours. */
export function typeOfJob(id: string): JobType | undefined {
  const type = /^([a-z]+)-[0-9a-f-]{36}$/.exec(id)?.[1]
  return jobTypes.find((known) => known === type)
}

export function chunkId(batch: string, firstIndex: number): string {
  return `${batch}-at-${firstIndex}`
}

function kept(age: number, count: number): Pick<JobsOptions, 'removeOnComplete' | 'removeOnFail'> {
  return { removeOnComplete: { age, count }, removeOnFail: { age: 24 * 3600, count } }
}
