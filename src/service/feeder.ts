/**
 * Feeds batches to the workers, chunk by chunk, and sees them to their end.
 *
 * The images of a folder are on the service's disk and workers share nothing but Redis, so the service reads them and
 * sends them as fast as results come back: never more than `window` images are under way, so memory stays bounded
 * however large the folder. An upload is under way as a whole from the start.
 *
 * What is fed is known from Redis (results and the states of chunks), not from memory. So a service that starts again
 * goes on where it stopped, and chunks lost with a crash of Redis are found missing and fed again.
 */

import { join } from 'node:path'
import { type ErrorCode, errorTable, OneclassError, toOneclassError } from '../errors.ts'
import type { BatchRecord, BatchResult } from '../queue/batches.ts'
import { chunksOf } from '../queue/chunks.ts'
import type { JobEvents } from '../queue/events.ts'
import { lifetimes } from '../queue/jobs.ts'
import type { Producer } from '../queue/producer.ts'
import type { ErrorBody } from '../wire/error.ts'
import { isFinished } from '../wire/job-state.ts'
import { readBelow } from './local-files.ts'

export interface FeederOptions {
  readonly producer: Producer
  readonly events: JobEvents
  readonly origin: string
  /** Makes sure that the model's bytes are in Redis. */
  readonly offerModel: (sha256: string, label: string) => Promise<void>
  /** Real paths below which folders may lie. */
  readonly roots: readonly string[]
  /** Most images of one batch under way. */
  readonly window?: number
  readonly maxImageBytes: number
  readonly onEnded?: (batch: string) => void
  readonly onError?: (batch: string, error: OneclassError) => void
}

export interface Feeder {
  /** Feeds a batch until it is finished; the same batch twice is once. */
  feed(id: string): void
  /** Takes up every unfinished batch of this origin. */
  resume(): Promise<void>
  stop(): Promise<void>
}

const readTogether = 8

/** Tries of a chunk. A worker answers for each image of its chunk even when it fails: this is for what fails before. */
const maxFailures = 2

/** Says nothing of the images, however often: the chunk is given out again until the batch expires. A fault of the code is none of these. */
const isOfTheService = (code: ErrorCode): boolean => errorTable[code].blames === 'service' && code !== 'INTERNAL'

