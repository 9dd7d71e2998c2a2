/** What a job costs beside an ordinary one of its kind: its turn in the queue, and what it leaves in Redis. */
import type { JobData, JobKind } from './jobs.ts'
import type { Entry } from './ledger.ts'
import { keys } from './redis-keys.ts'

/** Models that are asked about one image in the time of decoding and embedding it; those that do not fit into memory take longer. */
const modelsAtOnce = 5
/** Answers of so few models are bounded by the number of jobs that are kept. */
const fewModels = 10
/** Of each model in a job and in its result. */
const bytesOfModel = 900

function modelsOf(data: JobData[JobKind]): number {
  return 'models' in data ? data.models.length : 'also' in data ? 1 + (data.also?.length ?? 0) : 1
}

/** In ordinary jobs of the kind. */
export function costOf(data: JobData[JobKind]): number {
  return Math.ceil(modelsOf(data) / modelsAtOnce)
}

/** What is to be counted of a job with its result; undefined for an ordinary one. */
export function entryOf(id: string, data: JobData[JobKind]): Entry | undefined {
  const models = modelsOf(data)
  return models > fewModels ? { name: keys.job('classify', id), bytes: models * bytesOfModel } : undefined
}
