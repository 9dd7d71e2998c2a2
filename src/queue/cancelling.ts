/** How work in the queue is taken back: what waits goes away with its images, what is at work is told to stop. */
import type { Queue, Job as QueueJob } from 'bullmq'
import type { Job } from '../wire/job.ts'
import type { JobType } from '../wire/job-state.ts'
import type { BatchRecord, BatchStore } from './batches.ts'
import type { BlobStore } from './blobs.ts'
import { chunksOf } from './chunks.ts'
import type { RedisClient } from './connection.ts'
import { forgetInputs, inputsOf } from './job-inputs.ts'
import { cancelledError, type Outcome } from './job-view.ts'
import { chunkId, type JobData, type JobKind } from './jobs.ts'
import { channels } from './redis-keys.ts'

export interface Cancelling {
  /** Of a batch. */
  cancelChunks(id: string): Promise<void>
  /** A job that no worker has taken. @returns false where one has */
  cancelQueued(type: JobType, id: string, view: Job): Promise<boolean>
}

export function createCancelling(parts: {
  readonly client: RedisClient
  readonly blobs: BlobStore
  readonly batches: BatchStore
  readonly queue: (kind: JobKind) => Queue
  readonly setOutcome: (id: string, value: Outcome) => Promise<void>
}): Cancelling {
  const { client, blobs, batches, queue, setOutcome } = parts

  /** First indices of the chunks of a batch that are in the queue: of a million images' chunks some. */
  const chunksThere = async ({ id, total, chunkSize, isStreamed }: BatchRecord): Promise<number[]> => {
    const chunks = chunksOf(total, chunkSize, isStreamed)
    const there: number[] = []
    for (let from = 0; from < chunks.length; from += 500) {
      const some = chunks.slice(from, from + 500)
      const pipeline = client.pipeline()
      for (const { first } of some) pipeline.exists(queue('chunk').toKey(chunkId(id, first)))
      const answers = (await pipeline.exec()) ?? []
      there.push(...some.filter((_, i) => answers[i]?.[1] !== 0).map(({ first }) => first))
    }
    return there
  }

  /** Chunks that wait are taken away with their images; those at work are told to stop. */
  const cancelChunks = async (id: string): Promise<void> => {
    const batch = await batches.read(id)
    if (batch === undefined) return
    for (const first of await chunksThere(batch)) {
      const chunk = (await queue('chunk').getJob(chunkId(id, first))) as QueueJob<JobData['chunk']> | undefined
      if (chunk === undefined) continue
      const isTaken = await queue('chunk').remove(chunkId(id, first))
      if (isTaken === 1) await forgetInputs(blobs, chunk.data)
      else await client.publish(channels.cancel, chunkId(id, first))
    }
  }

  const cancelQueued = async (type: JobType, id: string, view: Job): Promise<boolean> => {
    if (type === 'batch') return false
    const waiting = (await queue(type).getJob(id)) as QueueJob | undefined
    const inputs = waiting ? await inputsOf(blobs, waiting.data) : [] // while there is a list of them
    const removed = await queue(type).remove(id)
    if (removed === 0) return false
    await blobs.remove(inputs).catch(() => {}) // they expire
    const finishedAt = new Date().toISOString()
    await setOutcome(id, {
      kind: 'cancelled',
      view: { ...view, state: 'cancelled', error: cancelledError, finishedAt },
    })
    return true
  }

  return { cancelChunks, cancelQueued }
}
