/**
 * Feeds batches to the workers, chunk by chunk, and sees them to their end.
 *
 * The images of a folder are on the service's disk or in a store that only the service may read, and workers share nothing but Redis.
 * So the service reads them and sends them as fast as results come back: never more than `window` images are under way, and names are
 * read as far as they are needed, so memory stays bounded however large the folder. An upload is under way as a whole from the start.
 *
 * What is fed is known from Redis (names, results and the states of chunks), not from memory. So a service that starts again
 * goes on where it stopped, and chunks lost with a crash of Redis are found missing and fed again.
 */
import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { pairs } from '../core/pairs.ts'
import { OneclassError, toOneclassError } from '../errors.ts'
import type { BatchRecord } from '../queue/batches.ts'
import { chunkEnd } from '../queue/chunks.ts'
import type { JobEvents } from '../queue/events.ts'
import type { Producer } from '../queue/producer.ts'
import type { ErrorBody } from '../wire/error.ts'
import { isFinished } from '../wire/job-state.ts'
import { errorLine, sendChunk } from './feeder-chunk.ts'
import { missingAhead, range } from './feeder-missing.ts'
import { type NamesSource, openNames } from './feeder-names.ts'
import { isFinal, isOfTheService, maxDamage, maxFailures } from './feeder-rules.ts'
import { type Lanes, openLanes } from './lanes.ts'
import type { Places } from './places.ts'

export interface FeederOptions {
  readonly producer: Producer
  readonly events: JobEvents
  readonly origin: string
  /** Makes sure that the model's bytes are in Redis. */
  readonly offerModel: (sha256: string, label: string) => Promise<void>
  /** Where folders may lie. */
  readonly places: Places
  /** Most images of one batch. */
  readonly maxImages: number
  /** Most images of one batch under way. */
  readonly window?: number
  /** Called with a batch that has ended, again until it succeeds: brings its results to where they were asked for. */
  readonly deliver?: (batch: BatchRecord, signal: AbortSignal) => Promise<void>
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

/** Chunks that are read and sent at once, and what their images may have in bytes. */
const chunksTogether = 4
const bytesTogether = 64 * 1024 ** 2

export function createFeeder(options: FeederOptions): Feeder {
  const { producer, events } = options
  const { batches } = producer
  const running = new Map<string, Promise<void>>()
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal) // every image that is read listens to it

  const run = async (id: string): Promise<void> => {
    let pause = 500
    let isWaiting = false
    let damage = 0
    const failures = new Map<number, number>()
    while (!stopping.signal.aborted) {
      const begun = performance.now()
      try {
        if (await feedOnce(id, failures)) {
          const ended = await batches.read(id)
          if (ended !== undefined) await options.deliver?.(ended, stopping.signal)
          if (isWaiting) await batches.setWaiting(id, null)
          await batches.forget(id, options.origin)
          options.onEnded?.(id)
          return
        }
        pause = 500
        damage = 0
        if (isWaiting) await batches.setWaiting(id, null)
        isWaiting = false
      } catch (thrown) {
        if (stopping.signal.aborted) return
        // Redis is away, or full, or the store is: the batch waits
        const error = toOneclassError(thrown)
        options.onError?.(id, error)
        isWaiting = true
        await batches.setWaiting(id, waiting(error)).catch(() => {})
        damage = error.code === 'REDIS_DAMAGED' ? damage + 1 : 0
        // what the service can mend it has mended by then: it is the batch
        // (a model that was removed does not come back)
        if (error.code === 'BUCKET_NOT_FOUND' || error.code === 'MODEL_NOT_FOUND' || damage > maxDamage)
          await producer.failBatch(id, error.toJSON()).catch(() => {})
        await sleep(pause, stopping.signal)
        pause = performance.now() - begun > 20_000 ? 500 : Math.min(pause * 2, 10_000)
      }
    }
  }

