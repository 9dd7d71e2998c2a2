/** A job as the API shows it, made from BullMQ's job and from what outlives it. */
import { basename } from 'node:path'
import type { Job } from 'bullmq'
import { type ErrorBody, type ErrorCode, errorTable } from '../errors.ts'
import type { JobType } from '../wire/job-types.ts'
import type { BatchRecord, JobState } from './batches.ts'

export interface Progress {
  readonly done: number
  readonly total: number
  readonly stage?: string
  /** Images of a batch that could not be scored. */
  readonly errors?: number
}

export interface JobView {
  readonly id: string
  readonly type: JobType
  readonly state: JobState
  /** The version that it asks, or the name of the model that it makes; null for neither. */
  readonly model: string | null
  readonly progress: Progress
  /** Of a batch: what can be asked of its images besides results. */
  readonly keeps?: { readonly thumbnails: boolean; readonly map: boolean; readonly folder: boolean }
  /** Of a batch: the last name of its folder, for a title; null for uploads. The way to it is not for every key to know. */
  readonly folder?: string | null
  readonly result: unknown
  readonly error: ErrorBody | null
  readonly createdAt: string | null
  readonly finishedAt: string | null
}

/** What is kept of a job beside the queue's own record. */
export type Outcome =
  | { readonly kind: 'cancelled'; readonly view: JobView }
  | { readonly kind: 'saved'; readonly view: JobView }

export function isFinished(state: JobState): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled'
}

/** @param bull the job's state, read before the job: what a state promises (a result, a reason) is then in the job */
export function viewOfJob(type: JobType, job: Job, bull: string): JobView {
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
  }
}

export function viewOfBatch(batch: BatchRecord): JobView {
  return {
    id: batch.id,
    type: 'batch',
    state: batch.state,
    model: batch.model.label,
    progress: { done: batch.done, total: batch.total, errors: batch.errors },
    keeps: {
      thumbnails: batch.keep?.thumbnails ?? false,
      map: batch.keep?.map ?? false,
      folder: batch.folder !== null,
    },
    folder: batch.folder === null ? null : basename(batch.folder),
    result: batch.state === 'done' ? { images: batch.total, errors: batch.errors, model: batch.model.label } : null,
    error: batch.state === 'cancelled' ? cancelledError : null,
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
  const match = /^([A-Z_]+): (.*)$/s.exec(reason ?? '')
  if (match?.[1] !== undefined && match[1] in errorTable) return { code: match[1] as ErrorCode, message: match[2]! }
  return internalError
}

const internalError: ErrorBody = {
  code: 'INTERNAL',
  message: 'The job failed inside the service: see the log of the workers.',
}

function modelOf(data: { model?: { label?: string }; name?: string } | undefined): string | null {
  return data?.model?.label ?? data?.name ?? null
}

function readProgress(progress: unknown): Progress {
  if (typeof progress === 'object' && progress !== null && 'done' in progress && 'total' in progress) {
    return progress as Progress
  }
  return { done: 0, total: 1 }
}

function finishedProgress(job: Job): Progress {
  const { total } = readProgress(job.progress)
  return { done: total, total }
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString()
}
