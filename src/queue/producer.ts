/**
 * The sending side: what the API process does with the queue. Fails fast when Redis is away (REDIS_UNAVAILABLE).
 *
 * Order matters in every method: bytes first, then the job that names them. What is left over when we die in between
 * expires by itself.
 */
import { Queue, type Job as QueueJob } from 'bullmq'
import { type ErrorCode, OneclassError } from '../errors.ts'
import { parseJson } from '../system/parse-json.ts'
import type { ErrorBody } from '../wire/error.ts'
import type { Job } from '../wire/job.ts'
import { isFinished, type JobType } from '../wire/job-state.ts'
import type { QueueCounts } from '../wire/operations.ts'
import { pointStride } from './batch-extras.ts'
import { type BatchRecord, type BatchStore, createBatchStore } from './batches.ts'
import { type BlobStore, createBlobStore } from './blobs.ts'
import { createCancelling } from './cancelling.ts'
import { closeQueue, connect, disconnect, type RedisClient } from './connection.ts'
import { costOf, entryOf } from './cost.ts'
import { takePlace } from './fair-order.ts'
import { aheadMs, aliveMs } from './heartbeat.ts'
import { isOutcome, lostJob, type Outcome, readFailure, viewOfBatch, viewOfJob, wholeJob } from './job-view.ts'
import { chunkId, type JobData, type JobKind, jobKinds, jobOptions, lifetimes, typeOfJob } from './jobs.ts'
import { type Bounds, keptOverhead, type Ledger, openLedger } from './ledger.ts'
import { isUnreadable } from './mend.ts'
import { damaged, guardAll, isDamage, redisGuard } from './redis-errors.ts'
import { channels, keys, prefix } from './redis-keys.ts'
import { assertStillAllowed } from './rights.ts'
import { queueTelemetry } from './telemetry.ts'

export interface ProducerOptions {
  readonly url: string
  /** Most jobs of a kind that wait; one more is QUEUE_FULL. */
  readonly maxWaiting?: number
  /** Of one caller. Default: all of them. */
  readonly maxWaitingOfOne?: number
  /** Most bytes of images and models in Redis. Default: 1 GiB, all of it for whoever asks. */
  readonly stored?: Bounds
  /** Most bytes of what outlives the work. Default: 512 MiB. */
  readonly kept?: Bounds
}

type BatchPlan = Pick<BatchRecord, 'id' | 'model' | 'also' | 'keep' | 'total' | 'owner'>

export interface Producer {
  readonly client: RedisClient
  readonly blobs: BlobStore
  /** What outlives the work is counted here. */
  readonly kept: Ledger
  readonly batches: BatchStore
  readonly queues: ReadonlyMap<JobKind, Queue>
  /** Adds a job; the same id again changes nothing. Callers take turns. QUEUE_FULL beyond the bound, or the caller's share of it. */
  add<K extends Exclude<JobKind, 'chunk'>>(kind: K, id: string, data: JobData[K], caller?: string): Promise<void>
  /** Images of the chunk of a batch that begins at `firstIndex`: all of them, or those that need a worker. */
  addChunk(batch: BatchPlan, firstIndex: number, images: JobData['chunk']['images']): Promise<void>
  /** @throws REDIS_UNAVAILABLE where Redis does not do what the service needs, with why */
  assertUsable(): Promise<void>
  /** Does nobody get jobs of this kind? */
  isPaused(kind: JobKind): Promise<boolean>
  /** BullMQ's word for the state of the chunk that begins at `firstIndex`, 'unknown' when there is none. */
  chunkState(batch: string, firstIndex: number): Promise<string>
  removeChunk(batch: string, firstIndex: number): Promise<void>
  /** Why a failed chunk failed; undefined when it is gone. */
  chunkFailure(batch: string, firstIndex: number): Promise<ErrorCode | undefined>
  /** Gives a failed chunk out again with the images that it has; false when it is gone. */
  retryChunk(batch: string, firstIndex: number): Promise<boolean>
  /** Any job or batch; undefined when there is none of that id. */
  job(id: string): Promise<Job | undefined>
  /** Cancels what is not finished (CONFLICT else, JOB_NOT_FOUND where there is none) and returns it as it then is. */
  cancel(id: string): Promise<Job>
  /** Ends a batch that cannot go on; what is scored stays. */
  failBatch(id: string, error: ErrorBody): Promise<void>
  setOutcome(id: string, outcome: Outcome): Promise<void>
  counts(): Promise<Record<JobKind, QueueCounts>>
  /** Workers heard of in the last 15 seconds. */
  workers(): Promise<number>
  close(): Promise<void>
}