  /**
   * One pass over what is missing; true when the batch is finished.
   * @param failures by first index, how often a chunk failed and left images without a result
   */
  const feedOnce = async (id: string, failures: Map<number, number>): Promise<boolean> => {
    let batch = await batches.read(id)
    if (batch === undefined || isFinished(batch.state)) return true
    for (const { sha256, label } of [batch.model, ...(batch.also ?? []).map(({ use }) => use)])
      await options.offerModel(sha256, label)
    const missing = missingAhead(batches, id)
    const lanes = openLanes(chunksTogether, bytesTogether)
    let source: NamesSource | undefined
    try {
      for (let first = 0; !stopping.signal.aborted; ) {
        // only whole chunks, as long as more names may come
        while (batch.isOpen && first + batch.chunkSize > batch.total) {
          source ??= openNames(batch, options, stopping.signal)
          const isOver: boolean = await source.extend().then(
            () => false,
            async (thrown: unknown) => {
              const error = toOneclassError(thrown)
              if (!isFinal(error)) throw thrown
              await producer.failBatch(id, error.toJSON())
              return true
            },
          )
          const now: BatchRecord | undefined = await batches.read(id)
          if (isOver || now === undefined || isFinished(now.state)) return true
          batch = now
        }
        if (first >= batch.total) break
        const end = chunkEnd(first, batch.total, batch.chunkSize, batch.isStreamed)
        if ((await missing(first, end, batch.total)) && !(await seeTo(batch, first, end, failures, lanes))) return true
        first = end
      }
      await lanes.settle()
    } finally {
      await source?.close()
      await lanes.settle().catch(() => {}) // thrown above, or less than what was
    }
    return await settled(id)
  }

  /** Sends what is missing of a chunk and not under way; false when the batch ended meanwhile. */
  const seeTo = async (
    batch: BatchRecord,
    first: number,
    end: number,
    failures: Map<number, number>,
    lanes: Lanes,
  ): Promise<boolean> => {
    const { id } = batch
    const missing = await batches.missing(id, range(first, end))
    if (missing.length === 0) return true
    const state = await producer.chunkState(id, first)
    if (state !== 'completed' && state !== 'failed' && state !== 'unknown') return true
    if (state === 'failed') {
      const code = await producer.chunkFailure(id, first)
      if (code !== undefined && (!isOfTheService(code) || code === 'REDIS_DAMAGED'))
        failures.set(first, (failures.get(first) ?? 0) + 1)
      // counted before it is given out again: with the last failure it is over, and no worker gets it once more
      if ((failures.get(first) ?? 0) >= maxFailures) {
        await giveUp(batch, missing)
        await producer.removeChunk(id, first)
        return true
      }
      if (await producer.retryChunk(id, first)) return true
    } else if (state === 'completed') await producer.removeChunk(id, first)
    if (!(await roomFor(batch, first))) return false
    const isMissing = new Set(missing)
    const images = pairs(range(first, end), await batches.names(id, first, end))
      .map(([index, image]) => ({ index, image }))
      .filter(({ index }) => isMissing.has(index))
    await lanes.run(() => sendChunk(producer, options.places, batch, first, images, stopping.signal))
    return true
  }

  /** Waits until the window has room; false when the batch ended meanwhile. */
  const roomFor = async (batch: BatchRecord, first: number): Promise<boolean> => {
    const window = Math.max(options.window ?? 512, batch.chunkSize)
    for (;;) {
      const now = await batches.read(batch.id)
      if (now === undefined || isFinished(now.state)) return false
      if (first - now.done < window || stopping.signal.aborted) return true
      await events.next(batch.id, stopping.signal) // a change just before this costs a tick at most
    }
  }

  /** A chunk that no worker takes, however often it is sent, must not keep its batch from ending. */
  const giveUp = async ({ id }: BatchRecord, indices: readonly number[]): Promise<void> => {
    const { code, message } = new OneclassError(
      'INTERNAL',
      'The image could not be scored: see the log of the workers.',
    )
    const names = await batches.namesAt(id, indices)
    const results = pairs(indices, names).map(([index, image]) => {
      if (image === undefined) throw new Error(`Image ${index} of a batch has no name`)
      return { index, isError: true, line: errorLine(image, index, { code, message }) }
    })
    await batches.commit(id, results)
  }

  /** Everything is sent: wait for the end, and now and then look whether something got lost. */
  const settled = async (id: string): Promise<boolean> => {
    const until = performance.now() + 10_000
    for (;;) {
      const changed = events.next(id, stopping.signal)
      const batch = await batches.read(id)
      if (batch === undefined || isFinished(batch.state)) return true
      if (stopping.signal.aborted || performance.now() > until) return false
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
      for (const id of await batches.open(options.origin)) this.feed(id)
    },
    async stop() {
      stopping.abort()
      await Promise.all(running.values())
    },
  }
}

/** What is shown of it: nothing of the inside. */
function waiting(error: OneclassError): ErrorBody {
  if (error.code !== 'INTERNAL') return error.toJSON()
  return { code: 'INTERNAL', message: 'Something went wrong in the service; its log says what. It is tried again.' }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {})
}
