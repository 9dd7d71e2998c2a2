/** Jobs: one form for all types, each with its own kind of result. */
import { type TSchema, Type } from 'typebox'
import { BatchResult } from './batch.ts'
import { ComparisonResult, comparisonPhases } from './comparison.ts'
import { ErrorBody } from './error.ts'
import { FaceSeen } from './faces.ts'
import { FitResult } from './fit.ts'
import { type JobType, jobStates } from './job-state.ts'
import { ManyScoredImage } from './many.ts'
import { MapResult } from './map.ts'
import { ScoredImage } from './result.ts'
import { type Fixed, Nullable, OneOf } from './type.ts'

/** Jobs in one answer. */
export const listed = { default: 50, most: 200 } as const
export const ListLimit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: listed.most, description: `How many at most; default ${listed.default}` }),
)
export const ListState = Type.Optional(OneOf(jobStates))

export const Progress = Type.Object({
  done: Type.Number(),
  total: Type.Number(),
  stage: Type.Optional(Type.String()),
  phase: Type.Optional(
    OneOf(comparisonPhases, { description: 'What a comparison is at; `stage` says it more exactly, in English' }),
  ),
  errors: Type.Optional(Type.Integer({ description: 'Images of a batch that could not be scored' })),
  listing: Type.Optional(Type.Boolean({ description: 'The folder of a batch is still being read: `total` grows' })),
})
export type Progress = Fixed<typeof Progress>

const about = {
  progress: Progress,
  error: Nullable(ErrorBody),
  createdAt: Nullable(Type.String({ format: 'date-time' })),
  finishedAt: Nullable(Type.String({ format: 'date-time' })),
}

/** @param result null as long as the job is not done, and in lists of classify, map and compare jobs */
const jobOf = <T extends JobType, R extends TSchema, M extends TSchema>(type: T, model: M, result: R) =>
  Type.Object({
    id: Type.String(),
    type: OneOf([type]),
    state: OneOf(jobStates),
    model,
    ...about,
    result: Nullable(result),
  })

const label = Type.String({ description: 'NAME@VERSION that is asked' })

export const ClassifyJob = jobOf('classify', label, ScoredImage)
export type ClassifyJob = Fixed<typeof ClassifyJob>
/** One image that several models are asked about: `model` is null. */
export const ClassifyManyJob = jobOf('classify', Type.Null(), ManyScoredImage)
export type ClassifyManyJob = Fixed<typeof ClassifyManyJob>
/** An image that is looked through for a face. */
export const FaceJob = jobOf('classify', Type.Null(), FaceSeen)
export type FaceJob = Fixed<typeof FaceJob>
export const FitJob = jobOf('fit', Type.String({ description: 'The NAME that is fitted' }), FitResult)
export type FitJob = Fixed<typeof FitJob>
export const CompareJob = jobOf('compare', Type.Null(), ComparisonResult)
export type CompareJob = Fixed<typeof CompareJob>
export const MapJob = jobOf('map', label, MapResult)
export type MapJob = Fixed<typeof MapJob>
export const BatchJob = Type.Object({
  ...jobOf('batch', label, BatchResult).properties,
  keeps: Type.Object(
    { thumbnails: Type.Boolean(), map: Type.Boolean(), folder: Type.Boolean() },
    { description: 'Are there pictures, can it be on a map, can its images be added to a model by index' },
  ),
  also: Type.Optional(Type.Array(Type.String(), { description: 'Further models that are asked' })),
  // the way to it is not for every key to know
  folder: Nullable(Type.String({ description: 'The last name of its folder; null for uploads' })),
  uploadedFolder: Type.Optional(
    Type.String({ description: 'The folder that all names of an upload begin with, where there is one' }),
  ),
  uploadedFolders: Type.Optional(
    Type.Array(Type.String(), { description: 'Where there are several, and every image is in one: the first of them' }),
  ),
  results: Type.Optional(Type.String({ description: 'Where its results are written: `s3://bucket/prefix/ID/`' })),
  waitsFor: Nullable(ErrorBody),
})
export type BatchJob = Fixed<typeof BatchJob>

export const Job = Type.Union([ClassifyJob, ClassifyManyJob, FaceJob, BatchJob, FitJob, CompareJob, MapJob])
export type Job = Fixed<typeof Job>
