/** A job as the API shows it, made from BullMQ's job and from what outlives it. */
import { basename } from 'node:path'
import type { Job as QueueJob } from 'bullmq'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { type ErrorCode, errorTable } from '../errors.ts'
import type { ErrorBody } from '../wire/error.ts'
import { type BatchJob, type Job, Progress } from '../wire/job.ts'
import { isFinished, type JobState, type JobType, jobStates, jobTypes } from '../wire/job-state.ts'
import { OneOf } from '../wire/type.ts'
import type { BatchRecord } from './batches.ts'

/** What is kept of a job beside the queue's own record. */
export type Outcome =
  | { readonly kind: 'cancelled'; readonly view: Job }
  | { readonly kind: 'saved'; readonly view: Job }

const progressForm = Compile(Progress)
const outcomeForm = Compile(
  Type.Object({
    kind: OneOf(['cancelled', 'saved']),
    view: Type.Object({ id: Type.String(), type: OneOf(jobTypes), state: OneOf(jobStates), progress: Progress }),
  }),
)

/** Of an outcome the part that every job has is looked at: its result is checked where it is sent. */
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
  if (code === undefined || message === undefined || !(code in errorTable)) return internalError
  return { code: code as ErrorCode, message }
}

const internalError: ErrorBody = {
  code: 'INTERNAL',
  message: 'The job failed inside the service: see the log of the workers.',
}

function modelOf(data: { model?: { label?: string }; name?: string } | undefined): string | null {
  return data?.model?.label ?? data?.name ?? null
}

function readProgress(progress: unknown): Progress {
  return progressForm.Check(progress) ? progress : { done: 0, total: 1 }
}

function finishedProgress(job: QueueJob): Progress {
  const { total } = readProgress(job.progress)
  return { done: total, total }
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString()
}