export function createProducer(options: ProducerOptions): Producer {
  const client = connect(options.url, 'producer', 'oneclass:api')
  const blobs = createBlobStore(client, options.stored ?? { all: 1024 ** 3, ofOne: 1024 ** 3 })
  const kept = openLedger(client, options.kept ?? { all: 512 * 1024 ** 2, ofOne: 512 * 1024 ** 2 })
  const batches = createBatchStore(client, kept)
  const maxWaiting = options.maxWaiting ?? 2000
  const shares = { maxWaiting, maxWaitingOfOne: options.maxWaitingOfOne ?? maxWaiting }
  const queues = new Map<JobKind, Queue>(
    jobKinds.map((kind) => {
      const queue = new Queue(kind, {
        connection: client,
        prefix,
        defaultJobOptions: jobOptions[kind],
        streams: { events: { maxLen: 2000 } },
        skipWaitingForReady: true,
        ...queueTelemetry(),
      })
      queue.on('error', () => {}) // the command that failed says so itself
      return [kind, queue]
    }),
  )
  const queue = (kind: JobKind): Queue => {
    const found = queues.get(kind)
    if (found === undefined) throw new Error(`There is no queue for ${kind}`)
    return found
  }

  const outcome = async (id: string): Promise<Outcome | undefined> => {
    const text = await client.get(keys.outcome(id)).catch((error: unknown) => {
      if (isDamage(error)) return null
      throw error
    })
    const kept = parseJson(text)
    return isOutcome(kept) ? kept : undefined
  }

  const setOutcome = async (id: string, value: Outcome): Promise<void> => {
    const text = JSON.stringify(value)
    await client.set(keys.outcome(id), text, 'EX', lifetimes.outcome)
    await kept.note({ name: keys.outcome(id), bytes: text.length + keptOverhead }, lifetimes.outcome)
  }

  const readJob = async (type: Exclude<JobType, 'batch'>, id: string): Promise<QueueJob | undefined> => {
    try {
      return (await queue(type).getJob(id)) as QueueJob | undefined
    } catch (error) {
      throw isUnreadable(error) ? damaged('The job', error) : error
    }
  }

  const job = async (id: string): Promise<Job | undefined> => {
    const type = typeOfJob(id)
    if (type === undefined) return undefined
    if (type === 'batch') {
      const batch = await batches.read(id)
      return batch && viewOfBatch(batch)
    }
    const state = await queue(type).getJobState(id)
    const [kept, found] = await Promise.all([outcome(id), readJob(type, id)])
    if (kept !== undefined) return kept.view
    if (found === undefined) return undefined
    // in no list of the queue, and not only on its way into one: no worker will get it
    const isLost = state === 'unknown' && (await queue(type).getJobState(id)) === 'unknown'
    const view = isLost ? lostJob(viewOfJob(type, found, state)) : viewOfJob(type, found, state)
    // A fit or a comparison is done when its service has saved it, not when the worker has made it.
    const isSavedHere = type === 'fit' || type === 'compare'
    const isOnItsWay = isSavedHere && view.state === 'done'
    return wholeJob(isOnItsWay ? { ...view, state: 'running', result: null, finishedAt: null } : view)
  }

  const { cancelChunks, cancelQueued } = createCancelling({ client, blobs, batches, queue, setOutcome })

  const guard = redisGuard(options.url)

  return {
    client,
    blobs: guardAll(blobs, guard),
    kept: guardAll(kept, guard),
    batches: guardAll(batches, guard),
    queues,
    add: guard(async (kind, id, data, caller = '') => {
      const entry = entryOf(id, data)
      if (entry) await kept.charge(entry, lifetimes.result, caller)
      try {
        const { priority } = await takePlace(client, kind, caller, costOf(data), shares)
        await queue(kind).add(kind, data, { jobId: id, priority })
      } catch (error) {
        if (entry) await kept.release(entry).catch(() => {}) // it ends by itself
        throw error
      }
    }),
    addChunk: guard(async ({ id, model, also, keep, total, owner = '' }, firstIndex, images) => {
      const every = keep?.map ? pointStride(total) : 0
      const data: JobData['chunk'] = {
        batch: id,
        model,
        ...(also && { also: [...also] }),
        images,
        ...(keep && { keep: { thumbnails: keep.thumbnails, every } }),
        owner,
      }
      const unbounded = { maxWaiting: Number.MAX_SAFE_INTEGER, maxWaitingOfOne: Number.MAX_SAFE_INTEGER }
      const { priority } = await takePlace(client, 'chunk', owner, costOf(data), unbounded) // images are bounded by their bytes
      await queue('chunk').add('chunk', data, { jobId: chunkId(id, firstIndex), priority })
    }),
    chunkState: guard(async (batch, firstIndex) => await queue('chunk').getJobState(chunkId(batch, firstIndex))),
    removeChunk: guard(async (batch, firstIndex) => {
      await queue('chunk').remove(chunkId(batch, firstIndex))
    }),
    isPaused: guard(async (kind) => await queue(kind).isPaused()),
    assertUsable: guard(() => assertStillAllowed(client)),
    chunkFailure: guard(async (batch, firstIndex) => {
      const chunk = (await queue('chunk').getJob(chunkId(batch, firstIndex))) as QueueJob | undefined
      return chunk && readFailure(chunk.failedReason).code
    }),
    retryChunk: guard(async (batch, firstIndex) => {
      const chunk = (await queue('chunk').getJob(chunkId(batch, firstIndex))) as QueueJob | undefined
      await chunk?.retry('failed', { resetAttemptsMade: true })
      return chunk !== undefined
    }),
    job: guard(job),
    cancel: guard(async (id) => {
      const view = await job(id)
      if (view === undefined) throw new OneclassError('JOB_NOT_FOUND', `There is no job "${id}".`)
      if (isFinished(view.state)) throw new OneclassError('CONFLICT', `The job is ${view.state} already.`)
      if (view.type === 'batch') {
        await batches.cancel(id)
        await cancelChunks(id)
      } else if (view.state === 'running' || !(await cancelQueued(view.type, id, view).catch(() => false))) {
        // a worker has it: ask that worker, and leave a note for one that takes it in this moment
        await client.set(keys.cancel(id), '1', 'EX', 3600)
        await client.publish(channels.cancel, id)
      }
      return (await job(id)) ?? view
    }),
    failBatch: guard(async (id, error) => {
      if (await batches.fail(id, error)) await cancelChunks(id)
    }),
    setOutcome: guard(setOutcome),
    counts: guard(async () => {
      const all = await Promise.all(
        jobKinds.map(async (kind) => {
          const c = await queue(kind).getJobCounts('wait', 'prioritized', 'active', 'delayed', 'failed')
          const waiting = (c['wait'] ?? 0) + (c['prioritized'] ?? 0)
          const counts = { waiting, active: c['active'] ?? 0, delayed: c['delayed'] ?? 0, failed: c['failed'] ?? 0 }
          return [kind, counts] as const
        }),
      )
      return Object.fromEntries(all) as Record<JobKind, QueueCounts>
    }),
    workers: guard(async () => await client.zcount(keys.workers, Date.now() - aliveMs, Date.now() + aheadMs)),
    async close() {
      await Promise.all([...queues.values()].map(closeQueue))
      await disconnect(client)
    },
  }
}