export function createFeeder(options: FeederOptions): Feeder {
  const { producer, events } = options
  const running = new Map<string, Promise<void>>()
  const stopping = new AbortController()

  const run = async (id: string): Promise<void> => {
    let pause = 500
    const failures = new Map<number, number>()
    while (!stopping.signal.aborted) {
      try {
        if (await feedOnce(id, failures)) {
          await producer.batches.forget(id, options.origin)
          options.onEnded?.(id)
          return
        }
        pause = 500
      } catch (thrown) {
        // Redis is away, or full: the batch waits
        const error = toOneclassError(thrown)
        options.onError?.(id, error)
        // a model that was removed does not come back: what is under way ends with it
        if (error.code === 'MODEL_NOT_FOUND') await producer.cancel(id).catch(() => {})
        await sleep(pause, stopping.signal)
        pause = Math.min(pause * 2, 10_000)
      }
    }
  }

  /**
   * One pass over what is missing; true when the batch is finished.
   * @param failures by first index, how often a chunk failed and left images without a result
   */
  const feedOnce = async (id: string, failures: Map<number, number>): Promise<boolean> => {
    const batch = await producer.batches.read(id)
    if (batch === undefined || isFinished(batch.state)) return true
    const images = await producer.batches.images(id)
    await options.offerModel(batch.model.sha256, batch.model.label)
    for (const { first, end } of chunksOf(batch.total, batch.chunkSize)) {
      if (stopping.signal.aborted) break
      const indices = range(first, end)
      const missing = await producer.batches.missing(id, indices)
      if (missing.length === 0) continue
      const state = await producer.chunkState(id, first)
      if (state !== 'completed' && state !== 'failed' && state !== 'unknown') continue
      if (state === 'failed') {
        const code = await producer.chunkFailure(id, first)
        if (code !== undefined && !isOfTheService(code)) failures.set(first, (failures.get(first) ?? 0) + 1)
        // counted before it is given out again: with the last failure it is over, and no worker gets it once more
        if ((failures.get(first) ?? 0) >= maxFailures) {
          await giveUp(batch, missing, images)
          await producer.removeChunk(id, first)
          continue
        }
        if (await producer.retryChunk(id, first)) continue
      } else if (state === 'completed') await producer.removeChunk(id, first)
      if (!(await roomFor(batch, first))) return true
      await sendChunk(batch, first, missing, images)
    }
    return await settled(id)
  }

  /** Waits until the window has room; false when the batch ended meanwhile. */
  const roomFor = async (batch: BatchRecord, first: number): Promise<boolean> => {
    const window = Math.max(options.window ?? 512, batch.chunkSize)
    for (;;) {
      const now = await producer.batches.read(batch.id)
      if (now === undefined || isFinished(now.state)) return false
      if (first - now.done < window || stopping.signal.aborted) return true
      await events.next(batch.id, stopping.signal) // a change just before this costs a tick at most
    }
  }

  const sendChunk = async (
    batch: BatchRecord,
    first: number,
    indices: readonly number[],
    names: readonly string[],
  ): Promise<void> => {
    const images: { index: number; image: string; blob: string }[] = []
    const failed: BatchResult[] = []
    const read = async (index: number): Promise<{ index: number; image: string; bytes: Buffer } | undefined> => {
      const image = names[index]!
      try {
        return { index, image, bytes: await readImage(batch, image) }
      } catch (thrown) {
        failed.push({ index, isError: true, line: errorLine(image, index, toOneclassError(thrown).toJSON()) })
        return undefined
      }
    }
    try {
      // some at a time: what waits for the disk and for Redis waits together, and few images are in memory at once
      for (let from = 0; from < indices.length; from += readTogether) {
        const found = (await Promise.all(indices.slice(from, from + readTogether).map(read))).filter((one) => !!one)
        const blobs = await producer.blobs.putAll(
          found.map(({ bytes }) => bytes),
          lifetimes.input,
          batch.owner,
        )
        found.forEach(({ index, image }, i) => {
          images.push({ index, image, blob: blobs[i]! })
        })
      }
      if (failed.length > 0) await producer.batches.commit(batch.id, failed)
      if (images.length > 0) await producer.addChunk(batch, first, images)
    } catch (fault) {
      await producer.blobs.remove(images.map(({ blob }) => blob)).catch(() => {})
      throw fault
    }
  }

  /** A chunk that no worker takes, however often it is sent, must not keep its batch from ending. */
  const giveUp = async (batch: BatchRecord, indices: readonly number[], names: readonly string[]): Promise<void> => {
    const { code, message } = new OneclassError(
      'INTERNAL',
      'The image could not be scored: see the log of the workers.',
    )
    await producer.batches.commit(
      batch.id,
      indices.map((index) => ({ index, isError: true, line: errorLine(names[index]!, index, { code, message }) })),
    )
  }

  const readImage = async (batch: BatchRecord, image: string): Promise<Buffer> => {
    if (batch.folder === null)
      throw new OneclassError('JOB_EXPIRED', `The uploaded bytes of "${image}" are gone: send it again.`)
    return await readBelow(join(batch.folder, image), image, options.roots, options.maxImageBytes)
  }

  /** Everything is sent: wait for the end, and now and then look whether something got lost. */
  const settled = async (id: string): Promise<boolean> => {
    const until = Date.now() + 10_000
    for (;;) {
      const changed = events.next(id, stopping.signal)
      const batch = await producer.batches.read(id)
      if (batch === undefined || isFinished(batch.state)) return true
      if (stopping.signal.aborted || Date.now() > until) return false
      await changed
    }
  }

  return {
    feed(id) {
      if (running.has(id) || stopping.signal.aborted) return
      running.set(
        id,
        run(id).finally(() => running.delete(id)),
      )
    },
    async resume() {
      for (const id of await producer.batches.open(options.origin)) this.feed(id)
    },
    async stop() {
      stopping.abort()
      await Promise.all(running.values())
    },
  }
}

export function errorLine(image: string, index: number, error: ErrorBody): string {
  return JSON.stringify({ image, index, error })
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
