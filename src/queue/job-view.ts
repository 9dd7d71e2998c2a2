/** A job as the API shows it, made from BullMQ's job and from what outlives it. */
import { basename } from 'node:path'
import type { Job as QueueJob } from 'bullmq'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { type ErrorCode, errorTable } from '../errors.ts'
import { ErrorBody } from '../wire/error.ts'
import { type BatchJob, Job, Progress } from '../wire/job.ts'
import { isFinished, type JobState, type JobType, jobStates, jobTypes } from '../wire/job-state.ts'
import { Nullable, OneOf } from '../wire/type.ts'
import type { BatchRecord } from './batches.ts'
import { damaged } from './redis-errors.ts'

/** What is kept of a job beside the queue's own record. */
export interface Outcome {
  readonly kind: 'cancelled' | 'saved'
  readonly view: Job
}

const progressForm = Compile(Progress)
const outcomeForm = Compile(
  Type.Object({
    kind: OneOf(['cancelled', 'saved']),
    view: Type.Object({
      id: Type.String(),
      type: OneOf(jobTypes),
      state: OneOf(jobStates),
      progress: Progress,
      model: Nullable(Type.String()),
      error: Nullable(ErrorBody),
      createdAt: Nullable(Type.String({ format: 'date-time' })),
      finishedAt: Nullable(Type.String({ format: 'date-time' })),
      result: Type.Unknown(),
    }),
  }),
)

/** Of an outcome the part that every job has is looked at: its result may be of an earlier version. */
export function isOutcome(kept: unknown): kept is Outcome {
  return outcomeForm.Check(kept)
}

/** @param bull the job's state, read before the job: what a state promises (a result, a reason) is then in the job */
export function viewOfJob(type: JobType, job: QueueJob, bull: string): Job {
  const error = bull === 'failed' ? readFailure(job.failedReason) : null
  const state: JobState =
    bull === 'completed'
      ? 'done'
      : bull === 'failed'
        ? error?.code === 'CANCELLED'
          ? 'cancelled'
          : 'failed'
        : bull === 'active' || job.attemptsMade > 0
          ? 'running'
          : 'queued'
  // what it is asked and what came of it, its type says: the worker that wrote it checked the one, and made the other
  return {
    id: job.id ?? '',
    type,
    state,
    model: modelOf(job.data),
    progress: state === 'done' ? finishedProgress(job) : readProgress(job.progress),
    result: state === 'done' ? (job.returnvalue as unknown) : null,
    error,
    createdAt: timeOf(job.timestamp),
    finishedAt: isFinished(state) ? timeOf(job.finishedOn) : null,
  } as Job
}

/** A job that is in no queue. */
export function lostJob(view: Job): Job {
  const error = { code: 'JOB_EXPIRED', message: 'The job was lost with what was in Redis: ask again.' }
  return { ...view, state: 'failed', error } as Job
}

let jobForm: { Check(value: unknown): boolean } | undefined

/** A job as it is shown: what no worker of ours makes has an error for its result. */
export function wholeJob(view: Job): Job {
  jobForm ??= Compile(Job) // when it is needed: it takes a while
  if (jobForm.Check(view)) return view
  const error = damaged('What came of the job').toJSON()
  const model = view.type === 'compare' ? null : (view.model ?? '')
  return { ...view, state: 'failed', model, result: null, error } as Job
}

export function viewOfBatch(batch: BatchRecord): BatchJob {
  return {
    id: batch.id,
    type: 'batch',
    state: batch.state,
    model: batch.model.label,
    ...(batch.also && { also: batch.also.map(({ ref }) => ref) }),
    progress: {
      done: batch.done,
      total: batch.total,
      errors: batch.errors,
      ...(batch.isOpen && { listing: true }),
    },
    keeps: {
      thumbnails: batch.keep?.thumbnails ?? false,
      map: batch.keep?.map ?? false,
      folder: batch.folder !== null,
    },
    ...(batch.results !== undefined && { results: `${batch.results}${batch.id}/` }),
    folder: batch.folder === null ? null : basename(batch.folder),
    ...(batch.uploadedFolder !== undefined && { uploadedFolder: batch.uploadedFolder }),
    ...(batch.uploadedFolders !== undefined && { uploadedFolders: [...batch.uploadedFolders] }),
    result: batch.state === 'done' ? { images: batch.total, errors: batch.errors, model: batch.model.label } : null,
    error: batch.state === 'cancelled' ? cancelledError : batch.error,
    waitsFor: batch.waitsFor,
    createdAt: batch.createdAt,
    finishedAt: batch.finishedAt,
  }
}

export const cancelledError: ErrorBody = { code: 'CANCELLED', message: 'The job was cancelled.' }

/** How an error stands in a failed job. What is unexpected says nothing of the inside: the worker's log has it, by job id. */
export function writeFailure(error: ErrorBody): string {
  const shown = error.code === 'INTERNAL' ? internalError : error
  return `${shown.code}: ${shown.message}`
}

export function readFailure(reason: string | undefined): ErrorBody {
  const [, code, message] = /^([A-Z_]+): (.*)$/s.exec(reason ?? '') ?? []
  if (code === undefined || message === undefined) return damaged('Why the job failed').toJSON()
  if (!Object.hasOwn(errorTable, code)) return internalError // of a later version
  return { code: code as ErrorCode, message }
}

const internalError: ErrorBody = {
  code: 'INTERNAL',
  message: 'The job failed inside the service: see the log of the workers.',
}

function modelOf(data: { model?: { label?: unknown }; name?: unknown } | undefined): string | null {
  const name = data?.model?.label ?? data?.name
  return typeof name === 'string' ? name : null
}

function readProgress(progress: unknown): Progress {
  return progressForm.Check(progress) ? progress : { done: 0, total: 1 }
}

function finishedProgress(job: QueueJob): Progress {
  const { total } = readProgress(job.progress)
  return { done: total, total }
}

/** Milliseconds beyond which there are no dates. */
const maxTime = 8.64e15

function timeOf(ms: number | undefined): string | null {
  // of a record that is damaged: no time at all
  return typeof ms === 'number' && Math.abs(ms) <= maxTime ? new Date(ms).toISOString() : null
}
