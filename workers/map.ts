/** A map: the model and what is kept of a batch out of Redis, the places of their images as the result. Computed in `map-thread.ts`. */
import { OneclassError } from '../src/errors.ts'
import { readPoints } from '../src/queue/batch-extras.ts'
import { lineOf } from '../src/queue/batch-forms.ts'
import { type Consumer, startConsumer } from '../src/queue/consumer.ts'
import { lifetimes } from '../src/queue/jobs.ts'
import { assertReadable } from '../src/serving/model-cache.ts'
import { callInThread } from '../src/system/thread-call.ts'
import type { WorkerContext } from './context.ts'
import type { MapCalls, MapImage, MapPoint } from './map-thread.ts'

const threadFile = new URL('./map-thread.js', import.meta.url)
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
    const [record, { points }] = await Promise.all([batches.read(batch), readPoints(client, batch, maxImages)])
    if (record === undefined) throw new OneclassError('JOB_EXPIRED', 'The batch is too old: score it again.')
    const lines = await batches.linesAt(
      batch,
      points.map(({ index }) => index),
    )
    const images = points.flatMap(({ index, embedding }, i) => {
      const line = lineOf(lines[i] ?? null)
      if (line === undefined) return [] // its result is being written
      return { index, image: line.image, isPositive: 'isPositive' in line && line.isPositive, embedding }
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
      const { points, positives } = await callInThread<MapCalls, 'draw'>(
        threadFile,
        'draw',
        { model, images },
        { signal },
      )
      const shown = points.length - images.length
      return {
        points,
        omitted: { positives: positives - shown, batch: Math.max(0, scored - images.length) },
      }
    },
  })
}
