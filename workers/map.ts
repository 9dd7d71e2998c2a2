/** A map: the model and what is kept of a batch out of Redis, the places of their images as the result. Computed in `map-thread.ts`. */
import { Worker } from 'node:worker_threads'
import { OneclassError } from '../src/errors.ts'
import { readPoints } from '../src/queue/batch-extras.ts'
import { type Consumer, startConsumer } from '../src/queue/consumer.ts'
import { lifetimes } from '../src/queue/jobs.ts'
import { assertReadable } from '../src/serving/model-cache.ts'
import { parseJson } from '../src/system/parse-json.ts'
import type { WorkerContext } from './context.ts'
import type { MapImage, MapPoint, MapReply, MapWork } from './map-thread.ts'

/** Images of a batch on a map. */
const maxImages = 1000

interface MapResult {
  readonly points: readonly MapPoint[]
  /** How many have no point because there are too many. */
  readonly omitted: { readonly positives: number; readonly batch: number }
}

export function startMap(context: WorkerContext): Promise<Consumer> {
  const { batches, blobs, client } = context

  const imagesOf = async (batch: string): Promise<{ images: MapImage[]; scored: number }> => {
    const [record, names, { points }] = await Promise.all([
      batches.read(batch),
      batches.images(batch),
      readPoints(client, batch, maxImages),
    ])
    if (record === undefined) throw new OneclassError('JOB_EXPIRED', 'The batch is too old: score it again.')
    const lines = await batches.linesAt(
      batch,
      points.map(({ index }) => index),
    )
    const images = points.flatMap(({ index, embedding }, i) => {
      const line = lines[i]
      if (!line) return [] // its result is being written
      const { isPositive = false } = (parseJson(line) ?? {}) as { isPositive?: boolean }
      return { index, image: names[index] ?? `${index}`, isPositive, embedding }
    })
    return { images, scored: record.done - record.errors }
  }

  return startConsumer({
    ...context.consumer('map'),
    concurrency: 1,
    async handle({ data, signal, progress }): Promise<MapResult> {
      await progress({ done: 0, total: 1, stage: 'drawing' })
      const model = await blobs.getModel(data.model.sha256)
      if (model === undefined)
        throw new OneclassError('REDIS_UNAVAILABLE', `The model ${data.model.label} is no longer in Redis.`)
      await blobs.touchModel(data.model.sha256, lifetimes.model)
      assertReadable(model, data.model.label)
      const { images, scored } = data.batch ? await imagesOf(data.batch) : { images: [], scored: 0 }
      const { points, positives } = await runThread({ model, images }, signal)
      const shown = points.length - images.length
      return {
        points,
        omitted: { positives: positives - shown, batch: Math.max(0, scored - images.length) },
      }
    },
  })
}

function runThread(work: MapWork, signal: AbortSignal): Promise<Exclude<MapReply, { error: unknown }>> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./map-thread.js', import.meta.url), { workerData: work })
    const stop = () => void thread.terminate()
    signal.addEventListener('abort', stop)
    thread.once('message', (reply: MapReply) => {
      if ('error' in reply) reject(new OneclassError(reply.error.code, reply.error.message))
      else resolve(reply)
    })
    thread.once('error', reject)
    thread.once('exit', (code) => {
      signal.removeEventListener('abort', stop)
      reject(new Error(`the map thread ended (${code})`)) // nothing, when it replied before
    })
  })
}
