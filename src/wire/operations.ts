/** What the service is and allows, and how it does. */
import { Type } from 'typebox'
import { Drift } from './model.ts'
import { type Fixed, OneOf } from './type.ts'

export const Health = Type.Object({ status: Type.String() })

export const Readiness = Type.Object({
  status: OneOf(['ready', 'not ready']),
  checks: Type.Record(Type.String(), Type.Boolean()),
  reasons: Type.Optional(
    Type.Record(Type.String(), Type.String(), { description: 'Why each check failed; none where it is ready' }),
  ),
})
export type Readiness = Fixed<typeof Readiness>

/** A page or a program says a limit before an upload runs into it. */
export const Service = Type.Object({
  version: Type.String(),
  workerVersions: Type.Array(Type.String(), {
    description: 'Of the workers that were heard of in the last minute, each once; empty text: one that does not tell',
  }),
  roots: Type.Array(Type.String({ description: 'A folder below which `folder` and `path` may lie' })),
  allowUrl: Type.Boolean(),
  limits: Type.Object({
    maxImageBytes: Type.Integer(),
    maxFitImages: Type.Integer(),
    maxUploadImages: Type.Integer(),
    maxFolderImages: Type.Integer(),
    maxRequestBytes: Type.Integer(),
  }),
})
export type Service = Fixed<typeof Service>

export const WorkerView = Type.Object({
  id: Type.String(),
  host: Type.String(),
  pid: Type.Integer(),
  version: Type.String({ description: 'Of its program; empty: an earlier one that does not tell' }),
  concurrency: Type.Integer({ description: 'Cores that it uses' }),
  startedAt: Type.String({ format: 'date-time' }),
  lastSeen: Type.String({ format: 'date-time' }),
  images: Type.Integer(),
  errors: Type.Integer(),
  inferences: Type.Integer({ description: 'Runs of a network' }),
})
export type WorkerView = Fixed<typeof WorkerView>

export const QueueCounts = Type.Object({
  waiting: Type.Integer(),
  active: Type.Integer(),
  delayed: Type.Integer(),
  failed: Type.Integer(),
})
export type QueueCounts = Fixed<typeof QueueCounts>

export const Operations = Type.Object({
  workers: Type.Array(WorkerView, { description: 'Heard of in the last minute' }),
  queues: Type.Record(Type.String(), QueueCounts),
  storedBytes: Type.Integer({ description: 'Images, models and galleries that are in Redis' }),
  maxStoredBytes: Type.Integer(),
  keptBytes: Type.Integer({ description: 'Names, results and other things that are kept for a day or longer' }),
  maxKeptBytes: Type.Integer(),
  imagesPerSecond: Type.Number({ description: 'Mean of the last minute' }),
  images: Type.Integer({ description: 'Since this Redis was first used' }),
  inferences: Type.Integer(),
  errors: Type.Record(Type.String(), Type.Integer(), {
    description: 'Images that could not be scored since this Redis was first used, by code',
  }),
  models: Type.Array(Type.Object({ label: Type.String(), drift: Drift })),
})
export type Operations = Fixed<typeof Operations>

export const DemoImages = Type.Object({
  images: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: OneOf(['positive', 'negative']),
      what: Type.String({ description: 'What it shows: good part, crack, another thing' }),
      url: Type.String({ description: 'Address of the picture' }),
    }),
  ),
})
export type DemoImage = Fixed<typeof DemoImages>['images'][number]
